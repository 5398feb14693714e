"""deadline-impossible: what no run can finish in time, and what only looks like it."""

from __future__ import annotations

import pytest

from tests.support.linting import names, said
from tests.support.saga import HEAD, saga

RULE = "deadline-impossible"


def within(deadline: str, body: str, *more: str) -> str:
    return saga(body, *more, head=HEAD.replace("deadline 60d", f"deadline {deadline}"))


def test_waits_add_up() -> None:
    text = within("2d", "wait 1d\nstep told = mail.tell(order)\nwait 36h\nwait 1h")
    (found,) = said(text, RULE)
    assert found.finding.story == (
        "wait 1d",
        "wait 1d12h",
        "= 2d12h, deadline 2d",
        "DeadlineExceeded",
    )
    assert "deadline-tight" not in names(text)


def test_a_timeout_has_always_waited() -> None:
    text = within("2d", "await paid: bool within 3d\n  on timeout { step t = mail.tell(order) }")
    (found,) = said(text, RULE)
    assert "`t` is never reached" in found.finding.message
    assert found.finding.story is not None
    assert found.finding.story[0] == "`paid` is awaited for 3d"


def test_the_best_of_a_sub_flow_counts() -> None:
    child = "flow rest(order: text) {\n  version 1\n  wait 3d\n}"
    (found,) = said(within("2d", "step rested = rest(order)\ncommit", child), RULE)
    assert "`commit` is never reached" in found.finding.message


def test_an_arm_that_no_run_finishes_is_found() -> None:
    (found,) = said(within("2d", "if gift { wait 3d }\nstep told = mail.tell(order)"), RULE)
    assert "this `wait` is never over" in found.finding.message


@pytest.mark.parametrize(
    "body",
    [
        "await paid: bool within 3d",  # a signal may come at once
        "if gift { await paid: bool within 3d }\nstep told = mail.tell(order)",
        "for line in lines max 9 { wait 1d }\nstep told = mail.tell(order)",  # no lines, no wait
        "repeat max 9, every 1d {\n  step ok = checks.ok(order)\n} until ok\n"
        "  on exhausted {}\ncommit",
        "commit\nwait 3d\nstep told = mail.tell(order) otherwise none",  # not looked at any more
        "wait until at\nstep told = mail.tell(order)",
        "wait 1d\nwait 24h",  # exactly in time
        "parallel {\n  branch a { wait 2d }\n  branch b { wait 1d }\n}\ncommit",
    ],
)
def test_what_some_run_finishes_is_left_alone(body: str) -> None:
    assert said(within("2d", body.replace(" otherwise", "\n  otherwise")), RULE) == []
