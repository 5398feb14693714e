"""unbounded-retry: unlimited attempts with and without something that ends them."""

from __future__ import annotations

import pytest

from tests.support.linting import said
from tests.support.saga import HEAD, saga

RULE = "unbounded-retry"


def test_reads_actions_and_compensations() -> None:
    body = (
        "step ok = checks.ok(order) with forever\n"
        "step hold = stock.reserve(order)\n  compensate stock.release(order) with forever\ncommit"
    )
    (found,) = said(saga(body), RULE)
    assert found.finding.message == "nothing ends the retries of `ok` and one more call"


def test_the_deadline_of_the_flow_ends_no_step() -> None:
    head = HEAD.replace("deadline 60d", "deadline 1h")
    assert len(said(saga("step ok = checks.ok(order) with forever", head=head), RULE)) == 1


@pytest.mark.parametrize(
    "body",
    [
        "step ok = checks.ok(order) with forever within 1h",
        "step hold = stock.reserve(order) with stubborn\n  compensate stock.release(order)",
        # never retried, so never without end: `retry-without-key` speaks of it
        "step p = raw.print(order) with forever\n  on unknown halt",
    ],
)
def test_what_ends(body: str) -> None:
    more = "service raw {\n  action print(order: text) writes paper\n}"
    assert said(saga(body, more), RULE) == []
