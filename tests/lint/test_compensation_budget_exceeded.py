"""compensation-budget-exceeded: what unwinding adds up to, in the shape of the flow."""

from __future__ import annotations

import pytest

from tests.support.linting import said
from tests.support.saga import HEAD, saga

RULE = "compensation-budget-exceeded"
HOLD = "step hold = stock.reserve(order)\n  compensate stock.release(order)\n"
PAY = "step paid = money.charge(order)\n  compensate money.refund(order)\n"
SHIP = "step sent = parcels.ship(order)\n  compensate parcels.recall(order)\n"


def budget(within: str, body: str, *more: str) -> str:
    head = HEAD.replace("compensate within 60d", f"compensate within {within}")
    return saga(body, *more, head=head)


def indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def test_a_sequence_adds_up_in_reverse() -> None:
    (found,) = said(budget("5h", HOLD + PAY + SHIP + "commit"), RULE)
    assert found.finding.story == (
        "undo `sent` with parcels.recall: up to 2h",
        "undo `paid` with money.refund: up to 2h",
        "undo `hold` with stock.release: up to 2h",
        "= 6h, compensate within 5h",
        "what has not started by then is stuck",
    )


def test_a_single_compensation_only_runs_on() -> None:
    (found,) = said(budget("1h", HOLD + "commit"), RULE)
    assert found.finding.story is not None
    assert found.finding.story[-1] == "it runs on past the budget"


# Tried until it succeeds: a failed round is undone, and the round that succeeds is the last.
UNTIL_HELD = """\
repeat max 4 as n, every 1h {
  try {
    step hold = stock.reserve("{order}/{n}")
      compensate stock.release("{order}/{n}")
  } on OutOfStock | Unknown {
%s  }
} until hold != none
  on exhausted fail OutOfStock
"""


def test_rounds_until_one_succeeds_leave_what_one_leaves() -> None:
    assert said(budget("2h", UNTIL_HELD % "" + "commit"), RULE) == []
    (found,) = said(budget("1h", UNTIL_HELD % "" + "commit"), RULE)
    assert found.finding.story == (
        "undo `hold` with stock.release: up to 2h",
        "= 2h, compensate within 1h",
        "it runs on past the budget",
    )


@pytest.mark.parametrize(
    "loop",
    [
        UNTIL_HELD.replace("hold != none", "gift"),
        UNTIL_HELD.replace("hold != none", "hold != none and gift"),
        UNTIL_HELD % indented(PAY),
        UNTIL_HELD.replace("  try {\n", indented(PAY) + "  try {\n"),
    ],
)
def test_rounds_that_each_leave_something_add_up(loop: str) -> None:
    loop = loop % "" if "%s" in loop else loop
    (found,) = said(budget("4h", loop + "commit"), RULE)
    assert found.finding.story is not None
    assert any(" rounds: up to " in line for line in found.finding.story)
    assert found.finding.story[-1] == "what has not started by then is stuck"


@pytest.mark.parametrize(
    ("within", "body"),
    [
        ("4h", HOLD + PAY + "commit"),
        # branches unwind side by side
        (
            "2h",
            f"parallel {{\n  branch a {{\n{indented(HOLD)}  }}\n"
            f"  branch b {{\n{indented(PAY)}  }}\n}}\ncommit",
        ),
        # arms exclude each other
        ("2h", f"if gift {{\n{indented(HOLD)}}} else {{\n{indented(PAY)}}}\ncommit"),
        # `commit` empties the ledger
        ("2h", HOLD + "commit\n" + "step told = mail.tell(order)\n  otherwise none"),
        # one batch of four at once
        (
            "2h",
            "for line in lines max 4, 4 at once {\n"
            "  step one = stock.pick(order, line.sku)\n    compensate stock.release(order)\n}\n"
            "commit",
        ),
    ],
)
def test_what_fits_is_left_alone(within: str, body: str) -> None:
    assert said(budget(within, body), RULE) == []


def test_what_is_never_unwound_does_not_count() -> None:
    # nothing can fail after `told` is read; and a probe that finds nothing needs no undoing
    body = (
        HOLD
        + "step sent = parcels.ship(order)\n  on unknown halt\n  compensate parcels.recall(order)"
    )
    assert said(budget("2h", body), RULE) == []


def test_rounds_add_up() -> None:
    body = (
        "for line in lines max 4, 2 at once {\n"
        "  step one = stock.pick(order, line.sku)\n    compensate stock.release(order)\n}\ncommit"
    )
    (found,) = said(budget("3h", body), RULE)
    assert "unwinding can take 4h" in found.finding.message
    assert found.finding.story is not None
    assert found.finding.story[0] == "undo 2 rounds: up to 4h"


def test_an_endless_compensation_is_said_by_another_rule() -> None:
    body = (
        "step hold = stock.reserve(order)\n  compensate stock.release(order) with forever\ncommit"
    )
    assert said(budget("1h", body), RULE) == []
    assert len(said(budget("1h", body), "unbounded-retry")) == 1
