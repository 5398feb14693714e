"""Rule 1: what an attempt comes to."""

from __future__ import annotations

import pytest

from flowc.simulate.trace import CallEvent
from tests.support.stories import UNDO, found, play, tell


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", "a => Completed"),
        ("a=Boom", "a Boom => Compensated(Boom)"),
        ("a=?", "a ?; a undo => Compensated(Unknown a)"),
        ("a=Unlisted", "a ?; a undo => Compensated(Unknown a)"),
        ("a=12", "a ?; a undo => Compensated(Unknown a)"),
        ("a=ok:10s", "a => Completed"),
        ("a=ok:10001ms", "a ?; a undo => Compensated(Unknown a)"),
    ],
)
def test_an_attempt_is_ok_fails_or_is_unknown(said: str, told: str) -> None:
    assert tell(f"step a = s.do(id) with once{UNDO}", said) == told


def test_a_value_where_there_is_none_is_of_the_wrong_type() -> None:
    assert tell(f"step a = s.quiet(id) with once{UNDO}", "a=1").startswith("a ?;")


def test_an_error_of_another_operation_is_not_listed() -> None:
    body = f"step a = s.loose(id) with once{UNDO}"
    assert tell(body, "a=Bang") == "a ?; a undo => Compensated(Unknown a)"


def test_what_is_cut_takes_as_long_as_it_may() -> None:
    (call,) = found(play("step a = s.look(id) with once", "a=ok:1h"), CallEvent)
    assert (call.outcome, call.end - call.at) == ("unknown", 10_000)
