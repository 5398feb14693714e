"""A text literal as written to its parts: escapes resolved, holes parsed as expressions."""

from __future__ import annotations

from flowc.diagnostic import Finding
from flowc.dsl import ast
from flowc.dsl.patterns import IN_TEXT, ready
from flowc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_SPECIAL = ready("IN_TEXT", IN_TEXT)
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t", "{": "{", "}": "}"}


def text_parts(
    source: str,
    start: int,
    end: int,
    expression: Callable[[int, int], ast.Expr],
    report: Callable[[str, Finding], None],
) -> tuple[str | ast.Expr, ...]:
    """The parts of the literal whose content is source[start:end].

    `expression` parses a hole by its offsets; what is wrong goes to `report` with its code.
    """
    parts: list[str | ast.Expr] = []
    plain: list[str] = []  # joined at a hole: a text grown piece by piece costs its length squared
    at = start
    close = source.find("}", start, end)  # the next one, or -1 if there is none any more
    while match := _SPECIAL.search(source, at, end):
        here = match.start()
        plain.append(source[at:here])
        at = here + 1
        if source[here] == "\\":
            letter = source[at] if at < end else ""
            if letter not in _ESCAPES:
                report("SYN004", _unknown_escape(here, letter))
            plain.append(_ESCAPES.get(letter, letter))
            at += 1
        elif source[here] == "}":
            report("SYN005", _stray_brace(here))
            plain.append("}")
        else:
            if 0 <= close < at:
                close = source.find("}", at, end)
            again = source.find("{", at, end)
            if close < 0 or 0 <= again < close:
                report("SYN005", _open_hole(here))
                plain.append("{")
                continue
            if any(plain):
                parts.append("".join(plain))
            plain.clear()
            if '"' in source[at:close]:  # only in a text that recovery has joined
                report("SYN005", _text_in_hole(source.index('"', at)))
                parts.append(ast.Missing(Span(at, close)))
            elif source[at:close].strip():
                parts.append(expression(at, close))
            else:
                report("SYN005", _empty_hole(here, close + 1))
                parts.append(ast.Missing(Span(at, close)))
            at = close + 1
    plain.append(source[at:end])
    if any(plain):
        parts.append("".join(plain))
    return tuple(parts)


def _unknown_escape(at: int, letter: str) -> Finding:
    return Finding(
        Span(at, at + 1 + len(letter)),
        f"`\\{letter}` means nothing in a text",
        'a backslash goes before `"`, `\\`, `n` (new line), `t` (tab), `{` or `}`',
        label="unknown escape",
    )


def _stray_brace(at: int) -> Finding:
    return Finding(
        Span(at, at + 1),
        "this `}` closes no hole of the text",
        "write `\\}` for the character itself",
        label="no hole is open here",
    )


def _text_in_hole(at: int) -> Finding:
    return Finding(
        Span(at, at + 1),
        "a hole of a text cannot hold another text",
        "give the inner text a name with `let` and use the name in the hole",
        label="begins a text inside a hole",
    )


def _open_hole(at: int) -> Finding:
    return Finding(
        Span(at, at + 1),
        "the hole that `{` opens in this text is never closed",
        "close it with `}`, or write `\\{` for the character itself",
        label="opened here",
    )


def _empty_hole(start: int, end: int) -> Finding:
    return Finding(
        Span(start, end),
        "this hole of the text is empty",
        "put an expression between `{` and `}`, or write `\\{` and `\\}` for the characters",
        label="nothing to insert",
    )
