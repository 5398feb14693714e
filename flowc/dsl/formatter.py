"""The text of a file becomes the same file in canonical layout."""

from __future__ import annotations

from flowc.diagnostic import Diagnostic
from flowc.dsl.ast import Module
from flowc.dsl.format_decl import declaration
from flowc.dsl.layout import HARD, render
from flowc.dsl.parser import parse
from flowc.dsl.trivia import Trivia
from flowc.source import Source
from flowc.struct import Struct


class Formatted(Struct):
    """A laid out text; the unchanged one, and why, where the syntax is broken."""

    text: str
    diagnostics: tuple[Diagnostic, ...]


def format_source(source: Source) -> Formatted:
    """Lay a file out anew: every comment and the tree stay, only spaces, line ends, separating
    commas and the order of header lines and clauses change.
    """
    parsed = parse(source)
    if parsed.diagnostics:
        return Formatted(source.text, parsed.diagnostics)
    return Formatted(format_module(source.text, parsed.module), ())


def format_module(text: str, module: Module) -> str:
    """Lay out the tree of `text`, which must have been parsed without a diagnostic."""
    trivia = Trivia(text, module.comments)
    start = 1 if text.startswith("\ufeff") else 0
    inside = trivia.enclosed(
        module.declarations,
        start,
        len(text),
        declaration,
        edge=HARD,
        between=HARD,
        indent=False,
    )
    return render(inside).removeprefix("\n")
