"""Findings to GitLab's Code Quality report."""

from __future__ import annotations

import json
import os

from flowc.cli.report.fingerprint import fingerprints

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.cli.palette import Palette
    from flowc.diagnostic import Diagnostic

_SEVERITIES = {"error": "critical", "warning": "major", "advice": "info"}


def write(diagnostics: tuple[Diagnostic, ...], _files: tuple[str, ...], _paint: Palette) -> str:
    prints = fingerprints(diagnostics)
    issues = [_issue(d, print_) for d, print_ in zip(diagnostics, prints, strict=True)]
    return json.dumps(issues, indent=2) + "\n"


def _issue(diagnostic: Diagnostic, fingerprint: str) -> dict[str, Any]:
    finding = diagnostic.finding
    source = diagnostic.source
    begin, end = source.position(finding.span.start), source.position(finding.span.end)
    return {
        "description": f"{diagnostic.name}: {finding.message}",
        "check_name": diagnostic.code,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[diagnostic.severity],
        "location": {
            "path": source.name.replace(os.sep, "/"),
            "lines": {"begin": begin.line, "end": end.line},
        },
    }
