"""Rule 4: arguments are settled before the effect, and never again."""

from __future__ import annotations

from flowc.simulate.trace import CallEvent
from tests.support.stories import UNDO, found, play


def arguments(body: str, said: str) -> list[tuple[str, str, str]]:
    """Path, role and argument of each call."""
    return [
        (event.place.path, event.role, event.arguments[0][1])
        for event in found(play(body, said), CallEvent)
    ]


def test_an_undo_keeps_the_arguments_of_its_own_round() -> None:
    body = """repeat max 3 as n carry t: text = "t" {
  step a = s.quiet("{t}{n}") with once
    compensate s.undo("undo {t}{n}") with once
  next t = "{t}!"
} until n == 1
step b = s.look(id) with once"""
    assert arguments(body, "b=Boom") == [
        ("a[0]", "do", "t0"),
        ("a[1]", "do", "t!1"),
        ("b", "do", "i"),
        ("a[1]", "undo", "undo t!1"),
        ("a[0]", "undo", "undo t0"),
    ]


def test_every_attempt_has_the_same_arguments() -> None:
    body = f'step a = s.do("x{{id}}") with thrice{UNDO}'
    assert [given for _, _, given in arguments(body, "a=?/Busy/ok")] == ["xi", "xi", "xi"]


def test_an_undo_by_the_result_is_settled_when_the_step_is_ok() -> None:
    body = """step a = s.do(id) with once
  on unknown halt
  compensate s.undo("undo {a}") with once
step b = s.look(id) with once"""
    assert arguments(body, 'a="r"; b=Boom')[-1] == ("a", "undo", "undo r")


def test_no_undo_before_its_effect_is_ok() -> None:
    body = f"step a = s.do(id) with once{UNDO}"
    assert arguments(body, "a=Boom") == [("a", "do", "i")]
