"""retry-amplification: what multiplies one effect, and what only looks like it."""

from __future__ import annotations

import pytest

from tests.support.linting import said
from tests.support.saga import saga

RULE = "retry-amplification"
PAY = "step paid = money.charge(order)\n    compensate money.refund(order)"


def test_a_loop_around_a_retried_write() -> None:
    (found,) = said(saga(f"repeat max 20 {{\n  {PAY}\n}} until gift\ncommit"), RULE)
    assert found.severity == "advice"
    assert found.finding.story == (
        "`repeat` makes up to 20 rounds",
        "each call of `paid` makes up to 5 attempts",
        "= up to 100 times",
    )


def test_through_a_sub_flow() -> None:
    child = f"""
    flow pay(order: text, round: int) {{
      version 1
      deadline 1h, compensate within 9h
      default with once, compensate with stubborn

      repeat max 10 {{
        {PAY}
      }} until round > 3
      commit
    }}
    """
    retried = "repeat max 10 as n {\n  step done = pay(order, n)\n} until gift"
    other = "repeat max 10 as n {\n  step done = pay(text(n), 1)\n} until gift"
    (found,) = said(saga(retried, child), RULE)
    assert "`money.charge` up to 100 times" in found.finding.message
    assert said(saga(other, child), RULE) == []


@pytest.mark.parametrize(
    "body",
    [
        # a read is polled
        "repeat max 60, every 30s {\n  step ok = checks.ok(order)\n} until ok",
        # each round is a month of its own
        'repeat max 60 as n, every 30d {\n  step picked = stock.pick(order, "{n}")\n'
        "    compensate stock.release(order)\n} until gift\ncommit",
        # each round acts on what it has just read
        "repeat max 60 {\n  step left = stock.count(order)\n"
        '  let which = "{left}"\n  step picked = stock.pick(order, which)\n'
        "    compensate stock.release(order)\n} until gift\ncommit",
        # a loop over a list does other things each time
        "for line in lines max 60 {\n  step picked = stock.pick(order, line.sku)\n"
        "    compensate stock.release(order)\n}\ncommit",
        # one layer is a retry, and that is what it is for
        "repeat max 60 {\n  step paid = money.charge(order) with once\n"
        "    compensate money.refund(order)\n} until gift\ncommit",
        # not many
        f"repeat max 4 {{\n  {PAY}\n}} until gift\ncommit",
    ],
)
def test_what_is_no_retry_of_a_retry(body: str) -> None:
    assert said(saga(body), RULE) == []


def test_a_long_chain_of_flows_is_not_followed_for_ever() -> None:
    chain = [
        f"flow f{n}(order: text) {{\n  version 1\n  step deeper = f{n + 1}(order)\n}}"
        for n in range(600)
    ]
    last = "flow f600(order: text) {\n  version 1\n  wait 1h\n}"
    assert said(saga("step first = f0(order)", *chain, last), RULE) == []
