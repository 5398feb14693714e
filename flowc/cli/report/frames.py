"""Findings to text with the code they are about."""

from __future__ import annotations

from flowc.cli.render import render

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.palette import Palette
    from flowc.diagnostic import Diagnostic


def write(diagnostics: tuple[Diagnostic, ...], _files: tuple[str, ...], paint: Palette) -> str:
    return "".join(f"{render(diagnostic, paint)}\n\n" for diagnostic in diagnostics)
