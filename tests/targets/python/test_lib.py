"""The library in Python: the edge cases of the language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowc.targets.python.support import lib
from flowc.targets.python.support.values import rounded

D = Decimal


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("function", "arguments", "result"),
    [
        (lib.text, [5], "5"),
        (lib.text, [D("1.50")], "1.5"),
        (lib.text, [True], "true"),
        (lib.text, [D("0.000001")], "0.000001"),
        (lib.text, [D("-0")], "0"),
        (lib.text, [at("2024-01-01T00:00:00Z")], "2024-01-01T00:00:00.000Z"),
        (lib.trim, ["  a  b "], "a b"),
        (lib.trim, [""], ""),
        (lib.cut, ["2024-05-01", 0, 7], "2024-05"),
        (lib.cut, ["abc", 2, 1], ""),
        (lib.cut, ["abc", 5, 9], ""),
        (lib.cut, ["a😀b", 1, 2], "😀"),
        (lib.cut, ["abc", -2, 2], "ab"),
        (lib.replace, ["a.b.c", ".", "-"], "a-b-c"),
        (lib.replace, ["ab", "", "-"], "ab"),
        (lib.replace, ["ab", "a", "$1"], "$1b"),
        (lib.split, ["a,b", ","], ("a", "b")),
        (lib.split, ["", ","], ("",)),
        (lib.split, ["abc", ""], ("abc",)),
        (lib.join, [("a", "b"), ", "], "a, b"),
        (lib.floor, [D("-1.5")], -2),
        (lib.ceil, [D("-1.5")], -1),
        (lib.round_to, [D("2.675"), 2], D("2.68")),
        (lib.round_to, [D("2.665"), 2], D("2.66")),
        (lib.round_to, [D("-2.5"), 0], D("-2")),
        (lib.fixed, [D("12.5"), 2], "12.50"),
        (lib.fixed, [D("1234567.891"), 2], "1234567.89"),
        (lib.fixed, [D("-0.001"), 2], "0.00"),
        (lib.fixed, [D("7.5"), 0], "8"),
        (lib.least, [()], None),
        (lib.least, [(3, 1)], 1),
        (lib.greatest, [(D("0.5"), D(3))], D(3)),
        (lib.total, [(), 0], 0),
        (lib.total, [(D("0.1"), D("0.2")), D(0)], D("0.3")),
        (lib.first, [()], None),
        (lib.last, [(1, 2)], 2),
        (lib.at, [(1, 2), 1], 2),
        (lib.at, [(1,), -1], None),
        (lib.at, [(1,), 1], None),
        (lib.distinct, [(2, 1, 2)], (2, 1)),
        (lib.reverse, [(1, 2)], (2, 1)),
        (lib.numbers, [1, 3], (1, 2, 3)),
        (lib.numbers, [1, 0], ()),
        (lib.date, [at("2024-01-01T00:30:00+02:00")], "2023-12-31"),
        (lib.day_start, [at("1969-12-31T23:00:00Z")], at("1969-12-31T00:00:00Z")),
        (lib.weekday, [at("2024-01-01T00:00:00Z")], 1),
        (lib.weekday, [at("2024-01-07T23:00:00Z")], 7),
        (lib.seconds, [timedelta(milliseconds=90_500)], 90),
        (lib.seconds, [timedelta(milliseconds=-1500)], -2),
        (lib.shift, [at("2024-02-28T23:00:00Z"), timedelta(days=1)], at("2024-02-29T23:00:00Z")),
        (lib.divide, [D(1), D(3)], D("0.333333")),
        (lib.divide, [D(1), D(0)], None),
        (lib.ratio, [D(2), D(3)], D("0.666667")),
        (lib.multiply, [D("0.000001"), D("0.5")], D(0)),
        (lib.multiply, [D("0.000003"), D("0.5")], D("0.000002")),
        (lib.add, [D("99999999999999.8"), D("0.05")], D("99999999999999.8")),
        (lib.multiply, [10**8, 10**8], 10**16),
        (lib.either, [None, 3], 3),
        (lib.either, [0, 3], 0),
        (lib.within, [None, len], None),
        (lib.decimals, [(1, 2)], (D(1), D(2))),
    ],
)
def test_edge_cases(function: Any, arguments: list[Any], result: Any) -> None:
    found = function(*arguments)
    assert found == result
    assert type(found) is type(result)


def test_time_never_leaves_the_calendar() -> None:
    late = lib.shift(at("9999-12-31T00:00:00Z"), timedelta(days=400))
    assert late.year == 9999
    early = lib.shift(at("0001-01-02T00:00:00Z"), timedelta(days=-400))
    assert early.year == 1
    assert lib.stretch(timedelta(days=999_999_999), 9) == timedelta.max
    assert lib.stretch(timedelta(days=999_999_999), -9) == timedelta.min
    assert lib.longer(timedelta.max, timedelta(days=1)) == timedelta.max
    assert lib.shorter(timedelta.min, timedelta(days=1)) == timedelta.min


NUMBERS = st.decimals(
    allow_nan=False, allow_infinity=False, places=6, min_value=-(10**8), max_value=10**8
).map(rounded)


@given(NUMBERS, NUMBERS)
def test_operators_stay_in_form(a: Decimal, b: Decimal) -> None:
    for found in (lib.add(a, b), lib.subtract(a, b), lib.multiply(a, b), lib.divide(a, b)):
        if found is not None:
            assert found == rounded(found)
    assert lib.add(a, b) == lib.add(b, a)
    assert lib.subtract(lib.add(a, D(1)), D(1)) == a
