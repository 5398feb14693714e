"""retry-without-key: attempts that the contract rules out."""

from __future__ import annotations

import pytest

from tests.support.linting import names, pointed_at, said
from tests.support.saga import saga

RULE = "retry-without-key"
RAW = """
service raw {
  action print(order: text) writes paper
  action tear(order: text) writes paper absorbing
  action post(order: text) writes paper raises Busy
  action shout(order: text) notifies street
}
"""


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("step p = raw.print(order)\n  on unknown halt", "raw.print(order)"),
        ("step s = raw.shout(order)", "raw.shout(order)"),
        # absorbing makes a compensation repeatable, not a step
        ("step t = raw.tear(order)\n  on unknown halt", "raw.tear(order)"),
        (
            "step hold = stock.reserve(order)\n  on unknown halt\n"
            "  compensate raw.print(order)\ncommit",
            "raw.print(order)",
        ),
    ],
)
def test_attempts_in_the_policy_and_one_in_truth(body: str, place: str) -> None:
    (found,) = said(saga(body, RAW), RULE)
    assert pointed_at(found) == place
    assert found.finding.story is not None
    assert found.finding.story[-1].endswith("ends unknown after 1 of 5 attempts") or (
        "unlimited" in found.finding.story[-1]
    )


@pytest.mark.parametrize(
    "body",
    [
        "step p = raw.print(order) with once\n  on unknown halt",
        "step hold = stock.reserve(order)\n  compensate raw.tear(order)\ncommit",
        "step p = raw.post(order)\n  on unknown halt",  # is retried when it is busy
        "step ok = checks.ok(order)",
    ],
)
def test_what_is_retried_or_was_never_to_be(body: str) -> None:
    assert said(saga(body, RAW), RULE) == []


def test_one_finding_for_one_operation() -> None:
    body = "step a = raw.shout(order)\nstep b = raw.shout(order)"
    assert names(saga(body, RAW)).count(RULE) == 1
