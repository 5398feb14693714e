"""The quick reader of a command line agrees with click wherever it answers at all."""

from __future__ import annotations

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowc.cli.argv import read
from flowc.cli.clicked import _group
from flowc.cli.main import COMMANDS, FAST, load

WORDS = st.sampled_from(
    (
        *("a.flow", ".", "-", "--", "--fix", "--diff", "--no-cache", "--cache", "-q", "-j", "-j4"),
        *("-jq", "--jobs", "--jobs=2", "3", "007", "x", "--format", "json", "--format=sarif"),
        *("--format=", "--format=xml", "--select", "SAG,TIM", "--select=", "--ignore=SAG001", ","),
        *("--quiet=1", "--fi", "--check", "--stdin-filename", "-h", "--help", "", "--color=always"),
        *("--unsafe-fixes", "--baseline", "--config=c", "-", "--jobs=-1", "--quiet", "--target=t"),
    )
)


def by_click(words: list[str]) -> object:
    """What click makes of it: the arguments, or None for help and mistakes."""
    try:
        asked = _group().main(words, prog_name="flowc", standalone_mode=False)
    except click.UsageError:
        return None
    return asked[1] if isinstance(asked, tuple) else None


@given(name=st.sampled_from(FAST), words=st.lists(WORDS, max_size=6))
def test_agrees_with_click(name: str, words: list[str]) -> None:
    quick = read(load(name), words)
    if quick is not None:
        assert quick == by_click([name, *words])


@pytest.mark.parametrize(
    "words",
    [
        ["."],
        ["a.flow", "b.flow", "--fix"],
        ["--format", "json", "-"],
        ["--select", "SAG,TIM", "--select=DET001", "--ignore", "SAG002", "."],
        ["-q", "-j", "2", "--no-cache", "--", "--odd.flow"],
    ],
)
def test_reads_the_plain_ones_itself(words: list[str]) -> None:
    quick = read(load("lint"), words)
    assert quick is not None
    assert quick == by_click(["lint", *words])


def test_values_arrive() -> None:
    words = ["--select", "SAG,TIM", "--select=DET001", "-j", "2", "--no-cache", "a", "b"]
    quick = read(load("lint"), words)
    assert quick is not None
    assert quick.select == ("SAG", "TIM", "DET001")  # type: ignore[attr-defined]
    assert quick.jobs == 2  # type: ignore[attr-defined]
    assert quick.cache is False  # type: ignore[attr-defined]
    assert quick.paths == ("a", "b")  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COMMANDS)
def test_declarations_are_sound(name: str) -> None:
    command = load(name)
    assert command.name == name
    assert command.summary.endswith(".")
    flags = [option.short for option in command.options.values() if option.short]
    assert len(flags) == len(set(flags))
    assert all(option.help for option in command.options.values())
