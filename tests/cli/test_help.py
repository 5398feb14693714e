"""What `flowc` says about itself, and to mistakes on the command line."""

from __future__ import annotations

import pytest

from flowc import __version__
from flowc.cli.clicked import help_text
from flowc.cli.command import spelling
from flowc.cli.main import COMMANDS, load
from tests.support.command import flowc

pytestmark = pytest.mark.usefixtures("here")


def test_help_names_every_command_and_shows_how() -> None:
    said = flowc("--help")
    assert (said.status, said.err) == (0, "")
    assert said.out.strip() == help_text().strip()
    for name in COMMANDS:
        assert f"\n  {name} " in said.out
    assert "Examples:" in said.out
    assert "Exit status:" in said.out
    assert flowc().status == 2
    assert flowc().out.strip() == said.out.strip()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_names_every_option(name: str) -> None:
    said = flowc(name, "--help")
    assert (said.status, said.err) == (0, "")
    for field, option in load(name).options.items():
        if not option.kind.startswith("argument"):
            assert spelling(field, option) in said.out
    assert "Examples:" in said.out
    assert flowc(name, "-h") == said


def test_version() -> None:
    assert flowc("--version").out.startswith(f"flowc {__version__} (Python 3.")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("lnt .", "no such command `lnt`; did you mean `lint`?"),
        ("order.flow", "no such command `order.flow`; did you mean `flowc lint order.flow`?"),
        ("lint --fxi .", "'--fix'"),
        ("lint", "missing argument 'PATH...'"),
        ("lint --format yaml .", "'yaml' is not one of 'text', 'concise', 'json'"),
        ("lint --jobs many .", "'many' is not a valid integer"),
        ("lint --select", "requires an argument"),
        ("fmt --chek .", "'--check'"),
        ("explain a b", "unexpected extra argument"),
    ],
)
def test_mistakes(words: str, message: str) -> None:
    said = flowc(*words.split())
    assert (said.status, said.out) == (2, "")
    assert message in said.err
    assert said.err.startswith("flowc: ")
    assert "--help`.\n" in said.err


def test_a_mistake_cannot_reach_the_terminal_raw() -> None:
    assert "\x1b" not in flowc("lint", "--\x1b[2J", ".").err
    assert "\x1b" not in flowc("\x1b[2J").err
