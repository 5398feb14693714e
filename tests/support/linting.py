"""What the rules say about a text: whole files, and bodies of a flow with all contracts at hand."""

from __future__ import annotations

from flowc.compiler.check import check
from flowc.diagnostic import Diagnostic
from flowc.lint.engine import catalogue, lint
from flowc.lint.settings import Settings
from flowc.source import Source


def diagnostics(text: str, *select: str) -> tuple[Diagnostic, ...]:
    """Everything that is said about a file, with rules that are off by default if selected."""
    usual = (entry.code for entry in catalogue().entries if entry.on)
    settings = Settings(select=(*usual, *select)) if select else Settings()
    return lint(check(Source("main.flow", text)), settings)


def names(text: str) -> list[str]:
    """The names of what is said at warning or above, in order of place."""
    return [d.name for d in diagnostics(text) if d.severity != "advice"]


def said(text: str, name: str) -> list[Diagnostic]:
    """The findings of one rule, in a file that has no error."""
    found = diagnostics(text, name)
    errors = [d.finding.message for d in found if d.severity == "error"]
    assert errors == []
    return [d for d in found if d.name == name]


def pointed_at(diagnostic: Diagnostic) -> str:
    """The text that a finding points at."""
    span = diagnostic.finding.span
    return diagnostic.source.text[span.start : span.end]
