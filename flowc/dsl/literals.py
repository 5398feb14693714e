"""Durations as written to milliseconds, and what makes a literal or an entry malformed."""

from __future__ import annotations

from flowc.diagnostic import Edit, Finding, Fix, Related
from flowc.source import Span

_MS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}


def milliseconds(text: str) -> int:
    """The length of a duration as it is written, such as `1d12h`."""
    total = number = 0
    unit = ""
    digits = ""
    for char in text + "0":
        if char.isdigit():
            if unit:
                total += number * _MS[unit]
                unit = digits = ""
            digits += char
        else:
            if not unit:
                number = int(digits)
            unit += char
    return total


def too_long(span: Span) -> Finding:
    """A number that no engine could hold."""
    return Finding(
        span,
        f"this number has {span.end - span.start} digits",
        "a number has at most 15 significant digits",
        label="too long",
    )


def missing_comma(end: int) -> Finding:
    """An entry that ends at `end`, and another one behind it on its line."""
    return Finding(
        Span(end - 1, end),
        "missing `,` between two entries on one line",
        "put a `,` here, or begin a new line",
        label="`,` expected after this",
        fix=Fix("write `,`", (Edit(Span(end, end), ","),)),
    )


def late_header(head: Span, statement: Span) -> Finding:
    """A header line behind the first statement."""
    return Finding(
        head,
        "this header line stands behind a statement",
        "header lines come first in a flow, before its statements",
        label="belongs to the header",
        related=(Related(statement, "the first statement"),),
    )
