"""Findings to one line each."""

from __future__ import annotations

from flowc.cli.render import headline, location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.palette import Palette
    from flowc.diagnostic import Diagnostic


def write(diagnostics: tuple[Diagnostic, ...], _files: tuple[str, ...], paint: Palette) -> str:
    return "".join(
        f"{location(d.source, d.finding.span)}: {headline(d, paint)}\n" for d in diagnostics
    )
