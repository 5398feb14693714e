"""Source text to tree and diagnostics: the whole of reading, and never an exception."""

from __future__ import annotations

from flowc.diagnostic import Diagnostic
from flowc.dsl import ast
from flowc.dsl.build import Build
from flowc.dsl.driver import Run
from flowc.dsl.lexer import Tokens, doc_lines, own_line, tokenize
from flowc.source import Source, Span
from flowc.struct import Struct


class Parsed(Struct):
    """The tree of a source, as much of it as could be read, and what is wrong with its text."""

    module: ast.Module
    diagnostics: tuple[Diagnostic, ...]


def parse(source: Source) -> Parsed:
    """Parse a whole file."""
    text = source.text
    tokens = tokenize(text, 1 if text.startswith("\ufeff") else 0)
    build = Build(tokens, doc_lines(tokens))
    run = Run(tokens, build, "module")
    if not run.go():
        from flowc.dsl.mend import complete

        complete(run, build.report)
    module = ast.Module(Span(0, len(text)), run.value.declarations, _comments(tokens, build))
    return Parsed(
        module,
        tuple(
            Diagnostic(source, code, "syntax-error", "error", finding)
            for code, finding in build.found
        ),
    )


def _comments(tokens: Tokens, build: Build) -> tuple[ast.Comment, ...]:
    """Every comment that did not become the documentation of something."""
    text = tokens.text
    taken = {start for at in build.documented for start, _ in build.docs[at]}
    return tuple(
        ast.Comment(Span(start, end), text[start:end], own_line(text, start))
        for start, end, _ in tokens.remarks
        if start not in taken
    )
