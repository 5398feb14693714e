"""Findings to a JUnit report: a test suite a file, a failed test case a finding.

Advice passes, with its text as output; a file without failures is one passed test case.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from flowc.cli.display import clean
from flowc.cli.palette import PLAIN
from flowc.cli.render import render

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.palette import Palette
    from flowc.diagnostic import Diagnostic


def write(diagnostics: tuple[Diagnostic, ...], files: tuple[str, ...], _paint: Palette) -> str:
    by_file: dict[str, list[Diagnostic]] = {name: [] for name in files}
    for diagnostic in diagnostics:
        by_file.setdefault(diagnostic.source.name, []).append(diagnostic)
    suites = [_suite(name, found) for name, found in sorted(by_file.items())]
    failures = sum(d.severity != "advice" for d in diagnostics)
    tests = sum(max(len(found), 1) for found in by_file.values())
    return "\n".join(
        (
            '<?xml version="1.0" encoding="utf-8"?>',
            f'<testsuites name="flowc" tests="{tests}" failures="{failures}" errors="0">',
            *suites,
            "</testsuites>\n",
        )
    )


def _suite(name: str, found: list[Diagnostic]) -> str:
    failures = sum(d.severity != "advice" for d in found)
    counts = f'tests="{max(len(found), 1)}" failures="{failures}" errors="0" skipped="0"'
    cases = [_case(diagnostic) for diagnostic in found] or [
        f'    <testcase classname={_attribute(name)} name="lint"/>'
    ]
    return "\n".join((f"  <testsuite name={_attribute(name)} {counts}>", *cases, "  </testsuite>"))


def _case(diagnostic: Diagnostic) -> str:
    source = diagnostic.source
    place = source.position(diagnostic.finding.span.start)
    title = f"{diagnostic.code} {diagnostic.name} ({place.line}:{place.column})"
    head = f"classname={_attribute(source.name)} name={_attribute(title)}"
    text = "\n".join(escape(line) for line in render(diagnostic, PLAIN).split("\n"))
    if diagnostic.severity == "advice":
        inner = f"<system-out>{text}</system-out>"
    else:
        message = _attribute(diagnostic.finding.message)
        inner = f'<failure type="{diagnostic.severity}" message={message}>{text}</failure>'
    return f"    <testcase {head}>{inner}</testcase>"


def _attribute(text: str) -> str:
    return quoteattr(clean(text))
