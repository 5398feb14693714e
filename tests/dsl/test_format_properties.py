"""What formatting promises of every program: same tree, all comments, stable, within its width."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowc.dsl.formatter import format_source
from flowc.dsl.layout import WIDTH
from flowc.source import Source
from tests.support.everything import EVERYTHING
from tests.support.formatting import check_kept, formatted
from tests.support.programs import program, programs

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").rglob("*.flow"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_canonical(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert check_kept(text) == text


@given(programs())
@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_programs_keep_their_tree_and_comments(text: str) -> None:
    check_kept(text)


@pytest.mark.parametrize("group", range(10))
def test_hundreds_of_larger_programs_keep_their_tree_and_comments(group: int) -> None:
    for seed in range(group * 60, group * 60 + 60):
        check_kept(program(Random(seed), size=4, depth=3))


def test_lines_are_wider_only_where_a_text_or_a_comment_makes_them_so() -> None:
    broken = 0
    for seed in range(300):
        laid_out = formatted(program(Random(seed), size=3, depth=3))
        for line in laid_out.splitlines():
            assert len(line) <= WIDTH or '"' in line or "//" in line, (seed, line)
        broken += laid_out.count(",\n")
    assert broken > 100  # lists did break, so the width was put to a test


@given(st.integers(0, len(EVERYTHING)), st.sampled_from(["\n", "\n\n\n", "  ", "\t", "\r\n"]))
@settings(max_examples=100)
def test_space_in_a_text_only_matters_where_the_author_breaks(at: int, space: str) -> None:
    text = EVERYTHING[:at] + space + EVERYTHING[at:]
    result = format_source(Source("main.flow", text))
    if result.diagnostics:  # the space fell into a word or a literal
        assert result.text == text
    else:
        check_kept(text)


@given(st.text(alphabet='flow step{}()[]"/\\\n\t ,.=?|:+-*1ds\u00fc\0', max_size=80))
@settings(max_examples=200)
def test_any_text_is_laid_out_or_left_alone(text: str) -> None:
    result = format_source(Source("main.flow", text))
    if result.diagnostics:
        assert result.text == text
    else:
        assert formatted(result.text) == result.text


def test_the_deepest_nesting_that_is_read_is_laid_out() -> None:
    value = "f(" * 90 + "1" + ")" * 90
    text = "flow f() {" + "match a { case b {" * 60 + f"let x = {value}" + "} }" * 60 + "}"
    laid_out = formatted(text)
    assert formatted(laid_out) == laid_out
    assert "".join(laid_out.split()).replace(",)", ")") == "".join(text.split())
