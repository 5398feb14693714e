"""What builders find wrong with literals, entries and header lines, as findings."""

from __future__ import annotations

from flowc.diagnostic import Edit, Finding, Fix, Related
from flowc.source import Span


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


def too_many(at: int, limit: int) -> Finding:
    """One fault after so many as are told."""
    return Finding(
        Span(at, at),
        f"more than {limit} faults in texts, numbers and commas: the rest are not told",
        "mend these first, or find what wrote the file",
    )
