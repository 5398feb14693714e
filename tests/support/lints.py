"""Sources with comments in them to what is left to say about them, a line for each finding."""

from __future__ import annotations

from flowc.compiler.check import check
from flowc.diagnostic import Diagnostic
from flowc.lint.engine import lint
from flowc.lint.fixes import apply
from flowc.lint.rules.uncompensated_effect import BAD
from flowc.lint.settings import Settings
from flowc.source import Source

STEP = "  step room = hotels.book(trip, 2)\n"
FLOW = "flow book_trip(trip: text) {\n"


def diagnose(
    text: str, settings: Settings | None = None, path: str | None = None
) -> tuple[Diagnostic, ...]:
    """All diagnostics of a text."""
    return lint(check(Source("trip.flow", text)), settings, path)


def said(text: str, settings: Settings | None = None, path: str | None = None) -> list[str]:
    """Each diagnostic as `line name`."""
    return [
        f"{d.source.position(d.finding.span.start).line} {d.name}"
        for d in diagnose(text, settings, path)
    ]


def names(text: str, settings: Settings | None = None) -> list[str]:
    """The names of all diagnostics."""
    return [d.name for d in diagnose(text, settings)]


def with_line(line: str, before: str = STEP, text: str = BAD) -> str:
    """A program with a line put in."""
    assert before in text
    return text.replace(before, f"{line}\n{before}")


def mended(text: str, name: str) -> str:
    """A text after the fix of the one diagnostic of this name."""
    (found,) = (d for d in diagnose(text) if d.name == name)
    assert found.finding.fix is not None
    return apply(text, found.finding.fix.edits)
