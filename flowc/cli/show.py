"""Findings of a command whose result is something else: to standard error, with a status."""

from __future__ import annotations

from flowc.cli.palette import Palette
from flowc.cli.render import render
from flowc.cli.report import ordered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc.cli.console import Console
    from flowc.diagnostic import Diagnostic


def show(diagnostics: Iterable[Diagnostic], console: Console, color: str = "auto") -> bool:
    """Print findings, advice left out. Returns whether one is an error."""
    paint = Palette(console.coloured(console.err, color))
    found = [d for d in ordered(diagnostics) if d.severity != "advice"]
    for diagnostic in found:
        console.note(render(diagnostic, paint) + "\n")
    return any(diagnostic.severity == "error" for diagnostic in found)
