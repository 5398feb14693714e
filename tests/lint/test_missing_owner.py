"""missing-owner and missing-runbook: only where an instance can be on its own."""

from __future__ import annotations

from tests.support.linting import pointed_at, said
from tests.support.saga import HEAD, saga

OWNER = '  owner "team-shop" runbook "https://runbooks.example.com/shop"\n'
TELL = "step t = mail.tell(order)"


def test_a_flow_with_a_key_needs_an_owner() -> None:
    text = saga(TELL, head=HEAD.replace(OWNER, ""))
    assert [pointed_at(found) for found in said(text, "missing-owner")] == ["sell"]
    assert said(text, "missing-runbook") == []


def test_a_flow_for_flows_has_its_callers() -> None:
    child = "flow rest(order: text) {\n  version 1\n  wait 1h\n}"
    text = saga("step rested = rest(order)", child)
    assert said(text, "missing-owner") == []
    assert said(text, "missing-runbook") == []


def test_an_owner_needs_a_runbook() -> None:
    text = saga(TELL, head=HEAD.replace(OWNER, '  owner "team-shop"\n'))
    (found,) = said(text, "missing-runbook")
    assert pointed_at(found) == 'owner "team-shop"'
    assert found.severity == "advice"
    assert said(text, "missing-owner") == []


def test_it_is_said_once_for_all_versions() -> None:
    head = HEAD.replace(OWNER, "").replace("version 1", "version 3 supports 1")
    assert len(said(saga(TELL, head=head), "missing-owner")) == 1
