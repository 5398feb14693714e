"""missing-business-key: who can start a flow, and by which key."""

from __future__ import annotations

import pytest

from tests.support.linting import diagnostics, pointed_at, said
from tests.support.saga import HEAD, saga

RULE = "missing-business-key"
TELL = "step t = mail.tell(order)"
KEY = "  key order on duplicate attach\n"
OWNER = '  owner "team-shop" runbook "https://runbooks.example.com/shop"\n'
SLO = "\n  slo start 5s"


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (HEAD.replace(KEY, ""), "it has an owner"),
        (HEAD.replace(KEY, "").replace(OWNER, "").rstrip() + SLO, "it has objectives"),
        (HEAD.replace(KEY, "").replace(OWNER, ""), "no flow of this file calls it"),
    ],
)
def test_a_flow_that_nothing_can_start(head: str, why: str) -> None:
    (found,) = said(saga(TELL, head=head), RULE)
    assert pointed_at(found) == "sell"
    assert why in found.finding.message
    assert found.finding.help is not None
    assert "`key order on duplicate attach`" in found.finding.help


def test_a_record_with_an_id_suggests_it() -> None:
    text = (
        "type Order { no: int, id: text }\n"
        'flow pack(order: Order) {\n  version 1\n  owner "a"\n\n  wait 1h\n}\n'
    )
    (found,) = said(text, RULE)
    assert found.finding.help is not None
    assert "`key order.id on" in found.finding.help


def test_a_flow_for_flows_needs_none() -> None:
    child = "flow rest(order: text) {\n  version 1\n  wait 1h\n}"
    assert said(saga("step rested = rest(order)", child), RULE) == []


def test_to_call_itself_is_not_to_be_called() -> None:
    text = "flow spin(k: text) {\n  version 1\n  step again = spin(k)\n}\n"
    assert len(said(text, RULE)) == 1


def test_a_key_that_is_always_the_same() -> None:
    head = HEAD.replace("key order ", 'key "shop" ')
    (found,) = said(saga(TELL, head=head), RULE)
    assert pointed_at(found) == '"shop"'


def test_a_flow_without_input_runs_once() -> None:
    text = (
        'flow migrate() {\n  version 1\n  owner "a" runbook "https://a.example"\n'
        '  key "once" on duplicate attach\n\n  wait 1h\n}\n'
    )
    assert said(text, RULE) == []


def test_a_misspelt_key_is_not_called_constant() -> None:
    found = diagnostics(saga(TELL, head=HEAD.replace("key order ", "key ordr ")), RULE)
    names = {diagnostic.name for diagnostic in found}
    assert "unknown-name" in names
    assert RULE not in names
