"""Lengths of time as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowc.compiler.duration import show
from flowc.dsl import ast
from flowc.dsl.parser import parse
from flowc.source import Source


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0s"),
        (1, "1ms"),
        (1500, "1s500ms"),
        (90_000, "1m30s"),
        (3_600_000, "1h"),
        (86_400_000, "1d"),
        (129_600_000, "1d12h"),
        (86_400_001, "1d1ms"),
        (365 * 86_400_000, "365d"),
    ],
)
def test_largest_units_first(ms: int, text: str) -> None:
    assert show(ms) == text


@given(st.integers(0, 1000 * 365 * 86_400_000))
def test_what_is_shown_reads_back(ms: int) -> None:
    parsed = parse(Source("main.flow", f"const length = {show(ms)}\n"))
    assert parsed.diagnostics == ()
    (declared,) = parsed.module.declarations
    assert isinstance(declared, ast.ConstDecl)
    assert isinstance(declared.value, ast.Duration)
    assert declared.value.ms == ms
