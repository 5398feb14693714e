"""Rule 12: unwinding, its time, and what is stuck."""

from __future__ import annotations

import pytest

from flowc.simulate.trace import PageEvent
from tests.support.stories import found, play, tell, took


def step(name: str, policy: str = "once") -> str:
    return f"step {name} = s.do(id) with once\n  compensate s.undo(id) with {policy}\n"


THREE = step("a") + step("b") + step("c") + "step z = s.look(id) with once\n"
HEADER = "deadline 1h, compensate within 15s"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        # one that exhausts its policy or fails is stuck; the others still run
        ("b undo=?", "c undo; b undo ?; a undo => Incomplete(Boom, stuck b)"),
        ("b undo=Boom", "c undo; b undo Boom; a undo => Incomplete(Boom, stuck b)"),
        ("b undo=Busy", "c undo; b undo Busy; a undo => Incomplete(Boom, stuck b)"),
        (
            "a undo=?; c undo=Boom",
            "c undo Boom; b undo; a undo ? => Incomplete(Boom, stuck c a)",
        ),
        # a running one is not cut; none starts after the time is up
        ("c undo=ok:10s; b undo=ok:4999ms", "c undo; b undo; a undo => Compensated(Boom)"),
        ("c undo=ok:10s; b undo=ok:5s", "c undo; b undo => Incomplete(Boom, stuck a)"),
        ("c undo=ok:10s; b undo=ok:9s", "c undo; b undo => Incomplete(Boom, stuck a)"),
    ],
)
def test_stuck(said: str, told: str) -> None:
    assert tell(THREE, f"z=Boom; {said}", header=HEADER) == f"a; b; c; z Boom; {told}"


def test_it_pages_for_each_that_is_stuck() -> None:
    body = step("a", "paged") + step("b") + "fail Bang"
    header = 'owner "team" runbook "r"\nkey id on duplicate reject'
    story = play(body, "a undo=?; b undo=?", header=header)
    pages = [(page.path, page.whom) for page in found(story, PageEvent)]
    assert pages == [("b", "team"), ("a", "oncall"), ("", "team")]


def test_a_retry_of_a_running_compensation_is_not_cut_either() -> None:
    told = tell(step("a", "thrice") + "fail Bang", "a undo=?", header=HEADER)
    assert told == "a; a undo ?; a undo#2 ?; a undo#3 ? => Incomplete(Bang, stuck a)"


def test_without_a_budget_it_is_unbounded() -> None:
    body = "".join(step(name) for name in "abcde") + "fail Bang"
    said = "; ".join(f"{name} undo=ok:10s" for name in "abcde")
    assert took(play(body, said)) == 50


def test_the_deadline_does_not_count() -> None:
    header = "deadline 5s, compensate within 15s"
    body = step("a") + step("b") + "fail Bang"
    assert tell(body, "a=ok:4s; a undo=ok:9s; b undo=ok:9s", header=header).endswith("(Bang)")


def test_each_unwinding_has_the_whole_time() -> None:
    body = f"{step('a')}{step('y')}try {{\n{step('b')}fail Bang\n}} on Bang {{}}\nfail Bang"
    told = tell(body, "b undo=ok:10s; y undo=ok:10s", header=HEADER)
    assert told == "a; y; b; b undo; y undo; a undo => Compensated(Bang)"


def test_stuck_does_not_change_where_the_flow_goes_but_how_it_ends() -> None:
    body = f"try {{\n{step('a')}fail Bang\n}} on Bang {{}}\n{step('b')}commit"
    assert tell(body, "a undo=?") == "a; a undo ?; b => Incomplete(stuck a)"


def test_the_first_error_stays_the_primary_one() -> None:
    assert (
        tell(step("a") + "fail Bang", "a undo=Boom")
        == "a; a undo Boom => Incomplete(Bang, stuck a)"
    )


def test_a_stuck_side_does_not_hold_up_the_other() -> None:
    sides = f"branch x {{\n{step('a')}}}\nbranch y {{\n{step('b')}}}"
    body = f"parallel {{\n{sides}\n}}\n{step('c')}fail Bang"
    told = tell(body, "a undo=?; b undo=?; c undo=?")
    assert told.endswith("c undo ?; {a undo ? | b undo ?} => Incomplete(Bang, stuck c a b)")
