"""Killed at every boundary of the journal and run again: the same ending, nothing done twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.durable import EXAMPLES
from tests.support.killed import killed

COMPOUND = Path(__file__).parent / "data" / "compound.flow"
STRIDE = 4  # 3 boundaries a row: no divisor of 3, so that every kind of boundary is met
ORDER = {"id": "o", "email": "e", "items": [], "total": 1}
ANSWERS: dict[str, Any] = {
    "inventory.reserve": {"id": "h", "warehouse": "n"},
    "fraud.score": {"level": "Low", "reason": ""},
    "payments.charge": {"id": "p"},
    "payments.lookup": None,
    "shipping.create": {"id": "x", "tracking": "t"},
}
UNKEYED = """\
policy once { timeout 10s }
service s {
  action hold(id: text) -> text writes things key id
  action free(id: text) writes things key id absorbing
  action pay(id: text) -> text writes money
  action back(id: text) writes money absorbing
}
flow buy(id: text) -> text {
  version 1
  owner "o" runbook "r"
  key id on duplicate attach

  step a = s.hold(id) with once
    compensate s.free(id) with once
  step b = s.pay(id) with once
    on unknown compensate
    compensate s.back(id) with once
  return b
}
"""


def only_one_repeated(calls: list[Any], whole: list[Any]) -> bool:
    """Whether `calls` is `whole` with at most one call made a second time, right away."""
    if calls == whole:
        return True
    return any([*whole[:n], whole[n - 1], *whole[n:]] == calls for n in range(1, len(whole) + 1))


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("well", {}),
        ("declined", {"payments.charge": {"raise": "CardDeclined", "args": ["no"]}}),
        ("unshipped", {"shipping.create": {"raise": "OSError"}}),
    ],
)
def test_an_order_killed_anywhere_ends_as_if_it_had_not_been(
    tmp_path: Path, name: str, answers: dict[str, Any]
) -> None:
    text = (EXAMPLES / "order.flow").read_text().replace("attempts 5", "attempts 2")
    told = killed(
        tmp_path,
        text=text,
        flow="fulfil_order",
        input={"order": {**ORDER, "id": name}},
        answers={**ANSWERS, **answers},
        every=STRIDE,
    )
    assert len(told["points"]) > 5
    for point in told["points"]:
        assert point["ending"] == told["ending"], point
        assert only_one_repeated(point["calls"], told["calls"]), (point, told["calls"])


def test_an_unkeyed_attempt_in_flight_is_unknown_and_never_repeated(tmp_path: Path) -> None:
    answers = {"s.hold": "h", "s.pay": "p"}
    told = killed(tmp_path, text=UNKEYED, flow="buy", input={"id": "x"}, answers=answers)
    assert told["ending"]["ending"] == "Completed"
    endings = {point["ending"]["ending"] for point in told["points"]}
    assert endings == {"Completed", "Compensated"}
    for point in told["points"]:
        titles = [title for title, *_ in point["calls"]]
        assert titles.count("s.pay") <= 1
        undone = [title for title in titles if title in ("s.back", "s.free")]
        if point["ending"]["ending"] == "Completed":
            assert undone == []
        else:
            assert point["ending"]["error"]["fields"] == {"step": "b"}
            assert undone == ["s.back", "s.free"]


@pytest.mark.parametrize(
    ("flow", "answers"),
    [
        ("abreast", {"s.hold last": {"raise": "Bad", "args": ["no"]}}),
        ("nested", {"s.hold c ab": {"raise": "Bad", "args": ["no"]}}),
        ("parent", {"s.hold last": {"raise": "Bad", "args": ["no"]}}),
        ("parent", {"s.hold b1 more": {"raise": "OSError"}}),
    ],
)
def test_branches_and_children_killed_anywhere_end_the_same(
    tmp_path: Path, flow: str, answers: dict[str, Any]
) -> None:
    names = ("first", "flight", "hotel", "car", "a", "b", "a more", "b0", "b1", "b0 more", "last")
    holds = {f"s.hold {name}": {"id": name, "price": 1} for name in names}
    trip = {"id": "t", "legs": ["x", "y", "z"], "car": True}
    told = killed(
        tmp_path,
        text=COMPOUND.read_text(),
        flow=flow,
        input={"id": "t"} if flow == "parent" else {"trip": trip},
        answers={"s.hold": {"id": "-", "price": 1}, **holds, **answers},
        every=10,
    )
    whole = Counter(map(str, told["calls"]))
    for point in told["points"]:
        assert point["ending"] == told["ending"], point
        made = Counter(map(str, point["calls"]))
        assert set(made) == set(whole)
        # what was in flight side by side is made once more, with the same key
        assert all(whole[call] <= made[call] <= whole[call] + 1 for call in whole), made - whole
        assert sum((made - whole).values()) <= 3
