"""stale-read-after-wait: a read, a long wait and a write, in this order, on one way."""

from __future__ import annotations

import pytest

from tests.support.linting import pointed_at, said
from tests.support.saga import saga

RULE = "stale-read-after-wait"
ACCOUNT = """
service bank {
  read balance(order: text) -> int
  action pay(order: text, sum: int) writes account key order
  action note(order: text, sum: int) notifies book key order
}
"""
READ = "step sum = bank.balance(order)"
PAY = "step paid = bank.pay(order, sum)\n  on unknown halt"
WAIT = "await ready: bool within 3d"


def stale(body: str) -> list[str]:
    return [pointed_at(found) for found in said(saga(body, ACCOUNT), RULE)]


def inside(text: str) -> str:
    return text.replace("\n", "\n  ")


@pytest.mark.parametrize(
    "body",
    [
        f"{READ}\n{WAIT}\n{PAY}",
        f"{READ}\nwait 1d\n{PAY}",
        f"{READ}\nawait ready: bool\n{PAY}",
        f"{READ}\nif gift {{\n  {WAIT}\n}}\n{PAY}",
        f"{READ}\nparallel {{\n  branch a {{\n    wait 2d\n  }}\n}}\n{PAY}",
        f"{READ}\ntry {{\n  {WAIT}\n}} on TimedOut {{}}\n{PAY}",
        # in the second round, a day has passed
        f"{READ}\nrepeat max 3 {{\n  {inside(PAY)}\n  wait 1d\n}} until gift\n  on exhausted {{}}",
        f"{READ}\nawait ready: bool within 3d\n  on timeout {{\n    {inside(inside(PAY))}\n  }}",
    ],
)
def test_read_wait_write(body: str) -> None:
    assert stale(body) == ["sum"]


def test_what_was_computed_from_it_is_as_old() -> None:
    assert stale(f"{READ}\nlet half = sum * 2\n{WAIT}\n{PAY.replace('sum)', 'half)')}") == ["half"]


def test_what_was_collected_is_as_old_as_its_rounds() -> None:
    body = (
        "for line in lines max 3 {\n  step one = bank.balance(line.sku)\n} collect one as all\n"
        f"{WAIT}\n{PAY.replace('sum)', 'sum(all))')}"
    )
    assert stale(body) == ["sum(all)"]


@pytest.mark.parametrize(
    "body",
    [
        f"{WAIT}\n{READ}\n{PAY}",
        f"{READ}\nwait 23h\n{PAY}",
        f"{READ}\nwait until at\n{PAY}",
        # a notification tells; it changes nothing
        f"{READ}\n{WAIT}\nstep told = bank.note(order, sum)",
        # arms exclude each other
        f"{READ}\nif gift {{\n  {WAIT}\n}} else {{\n  {inside(PAY)}\n}}",
        # read anew in each round
        f"repeat max 3 {{\n  {READ}\n  {inside(PAY)}\n  wait 1d\n}} until gift\n"
        "  on exhausted {}",
        # by which key is no value that gets old
        f'{READ}\n{WAIT}\nstep picked = stock.pick(order, "{{sum}}")\n  on unknown halt',
        # an answer of a person is no read
        "await sum: int within 3d\nwait 2d\n" + PAY,
    ],
)
def test_what_is_fresh_enough(body: str) -> None:
    assert stale(body) == []
