"""retries-that-never-fit: only what the waits alone rule out."""

from __future__ import annotations

import pytest

from tests.support.linting import said
from tests.support.saga import saga

RULE = "retries-that-never-fit"


def policy(clauses: str) -> str:
    return saga("step ok = checks.ok(order) with mine", f"policy mine {{ timeout 9s, {clauses} }}")


@pytest.mark.parametrize(
    ("clauses", "fit"),
    [
        ("within 1m, attempts 5, backoff 30s", 2),  # the third would start when it is over
        ("within 61s, attempts 5, backoff 30s", 3),
        ("within 10s, attempts 1000000000, backoff 1s factor 2", 4),
        ("within 1h, attempts 1000000000, backoff 1s..10s factor 2", 363),
        ("within 5s, attempts 2, backoff 1m", 1),
    ],
)
def test_attempts_that_never_come(clauses: str, fit: int) -> None:
    (found,) = said(policy(clauses), RULE)
    assert f"only {fit} can start" in found.finding.message
    assert found.finding.story is not None
    assert len(found.finding.story) <= 7
    assert found.finding.story[-1].startswith(f"attempt {fit + 1} would start after")


@pytest.mark.parametrize(
    "clauses",
    [
        "within 10s, attempts 5, backoff 1m jitter",  # jitter can make any wait short
        "within 10s, attempts unlimited, backoff 1m",  # promises no number
        "attempts 5, backoff 1m",  # nothing to fit into
        "within 10s, attempts 5",  # attempts of 9s, but one that fails fast leaves time
        "within 61s, attempts 3, backoff 30s",
    ],
)
def test_attempts_that_may_come(clauses: str) -> None:
    assert said(policy(clauses), RULE) == []


def test_long_stories_leave_out_the_middle() -> None:
    (found,) = said(policy("within 1h, attempts 999, backoff 1m"), RULE)
    assert found.finding.story == (
        "attempt 1 starts after 0s and fails at once",
        "attempt 2 starts after 1m and fails at once",
        "attempt 3 starts after 2m and fails at once",
        "attempt 4 starts after 3m and fails at once",
        "...",
        "attempt 60 starts after 59m and fails at once",
        "attempt 61 would start after 1h, within 1h: never",
    )
