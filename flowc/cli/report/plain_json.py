"""Findings to one JSON array of flat objects: the format for scripts."""

from __future__ import annotations

import json

from flowc.cli.links import page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.cli.palette import Palette
    from flowc.diagnostic import Diagnostic
    from flowc.source import Source, Span


def write(diagnostics: tuple[Diagnostic, ...], _files: tuple[str, ...], _paint: Palette) -> str:
    return json.dumps([entry(diagnostic) for diagnostic in diagnostics], indent=2) + "\n"


def entry(diagnostic: Diagnostic) -> dict[str, Any]:
    """A finding as an object. Lines and columns count from 1, columns and the offsets of edits
    in code points."""
    finding = diagnostic.finding
    fix = finding.fix
    return {
        **place(diagnostic.source, finding.span),
        "code": diagnostic.code,
        "name": diagnostic.name,
        "severity": diagnostic.severity,
        "message": finding.message,
        "help": finding.help,
        "url": page(diagnostic.name),
        "related": [
            {**place(item.source or diagnostic.source, item.span), "message": item.message}
            for item in finding.related
        ],
        "fix": None
        if fix is None
        else {
            "safe": fix.safe,
            "edits": [
                {"start": edit.span.start, "end": edit.span.end, "text": edit.text}
                for edit in fix.edits
            ],
        },
        "story": None if finding.story is None else list(finding.story),
    }


def place(source: Source, span: Span) -> dict[str, Any]:
    """A span as file, line and column, its end exclusive."""
    start, end = source.position(span.start), source.position(span.end)
    return {
        "file": source.name,
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
    }
