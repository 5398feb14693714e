"""Findings to the formats that people, scripts and services read; one module a format.

Each has `write(diagnostics, files, paint) -> str`: the sorted findings, the names of all files
that were looked at, and the palette. The same findings give the same text.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc.cli.palette import Palette
    from flowc.diagnostic import Diagnostic

FORMATS = ("text", "concise", "json", "sarif", "github", "gitlab", "junit")
FOR_PEOPLE = ("text", "concise")  # the rest is always UTF-8 and never coloured
_MODULES = {"text": "frames", "json": "plain_json"}


def ordered(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By file, line, column, code, then message."""
    return tuple(
        sorted(
            diagnostics,
            key=lambda d: (d.source.name, d.finding.span.start, d.code, d.finding.message),
        )
    )


def write(
    format: str, diagnostics: tuple[Diagnostic, ...], files: tuple[str, ...], paint: Palette
) -> str:
    """The report in one of FORMATS, with a final line end unless it is empty."""
    module = __import__(f"flowc.cli.report.{_MODULES.get(format, format)}", fromlist=("write",))
    report: str = module.write(diagnostics, files, paint)
    return report
