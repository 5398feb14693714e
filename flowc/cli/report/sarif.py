"""Findings to SARIF 2.1.0, the format of code scanning services."""

from __future__ import annotations

import json

from flowc import __version__
from flowc.cli.links import HOME, page
from flowc.cli.report.fingerprint import fingerprints
from flowc.cli.report.uri import reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.cli.palette import Palette
    from flowc.diagnostic import Diagnostic, Fix
    from flowc.source import Source, Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "advice": "note"}


def write(diagnostics: tuple[Diagnostic, ...], _files: tuple[str, ...], _paint: Palette) -> str:
    rules = {d.code: d for d in sorted(diagnostics, key=lambda d: d.code)}
    index = {code: at for at, code in enumerate(rules)}
    driver = {
        "name": "flowc",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": HOME,
        "rules": [_rule(diagnostic) for diagnostic in rules.values()],
    }
    prints = fingerprints(diagnostics)
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(diagnostic, index[diagnostic.code], print_)
            for diagnostic, print_ in zip(diagnostics, prints, strict=True)
        ],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2) + "\n"


def _rule(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "id": diagnostic.code,
        "name": diagnostic.name,
        "shortDescription": {"text": diagnostic.name.replace("-", " ")},
        "helpUri": page(diagnostic.name),
        "defaultConfiguration": {"level": _LEVELS[diagnostic.severity]},
    }


def _result(diagnostic: Diagnostic, rule: int, fingerprint: str) -> dict[str, Any]:
    finding = diagnostic.finding
    source = diagnostic.source
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": _message(diagnostic)},
        "locations": [{"physicalLocation": _physical(source, finding.span)}],
        "partialFingerprints": {"flowcFinding/v1": fingerprint},
    }
    if finding.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "physicalLocation": _physical(item.source or source, item.span),
                "message": {"text": item.message},
            }
            for number, item in enumerate(finding.related, 1)
        ]
    if finding.fix is not None:
        result["fixes"] = [_fix(source, finding.fix)]
    if finding.story is not None:
        result["properties"] = {"story": list(finding.story)}
    return result


def _message(diagnostic: Diagnostic) -> str:
    """The message with its story and help, for viewers that show nothing else."""
    finding = diagnostic.finding
    parts = [finding.message]
    if finding.story:
        parts.append("How it goes wrong: " + ", then ".join(finding.story))
    if finding.help:
        parts.append("Help: " + finding.help)
    return "\n\n".join(parts)


def _physical(source: Source, span: Span) -> dict[str, Any]:
    return {"artifactLocation": {"uri": reference(source.name)}, "region": _region(source, span)}


def _region(source: Source, span: Span) -> dict[str, int]:
    start, end = source.position(span.start), source.position(span.end)
    return {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    }


def _fix(source: Source, fix: Fix) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _region(source, edit.span), "insertedContent": {"text": edit.text}}
        for edit in fix.edits
    ]
    location = {"uri": reference(source.name)}
    return {
        "description": {"text": fix.title},
        "artifactChanges": [{"artifactLocation": location, "replacements": replacements}],
    }
