"""attempt-longer-than-total: numbers of one policy that contradict each other."""

from __future__ import annotations

import pytest

from tests.support.linting import pointed_at, said
from tests.support.saga import HEAD, saga

RULE = "attempt-longer-than-total"
READ = "step ok = checks.ok(order) with mine"


@pytest.mark.parametrize(
    ("policy", "step"),
    [
        ("timeout 10s, attempts 5", f"{READ} within 5s"),
        ("timeout 10s, within 10s, attempts 5", READ),
        ("timeout 10s, within 5s", READ),
        ("timeout 10s, heartbeat 10s", READ),
        ("within 5s, heartbeat 10s", READ),
    ],
)
def test_an_attempt_as_long_as_the_whole(policy: str, step: str) -> None:
    (found,) = said(saga(step, f"policy mine {{ {policy} }}"), RULE)
    assert pointed_at(found).startswith("checks.ok(order) with mine")


@pytest.mark.parametrize(
    ("policy", "step"),
    [
        ("timeout 10s, within 1m, attempts 5", READ),
        ("timeout 10s, within 10s", READ),  # one attempt is all that is wanted
        ("within 5s, attempts 5", READ),  # an attempt has no bound of its own to be too long
        ("timeout 10s, heartbeat 9s", READ),
        # without a key there is one attempt anyway
        (
            "timeout 10s, within 10s, attempts 5",
            "step p = raw.print(order) with mine\n  on unknown halt",
        ),
    ],
)
def test_an_attempt_that_leaves_room(policy: str, step: str) -> None:
    more = "service raw {\n  action print(order: text) writes paper\n}"
    assert said(saga(step, f"policy mine {{ {policy} }}", more), RULE) == []


def test_one_finding_speaks_for_all_under_a_default() -> None:
    head = HEAD.replace("default with quick within 5m", "default with quick within 5s")
    body = "step one = checks.ok(order)\nstep two = checks.ok(order)\nstep six = checks.busy(order)"
    (found,) = said(saga(body, head=head), RULE)
    assert found.finding.label == "the same for 2 more calls"


def test_it_is_said_once_of_calls_that_are_retried_and_of_others() -> None:
    head = HEAD.replace("default with quick within 5m", "default with quick within 5s")
    more = "service raw {\n  action print(order: text) writes paper\n}"
    body = "step one = checks.ok(order)\nstep two = raw.print(order)\n  on unknown halt"
    assert len(said(saga(body, more, head=head), RULE)) == 1


def test_probes_and_compensations_are_looked_at() -> None:
    body = (
        "step paid = money.charge(order)\n  on unknown probe money.charged(order) with mine\n"
        "  compensate money.refund(order) with mine\ncommit"
    )
    found = said(saga(body, "policy mine { timeout 10s, within 5s, attempts 2 }"), RULE)
    assert ["the probe of `paid`" in d.finding.message for d in found] == [True]
