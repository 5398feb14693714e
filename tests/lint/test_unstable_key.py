"""unstable-key: what flows into keys, directly and by other names."""

from __future__ import annotations

import pytest

from flowc.lint.fixes import apply
from tests.support.linting import diagnostics, pointed_at, said
from tests.support.saga import HEAD, saga

RULE = "unstable-key"


def test_the_business_key() -> None:
    head = HEAD.replace("key order ", 'key "{order}-{uuid()}" ')
    (found,) = said(saga("step t = mail.tell(order)", head=head), RULE)
    assert pointed_at(found) == "uuid()"
    assert found.finding.fix is None
    assert not [d for d in diagnostics(found.source.text) if d.code == "DET001"]


def test_the_key_of_an_action_and_its_fix() -> None:
    text = saga("step t = mail.tell(uuid())")
    (found,) = said(text, RULE)
    assert not [d for d in diagnostics(text) if d.code == "DET001"]
    assert found.finding.fix is not None
    mended = apply(text, found.finding.fix.edits)
    assert "  record token = uuid()\n  step t = mail.tell(token)\n" in mended
    assert [d.code for d in diagnostics(mended) if d.code.startswith("DET")] == []


def test_through_other_names() -> None:
    text = saga('let x = uuid()\nlet y = "{order}/{x}"\nstep t = mail.tell(y)')
    (found,) = said(text, RULE)
    assert pointed_at(found) == "y"
    (source,) = found.finding.related
    assert text[source.span.start : source.span.end] == "uuid()"


@pytest.mark.parametrize(
    "body",
    [
        "record token = uuid()\nstep t = mail.tell(token)",
        "step b = stock.put_back(order, order)\n  on unknown halt",
        'repeat max 3 as n {\n  step t = mail.tell("{order}/{n}")\n} until gift\n  on exhausted {}',
    ],
)
def test_what_stays_the_same(body: str) -> None:
    assert said(saga(body), RULE) == []


def test_what_is_no_key_is_no_concern() -> None:
    more = "service log {\n  action note(order: text, what: text) notifies book key order\n}"
    assert said(saga("step n = log.note(order, uuid())", more), RULE) == []
