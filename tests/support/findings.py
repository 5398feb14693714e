"""Diagnostics made by hand: places are given by what the text says there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowc.diagnostic import Diagnostic, Finding
from flowc.source import Source, Span

if TYPE_CHECKING:
    from flowc.diagnostic import Severity


def at(source: Source, words: str) -> Span:
    """The span of the first place that reads `words`."""
    start = source.text.index(words)
    return Span(start, start + len(words))


def found(
    source: Source,
    words: str,
    message: str = "this is wrong",
    *,
    code: str = "SAG001",
    name: str = "uncompensated-effect",
    severity: Severity = "warning",
    **more: Any,
) -> Diagnostic:
    """A diagnostic at the first place that reads `words`."""
    return Diagnostic(source, code, name, severity, Finding(at(source, words), message, **more))
