"""unused-result: values that nothing uses, in any version."""

from __future__ import annotations

import pytest

from flowc.lint.fixes import apply
from tests.support.linting import pointed_at, said
from tests.support.saga import HEAD, saga

RULE = "unused-result"


def unused(body: str, head: str = HEAD) -> list[str]:
    return [pointed_at(found) for found in said(saga(body, head=head), RULE)]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("step ok = checks.ok(order)", ["ok"]),
        ("let x = 1", ["x"]),
        ("record x = now()", ["x"]),
        (
            "for line in lines max 3 {\n  step n = stock.count(line.sku)\n} collect n as counts",
            ["n as counts"],
        ),
        ("let x = 1\nlet y = x", ["y"]),
        ("let x = 1\nlet y = [z for z in [1, 2]]\nif length(y) > 1 { wait 1h }", ["x"]),
    ],
)
def test_what_nothing_uses(body: str, names: list[str]) -> None:
    assert unused(body) == names


@pytest.mark.parametrize(
    "body",
    [
        "step hold = stock.reserve(order)\n  compensate stock.release(order)\ncommit",
        "await paid: bool within 1d",
        "for line in lines max 3 {\n  step t = mail.tell(line.sku)\n} collect failure as failed",
        "repeat max 3 {\n  step ok = checks.ok(order)\n} until ok\n  on exhausted {}",
        "let x = 1d\nwait x",
        "let who = order\nawait paid: bool from who within 1d",
        'let why = "late"\nstep hold = stock.reserve(order)\n  on unknown halt\n'
        "  compensate stock.put_back(order, why)\ncommit",
        # its error is its answer
        "step seen = guards.admit(order)",
    ],
)
def test_what_is_used_or_done_for_its_effect(body: str) -> None:
    more = "error Barred\nservice guards {\n  read admit(order: text) -> bool raises Barred\n}"
    assert said(saga(body, more), RULE) == []


def test_what_another_version_uses_is_used() -> None:
    head = HEAD.replace("version 1", "version 2 supports 1")
    body = "step ok = checks.ok(order)\nuntil 2 {\n  if not ok { fail Refused }\n}"
    assert unused(body, head) == []
    assert unused("step ok = checks.ok(order)\nuntil 2 {\n  wait 1h\n}", head) == ["ok"]


def test_a_let_is_removed_with_its_line() -> None:
    text = saga("wait 1h\nlet x = 1\nwait 2h")
    (found,) = said(text, RULE)
    assert found.finding.fix is not None
    assert found.finding.fix.safe
    assert apply(text, found.finding.fix.edits) == saga("wait 1h\nwait 2h")
