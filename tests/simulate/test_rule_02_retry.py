"""Rule 2: which attempts are made again, when, and which outcome stands."""

from __future__ import annotations

import pytest

from flowc.simulate.trace import CallEvent, PageEvent
from tests.support.stories import UNDO, found, play, tell, times, took

DO = f"step a = s.do(id) with {{}}{UNDO}"
LOOSE = f"step a = s.loose(id) with {{}}{UNDO}"
READ = "step a = s.look(id) with {}"
TELL = "step a = s.tell(id) with {}"


@pytest.mark.parametrize(
    ("body", "said", "told"),
    [
        # OK and a declared non-transient error end the call
        (DO.format("thrice"), "a=?/ok", "a ?; a#2 => Completed"),
        (DO.format("thrice"), "a=?/Boom", "a ?; a#2 Boom => Compensated(Boom)"),
        # transient errors are retried, also without a key
        (DO.format("thrice"), "a=Busy/ok", "a Busy; a#2 => Completed"),
        (LOOSE.format("thrice"), "a=Busy/ok", "a Busy; a#2 => Completed"),
        # UNKNOWN is retried if the call is a read or keyed
        (READ.format("thrice"), "a=?/ok", "a ?; a#2 => Completed"),
        (LOOSE.format("thrice"), "a=?/ok", "a ?; a undo => Compensated(Unknown a)"),
        (TELL.format("thrice"), "a=?/ok", "a ? => Compensated(Unknown a)"),
        # the last outcome stands
        (DO.format("once"), "a=Busy", "a Busy => Compensated(Busy)"),
        (DO.format("once"), "a=?", "a ?; a undo => Compensated(Unknown a)"),
        # a transient error of an action that was allowed several attempts is UNKNOWN
        (
            DO.format("thrice"),
            "a=Busy",
            "a Busy; a#2 Busy; a#3 Busy; a undo => Compensated(Unknown a)",
        ),
        (TELL.format("thrice"), "a=Busy", "a Busy; a#2 Busy; a#3 Busy => Compensated(Unknown a)"),
        # a read ends with its last declared error or Unknown
        (READ.format("thrice"), "a=Busy", "a Busy; a#2 Busy; a#3 Busy => Compensated(Busy)"),
        (READ.format("thrice"), "a=?/Busy/?", "a ?; a#2 Busy; a#3 ? => Compensated(Busy)"),
        (READ.format("thrice"), "a=?", "a ?; a#2 ?; a#3 ? => Compensated(Unknown a)"),
        # a wrong-typed value is not retried
        (READ.format("thrice"), "a=1/ok", "a ? => Compensated(Unknown a)"),
        (DO.format("thrice"), "a=1/ok", "a ?; a undo => Compensated(Unknown a)"),
    ],
)
def test_attempts(body: str, said: str, told: str) -> None:
    assert tell(body, said) == told


@pytest.mark.parametrize(
    ("undo", "said", "told"),
    [
        # a compensation is retried after UNKNOWN if it is keyed or absorbing
        ("undo", "a undo=?/ok", "a; b Boom; a undo ?; a undo#2 => Compensated(Boom)"),
        ("keyed", "a undo=?/ok", "a; b Boom; a undo ?; a undo#2 => Compensated(Boom)"),
        ("strict", "a undo=?/ok", "a; b Boom; a undo ? => Incomplete(Boom, stuck a)"),
    ],
)
def test_attempts_of_compensations(undo: str, said: str, told: str) -> None:
    body = f"""step a = s.do(id) with once
  on unknown halt
  compensate s.{undo}(id) with thrice
step b = s.look(id) with once"""
    assert tell(body, f"b=Boom; {said}") == told


def test_waits_between_attempts_grow_up_to_their_cap() -> None:
    policy = "policy p { timeout 1s, attempts 5, backoff 2s..5s factor 2 }"
    story = play("step a = s.look(id) with p", "a=?", more=policy)
    assert list(times(story).values()) == [0, 3, 8, 14, 20]


def test_without_a_backoff_there_is_no_wait() -> None:
    story = play("step a = s.look(id) with p", "a=?", more="policy p { timeout 1s, attempts 3 }")
    assert list(times(story).values()) == [0, 1, 2]


def test_within_cuts_the_last_attempt() -> None:
    # 25 s: attempts at 0, 11 and 22 of at most 10 s each
    story = play("step a = s.look(id) with patient", "a=?")
    assert list(times(story).values()) == [0, 11, 22]
    assert took(story) == 25


def test_a_retry_that_cannot_start_before_within_ends_is_not_waited_for() -> None:
    story = play("step a = s.look(id) with patient", "a=?:8s")
    assert (list(times(story).values()), took(story)) == ([0, 9, 18], 25)
    story = play("step a = s.look(id) with patient", "a=?:8s/?:8s/?:6s")
    assert took(story) == 24


def test_a_retry_just_at_the_end_of_within_does_not_start() -> None:
    story = play("step a = s.look(id) with total", "a=?:20s")
    assert (list(times(story).values()), took(story)) == ([0], 20)
    story = play("step a = s.look(id) with total", "a=?:19999ms/ok:0s")
    assert list(times(story).values()) == [0, 24.999]


def test_the_within_of_a_step_replaces_that_of_its_policy() -> None:
    longer = play("step a = s.look(id) with patient within 40s", "a=?")
    assert took(longer) == 40
    shorter = play("step a = s.look(id) with patient within 5s", "a=?")
    assert took(shorter) == 5


def test_a_probe_has_a_budget_of_its_own_and_the_policy_of_the_step() -> None:
    body = f"step a = s.do(id) with patient\n  on unknown probe s.look(id){UNDO}"
    story = play(body, "a=?; a probe=?")
    assert sum(c.role == "probe" for c in found(story, CallEvent)) == 3
    assert took(story) == 50


def test_a_compensation_without_with_takes_the_default_for_compensations() -> None:
    body = """step a = s.do(id) with once
  compensate s.undo(id)
step b = s.look(id) with once"""
    header = "default with once, compensate with thrice"
    told = tell(body, "b=Boom; a undo=?", header=header)
    assert told == "a; b Boom; a undo ?; a undo#2 ?; a undo#3 ? => Incomplete(Boom, stuck a)"
    told = tell(body, "b=Boom; a undo=?")
    assert told == "a; b Boom; a undo ? => Incomplete(Boom, stuck a)"


def test_what_is_exhausted_pages() -> None:
    story = play("step a = s.look(id) with paged\n  otherwise none", "a=?")
    assert [page.whom for page in found(story, PageEvent)] == ["oncall"]
    story = play("step a = s.look(id) with paged\n  otherwise none", "a=Boom")
    assert not found(story, PageEvent)
