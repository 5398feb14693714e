"""Diagnostics to JSON in one line and back: what a cache keeps and what processes exchange."""

from __future__ import annotations

from flowc.diagnostic import Diagnostic, Edit, Finding, Fix, Related
from flowc.source import Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any


def encode(diagnostics: Iterable[Diagnostic], place: Callable[[Source], str]) -> str:
    """One line of JSON, "" for no diagnostics. Other files are given by their `place`."""
    rows = [_encode(diagnostic, place) for diagnostic in diagnostics]
    if not rows:
        return ""
    import json  # not for a clean file

    return json.dumps(rows, separators=(",", ":"))


def decode(text: str, source: Source, other: Callable[[str], Source]) -> tuple[Diagnostic, ...]:
    """The diagnostics of `source`; `other` gives the source at another file's place.

    Raises ValueError where the text is not what `encode` makes.
    """
    if not text:
        return ()
    import json

    try:
        rows = json.loads(text)
        if not isinstance(rows, list) or not rows:
            raise TypeError("no list")
        return tuple(_decode(row, source, other) for row in rows)
    except (TypeError, KeyError, RecursionError) as error:
        raise ValueError(f"not diagnostics: {error}") from None


def _encode(diagnostic: Diagnostic, place: Callable[[Source], str]) -> list[object]:
    found = diagnostic.finding
    fix = found.fix
    return [
        diagnostic.code,
        diagnostic.name,
        diagnostic.severity,
        found.span.start,
        found.span.end,
        found.message,
        found.help,
        found.label,
        [
            [
                item.span.start,
                item.span.end,
                item.message,
                None if item.source in (None, diagnostic.source) else place(item.source),
            ]
            for item in found.related
        ],
        fix and [fix.title, fix.safe, [[e.span.start, e.span.end, e.text] for e in fix.edits]],
        found.story,
    ]


def _decode(row: Any, source: Source, other: Callable[[str], Source]) -> Diagnostic:
    code, name, severity, start, end, message, help_, label, related, fix, story = row
    finding = Finding(
        Span(start, end),
        message,
        help_,
        label,
        tuple(
            Related(Span(first, last), text, None if file is None else other(file))
            for first, last, text, file in related
        ),
        fix and Fix(fix[0], tuple(Edit(Span(s, e), text) for s, e, text in fix[2]), fix[1]),
        None if story is None else tuple(story),
    )
    return Diagnostic(source, code, name, severity, finding)
