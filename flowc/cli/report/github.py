"""Findings to GitHub Actions' workflow commands, which annotate a pull request's lines."""

from __future__ import annotations

import os

from flowc.cli.display import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.palette import Palette
    from flowc.diagnostic import Diagnostic

_COMMANDS = {"error": "error", "warning": "warning", "advice": "notice"}


def write(diagnostics: tuple[Diagnostic, ...], _files: tuple[str, ...], _paint: Palette) -> str:
    return "".join(f"{_command(diagnostic)}\n" for diagnostic in diagnostics)


def _command(diagnostic: Diagnostic) -> str:
    finding = diagnostic.finding
    source = diagnostic.source
    start, end = source.position(finding.span.start), source.position(finding.span.end)
    properties: dict[str, object] = {
        "file": source.name.replace(os.sep, "/"),
        "line": start.line,
        "endLine": end.line,
        "title": f"{diagnostic.code} {diagnostic.name}",
    }
    if start.line == end.line:  # GitHub refuses columns across lines
        properties |= {"col": start.column, "endColumn": max(end.column, start.column)}
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[diagnostic.severity]} {written}::{_data(_message(diagnostic))}"


def _message(diagnostic: Diagnostic) -> str:
    finding = diagnostic.finding
    lines = [finding.message]
    if finding.story:
        lines.append("how it goes wrong: " + ", then ".join(finding.story))
    if finding.help:
        lines.append("help: " + finding.help)
    return "\n".join(lines)


def _data(text: str) -> str:
    if not text.isprintable():  # a runner's log is shown in terminals, too
        text = "\n".join(clean(line) for line in text.split("\n"))
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
