"""await-without-deadline: a wait of its own needs a bound of its own."""

from __future__ import annotations

from tests.support.linting import pointed_at, said
from tests.support.saga import HEAD, saga

RULE = "await-without-deadline"


def test_the_deadline_of_the_flow_is_not_enough() -> None:
    (found,) = said(saga("await paid: bool"), RULE)
    assert pointed_at(found) == "paid"
    assert found.finding.label == "only the flow's deadline ends it"


def test_without_any_deadline_it_waits_for_ever() -> None:
    head = HEAD.replace("  deadline 60d, compensate within 60d\n", "")
    (found,) = said(saga("await paid: bool", head=head), RULE)
    assert found.finding.story is not None
    assert found.finding.story[-1] == "the instance waits for ever"


def test_reminders_do_not_end_it() -> None:
    body = (
        "await paid: bool\n  every 1d as n {\n    step t = mail.tell(order)\n"
        "      otherwise none\n  }"
    )
    assert len(said(saga(body), RULE)) == 1


def test_with_a_bound_it_is_silent() -> None:
    assert said(saga("await paid: bool within 9d\n  on timeout {}"), RULE) == []
    assert said(saga("await paid: bool within 9d"), RULE) == []
