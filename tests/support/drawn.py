"""Small flows from text: one file's declarations, and the flow that a test is about."""

from __future__ import annotations

from pathlib import Path

from flowc.compiler.check import check
from flowc.compiler.flow import Flow
from flowc.source import Source

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"

DECLARATIONS = """\
error Bad(reason: text)
error Worse
error Busy transient
type Word { granted: bool }
enum Mood { Good, Fair, Poor }
policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }
policy stubborn { timeout 30s, within 2h, attempts unlimited, exhausted page "ops" }
service s {
  action a(id: text) -> text writes r key id raises Bad | Busy
  action b(id: text) -> text writes r key id
  action c(id: text) -> text writes r key id
  action undo(id: text) writes r key id absorbing
  action back(id: text, what: text) writes r key id
  action tell(id: text) notifies inbox key id
  read look(id: text) -> text?
}
"""
HEADER = """\
  version 1
  owner "team" runbook "https://example.com"
  key id on duplicate attach
  deadline 5d, compensate within 8h
  default with quick within 5m, compensate with stubborn
"""


def flow_of(body: str, *, after: str = "", header: str = HEADER) -> Flow:
    """The flow `f(id: text)` with this body; `after` declares more. Errors fail the test."""
    return named(f"{DECLARATIONS}\nflow f(id: text) {{\n{header}\n{body}\n}}\n{after}", "f")


def named(text: str, name: str, version: int | None = None) -> Flow:
    """A flow of a source."""
    checked = check(Source("test.flow", text))
    errors = [found.finding.message for found in checked.diagnostics if found.severity == "error"]
    assert not errors, errors
    flow = checked.program.find(name, version)
    assert flow is not None
    return flow


def example(file: str, name: str, version: int | None = None) -> Flow:
    """A flow of one of the example files."""
    return named((EXAMPLES / f"{file}.flow").read_text(encoding="utf-8"), name, version)
