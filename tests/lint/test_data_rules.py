"""Races between branches and keys that never change: where they are, and where they only seem."""

from __future__ import annotations

import pytest

from tests.support.linting import pointed_at, said
from tests.support.saga import saga

SHOP = """
service shop {
  action label(order: text, text: text) writes parcel key order
  action weigh(order: text, grams: int) writes parcel key order
  action price(order: text, line: text) writes price key order, line
  action note(order: text) notifies inbox key order
  action seal(order: text) writes parcel
  read token() -> text
}
"""


def found(name: str, body: str) -> list[str]:
    """What the findings of a rule point at."""
    return [pointed_at(d) for d in said(saga(body, SHOP), name)]


def step(name: str, call: str) -> str:
    return f"  step {name} = shop.{call}\n    on unknown halt\n"


def both(one: str, two: str, when: tuple[str, str] = ("", "")) -> str:
    return f"parallel {{\nbranch one {when[0]} {{\n{one}}}\nbranch two {when[1]} {{\n{two}}}\n}}\n"


# -- parallel-write-race ----------------------------------------------------------------------

LABEL = step("a", 'label(order, "x")')
WEIGH = step("b", "weigh(order, 5)")


@pytest.mark.parametrize(
    "body",
    [
        both(LABEL, WEIGH),
        both(LABEL, "if gift {\n" + WEIGH + "}\n"),
        both("for l in lines max 3 {\n" + LABEL + "}\n", WEIGH),
        both(LABEL, both(step("c", 'price(order, "x")'), WEIGH)),
        both(LABEL, WEIGH, ("when gift", "")),
        both(LABEL, WEIGH, ("when gift", "when kind == Sale")),
        both(step("a", "seal(order)"), step("b", "seal(order)")),
        both(step("a", 'price(order, "x")'), step("b", 'price(order, "x")')),
        "for l in lines max 3 {\n"
        + both(step("a", "price(order, l.sku)"), step("b", "price(order, l.sku)"))
        + "}",
    ],
)
def test_branches_race(body: str) -> None:
    assert found("parallel-write-race", body) == ["b"]


@pytest.mark.parametrize(
    "body",
    [
        LABEL + WEIGH,  # one after the other
        both(LABEL + WEIGH, ""),
        both(LABEL, step("b", 'weigh("other", 5)')),  # another parcel
        both(LABEL, step("b", 'price(order, "x")')),  # another resource
        both(step("a", 'price(order, "x")'), step("b", 'price(order, "y")')),
        both(LABEL, WEIGH, ("when gift", "when not gift")),  # never both
        both(LABEL, WEIGH, ("when kind == Sale", "when kind == Gift")),
        both(LABEL, WEIGH, ("when kind == Sale", "when gift and kind != Sale")),
        both(LABEL, WEIGH, ("when length(lines) > 3", "when length(lines) <= 3")),
        both("  step a = shop.note(order)\n", "  step b = shop.note(order)\n"),  # nothing changed
        both(
            "for l in lines max 3 {\n" + step("a", "price(order, l.sku)") + "}\n",
            'for l in [Line(sku: "x", lot: "y")] max 3 {\n' + step("b", "price(order, l.sku)")
            + "}\n",
        ),  # two lists
    ],
)  # fmt: skip
def test_branches_do_not_race(body: str) -> None:
    assert found("parallel-write-race", body) == []


def test_a_race_is_told_once() -> None:
    three = both(LABEL, WEIGH)[:-2] + "branch three {\n" + step("c", "weigh(order, 6)") + "}\n}"
    assert found("parallel-write-race", three) == ["b", "c"]


# -- loop-key-ignores-item --------------------------------------------------------------------


def loop(body: str, head: str = "for l in lines max 3 as i") -> str:
    return f"{head} {{\n{body}}}\n"


@pytest.mark.parametrize(
    "body",
    [
        loop(step("a", "weigh(order, 5)")),
        loop(step("a", 'price(order, "x")')),
        loop(step("a", "note(order)").replace("    on unknown halt\n", "")),  # one mail, not three
        loop("  let id = order\n" + step("a", "weigh(id, 5)")),
        loop("  if gift {\n" + step("a", "weigh(order, 5)") + "}\n"),
        loop(loop(step("a", "weigh(l.sku, 5)"), "for x in lines max 3")),  # the inner one
        loop(loop(step("a", "weigh(x.sku, 5)"), "for x in lines max 3")),  # the outer one
        loop(step("a", "weigh(order, 5)"), "for l in lines max 3, 2 at once"),
    ],
)
def test_a_key_that_never_changes(body: str) -> None:
    assert found("loop-key-ignores-item", body) == ["a"]


@pytest.mark.parametrize(
    "body",
    [
        loop(step("a", "price(order, l.sku)")),
        loop(step("a", 'price(order, "{i}")')),
        loop("  let id = l.sku\n" + step("a", "weigh(id, 5)")),
        loop("  step t = shop.token()\n" + step("a", "weigh(t, 5)")),  # may differ
        loop("  record id = uuid()\n" + step("a", "weigh(id, 5)")),
        loop("  if l.sku == order {\n" + step("a", "weigh(order, 5)") + "}\n"),  # once
        loop("  if i == 0 {\n" + step("a", "weigh(order, 5)") + "}\n"),
        loop(step("a", "weigh(order, 5)"), "for l in lines max 1"),
        loop(step("a", "seal(order)")),  # no key: each call is its own
        loop("  step a = checks.ok(order)\n"),  # a read
        "repeat max 3 {\n"
        + step("a", "weigh(order, 5)")
        + "} until gift",  # tried again on purpose
        loop(
            loop(step("a", "weigh(x, 5)"), "for x in [y for y in split(l.sku, order)] max 3")
        ),  # the inner list depends on the outer item
    ],
)
def test_a_key_that_changes(body: str) -> None:
    assert found("loop-key-ignores-item", body) == []
