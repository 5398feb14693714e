"""giant-flow: how many steps are too many."""

from __future__ import annotations

from flowc.lint.rules.giant_flow import MOST_STEPS
from tests.support.linting import said
from tests.support.saga import HEAD, saga


def steps(count: int, first: int = 0) -> str:
    return "\n".join(f"step t{n} = mail.tell(order)" for n in range(first, first + count))


def test_from_one_more_on() -> None:
    assert said(saga(steps(MOST_STEPS)), "giant-flow") == []
    (found,) = said(saga(steps(MOST_STEPS + 1)), "giant-flow")
    assert f"has {MOST_STEPS + 1} steps" in found.finding.message


def test_what_only_an_older_version_runs_does_not_count() -> None:
    head = HEAD.replace("version 1", "version 2 supports 1")
    body = f"{steps(MOST_STEPS)}\nuntil 2 {{\n{steps(MOST_STEPS, MOST_STEPS)}\n}}"
    assert said(saga(body, head=head), "giant-flow") == []
