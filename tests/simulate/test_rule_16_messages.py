"""Rule 16: signals."""

from __future__ import annotations

import pytest

from flowc.simulate.trace import SignalEvent
from tests.support.stories import play, tell, took

WORD = "await w: text within 1h\nreturn w"
TEXT = " -> text?"


@pytest.mark.parametrize(
    ("body", "said", "told"),
    [
        (WORD, 'w@1m="x"', 'Completed("x")'),
        # kept if it comes early
        ("wait 1m\n" + WORD, 'w@1s="x"', 'Completed("x")'),
        ("step a = s.look(id) with once\n" + WORD, 'w@a="x"', 'Completed("x")'),
        # consumed once, in order of arrival
        (WORD, 'w@1m="x"; w@2m="y"', 'Completed("x")'),
        ("wait 1m\n" + WORD, 'w@1s="x"; w@2s="y"', 'Completed("x")'),
        # addressed to a path
        (WORD, 'v@1m="x"', "Compensated(TimedOut w)"),
        # a payload of the wrong type is refused to its sender
        (WORD, "w@1m=1", "Compensated(TimedOut w)"),
        (WORD, 'w@1m=1; w@2m="x"', 'Completed("x")'),
    ],
)
def test_a_signal(body: str, said: str, told: str) -> None:
    assert tell(body, said, result=TEXT).endswith(f"=> {told}")


ROUNDS = """repeat max 3 as i {
  await w: text within 1m
  step a = s.look(w) with once
} until i == 1"""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('w[0]@1s="x"; w[1]@2s="y"', "a[0]; a[1] => Completed"),
        ('w[1]@1s="y"', "=> Compensated(TimedOut w[0])"),
        ('w[0]@1s="x"; w[0]@2s="y"', "a[0] => Compensated(TimedOut w[1])"),
    ],
)
def test_an_await_in_a_loop_has_an_address_for_each_round(said: str, told: str) -> None:
    assert tell(ROUNDS, said) == told


def test_an_await_in_a_sub_flow() -> None:
    more = "flow sub(k: text) -> text {\nversion 1\n\nawait w: text within 1h\nreturn w\n}\n"
    body = "step m = sub(id)\nreturn m"
    assert tell(body, 'm/w@1m="x"', more=more, result=TEXT) == '=> Completed("x")'
    assert tell(body, 'w@1m="x"', more=more, result=TEXT) == "=> Compensated(TimedOut m/w)"


def test_refusals_are_told() -> None:
    story = play(WORD, 'w@1m=1; nobody@1m=1; w@2m="x"', result=TEXT)
    refused = [e.path for e in story.outside if isinstance(e, SignalEvent) and not e.taken]
    assert sorted(refused) == ["nobody", "w"]
    assert took(story) == 120


def test_a_timeout_binds_none() -> None:
    late = "await w: text within 1h\n  on timeout {\n    let late = true\n  }\n"
    body = late + 'return "{w ?? id} {late ?? false}"'
    assert tell(body, result=" -> text") == '=> Completed("i true")'
    assert tell(body, 'w@1s="x"', result=" -> text") == '=> Completed("x false")'
