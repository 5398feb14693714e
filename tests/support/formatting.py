"""A text to its canonical layout, and to what formatting must not change."""

from __future__ import annotations

from collections import Counter
from textwrap import dedent, indent
from typing import Any

from flowc.dsl.formatter import format_source
from flowc.dsl.parser import parse
from flowc.dsl.shape import shape
from flowc.source import Source

_HEADS = ("VersionHead", "OwnerHead", "KeyHead", "DeadlineHead", "DefaultHead", "SloHead")
_CLAUSES = ("Unknown", "Compensate", "Otherwise")


def formatted(text: str) -> str:
    """The canonical layout of a text that has no syntax errors."""
    result = format_source(Source("main.flow", text))
    assert not result.diagnostics, [d.finding.message for d in result.diagnostics]
    return result.text


def statements(text: str) -> str:
    """The canonical layout of statements, as they stand in a flow."""
    whole = formatted("flow f() {\n" + dedent(text).strip("\n") + "\n}\n")
    assert whole.startswith("flow f() {\n") and whole.endswith("\n}\n")
    return dedent(whole.removeprefix("flow f() {\n").removesuffix("\n}\n")) + "\n"


def expression(text: str) -> str:
    """The canonical layout of `let x = ...`."""
    return statements("let x = " + dedent(text).strip("\n"))


def block(text: str) -> str:
    """A text of the test source without its margin."""
    return dedent(text).lstrip("\n")


def body(text: str) -> str:
    """Statements of the test source as a flow."""
    return "flow f() {\n" + indent(block(text), "  ") + "}\n"


def tree(text: str) -> Any:
    """The shape of the tree, with header lines and clauses in their canonical order."""
    parsed = parse(Source("main.flow", text))
    assert not parsed.diagnostics, [d.finding.message for d in parsed.diagnostics]
    return _ordered(shape(parsed.module))


def _ordered(value: Any) -> Any:
    if not isinstance(value, tuple):
        return value
    value = tuple(_ordered(item) for item in value)
    match value:
        case ("FlowDecl", doc, name, params, result, heads, flow_body):
            heads = tuple(sorted(heads, key=lambda head: _HEADS.index(head[0])))
            return ("FlowDecl", doc, name, params, result, heads, flow_body)
        case ("Step", doc, name, action, clauses):
            return ("Step", doc, name, action, tuple(sorted(clauses, key=_rank)))
    return value


def _rank(clause: Any) -> int:
    return next(i for i, word in enumerate(_CLAUSES) if clause[0].startswith(word))


def comments(text: str) -> Counter[str]:
    """Each comment's text, spaces at its end and tabs aside, and how often it occurs."""
    module = parse(Source("main.flow", text)).module
    return Counter(note.text.rstrip().replace("\t", "  ") for note in module.comments)


def check_kept(text: str) -> str:
    """Format `text` and check all that formatting promises of any file; returns the layout."""
    laid_out = formatted(text)
    assert tree(laid_out) == tree(text)
    assert comments(laid_out) == comments(text)
    assert formatted(laid_out) == laid_out
    lines = laid_out.split("\n")
    assert lines[-1] == ""
    assert not any(line != line.rstrip() for line in lines)
    assert "\n\n\n" not in laid_out
    assert not laid_out.startswith("\n")
    assert not laid_out.endswith("\n\n")
    assert "\r" not in laid_out
    assert "\ufeff" not in laid_out
    assert all((len(line) - len(line.lstrip(" "))) % 2 == 0 for line in lines)
    return laid_out
