"""Rule 10: cancel and deadline."""

from __future__ import annotations

import pytest

from flowc.simulate.trace import TimerEvent
from tests.support.stories import UNDO, found, play, tell, times, took

A = f"step a = s.do(id) with once{UNDO}\n"
B = f"step b = s.do(id) with once{UNDO}\n"
HEADER = "deadline 5s, compensate within 1h"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        # looked at before each step, wait, await and commit
        (A + B, "a; a undo"),
        (A + "wait 1s", "a; a undo"),
        (A + "wait until day_start(t)", "a; a undo"),
        (A + "await w: bool within 1h\n  on timeout {}", "a; a undo"),
        (A + "wait 1s - 1s", "a; a undo"),
        (A + "commit", "a; a undo"),
        # in all depths
        (A + f"if flag {{\nparallel {{\nbranch x {{\n{B}}}\nbranch y {{}}\n}}\n}}", "a; a undo"),
        # not before return, nor elsewhere
        (A + "return none", None),
        (A + "let x = 1", None),
        (A, None),
    ],
)
@pytest.mark.parametrize("flag", ["cancel", "deadline"])
def test_where_flags_are_looked_at(body: str, told: str | None, flag: str) -> None:
    body = "record t = now()\n" + body
    said, header = ("cancel@a", "") if flag == "cancel" else ("a=ok:5s", HEADER)
    error = "Cancelled" if flag == "cancel" else "DeadlineExceeded"
    expected = "a => Completed" if told is None else f"{told} => Compensated({error})"
    assert tell(body, said, header=header) == expected


@pytest.mark.parametrize(
    "body",
    [
        "wait 1h",
        "record t = now()\nwait until t + 1h",
        "await w: bool within 1h\n  on timeout {}",
        "repeat max 2 as i, every 1h {} until i == 1",
    ],
)
def test_waits_end_at_once(body: str) -> None:
    story = play(body, "cancel@3s")
    assert (story.ending.kind, took(story)) == ("Compensated", 3)
    assert [timer.ended for timer in found(story, TimerEvent)] == ["cancelled"]
    story = play(body, header=HEADER)
    assert (story.ending.kind, took(story)) == ("Compensated", 5)
    assert [timer.ended for timer in found(story, TimerEvent)] == ["deadline"]


def test_a_wait_that_ends_at_the_deadline_has_ended() -> None:
    assert tell("wait 5s", header=HEADER) == "=> Completed"
    assert tell("wait 5001ms", header=HEADER) == "=> Compensated(DeadlineExceeded)"


def test_flags_stay_set() -> None:
    body = f"{A}try {{\n{B}}} on Error {{\nlet x = 1\n}}\nstep z = s.look(id) with once"
    assert tell(body, "cancel@1s; b=Boom:2s") == ("a; b Boom; a undo => Compensated(Cancelled)")


def test_cancelled_comes_before_the_deadline() -> None:
    assert tell(A + B, "a=ok:6s; cancel@5500ms", header=HEADER) == (
        "a; a undo => Compensated(Cancelled)"
    )


def test_a_running_step_is_never_cut() -> None:
    body = "step a = s.do(id) with thrice" + UNDO
    assert (
        tell(body, "a=?:4s/Busy:4s/ok; cancel@1s", header=HEADER)
        == "a ?; a#2 Busy; a#3 => Completed"
    )


def test_after_commit_flags_are_ignored() -> None:
    body = "commit\nwait 1h\n" + "step a = s.look(id) with once"
    assert tell(body, "cancel@1s", header=HEADER) == "a => Completed"
    assert took(play(body, "cancel@1s", header=HEADER)) == 3600


def test_while_unwinding_they_are_ignored() -> None:
    body = A + B + "fail Boom(id)"
    assert tell(body, "b undo=ok:9s; cancel@1s", header=HEADER) == (
        "a; b; b undo; a undo => Compensated(Boom)"
    )


def test_while_a_try_body_unwinds_they_wait() -> None:
    body = f"try {{\n{A}{B}fail Boom(id)\n}} on Boom {{\nstep h = s.look(id) with once\n}}"
    assert tell(body, "b undo=ok:3s; cancel@1s") == (
        "a; b; b undo; a undo => Compensated(Cancelled)"
    )


REMINDED = """await w: bool within 10s
  every 4s as n {
    step r = s.tell("{n}") with once
      otherwise none
  }
  after 6s {
    step o = s.tell(id) with once
      otherwise none
  }
  on timeout {
    step t = s.look(id) with once
  }
"""


@pytest.mark.parametrize(
    ("said", "told", "seconds"),
    [
        ("", "r[0]; o; r[1]; t => Completed", 10),
        ("w@5s=true", "r[0] => Completed", 5),
        ("w@0s=true", "=> Completed", 0),
        # a running reminder settles first, and never ends the wait
        ("w@5s=true; r=ok:3s", "r[0] => Completed", 7),
        ("r=?; ", "r[0] ?; t => Completed", 14),
        ("r=Boom", "r[0] Boom; o; r[1] Boom; t => Completed", 10),
    ],
)
def test_reminders(said: str, told: str, seconds: int) -> None:
    assert tell(REMINDED, said) == told
    assert took(play(REMINDED, said)) == seconds


def test_a_timeout_beats_a_reminder_due_at_the_same_moment() -> None:
    body = REMINDED.replace("10s", "8s")
    assert tell(body) == "r[0]; o; t => Completed"


def test_a_signal_that_came_before_the_deadline_is_too_late_for_an_await_after_it() -> None:
    told = tell(f"{A}await w: bool within 1h", "a=ok:5s; w@1s=true", header=HEADER)
    assert told == "a; a undo => Compensated(DeadlineExceeded)"


def test_after_reminds_once() -> None:
    body = REMINDED.replace("10s", "23s").replace("every 4s", "every 20s")
    assert tell(body) == "o; r[0]; t => Completed"


def test_reminders_come_at_multiples_of_their_delay() -> None:
    story = play(REMINDED, "r=ok:1s")
    assert times(story) == {"r[0]": 4, "o": 6, "r[1]": 8, "t": 10}


def test_without_on_timeout_it_fails() -> None:
    body = "await w: bool within 10s"
    assert tell(body) == "=> Compensated(TimedOut w)"
