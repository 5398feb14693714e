"""Rule 17: numbers, none and time; two implementations of the library agree on every edge."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowc.compiler.types import BOOL, DECIMAL, DURATION, INT, TEXT, TIME, ListType, Type
from flowc.simulate.library import arithmetic, call
from flowc.simulate.values import EARLIEST, LATEST, decode, from_iso, iso, plain
from flowc.targets.python.support import lib
from flowc.targets.python.support.values import instant, milliseconds, since_epoch
from tests.support.stories import tell

D = Decimal
TEXTS = ["", " ", "a", "ab", "a😀b", "  a  b ", "a.b.c", "AbÉß", "$1", "\t\n"]
INTS = [0, 1, -1, 2, 7, -3, 10**15 - 1, -(10**15) + 1]
DECIMALS = [
    D(text)
    for text in ("0", "1", "-1", "0.5", "-0.5", "2.675", "2.665", "-2.5", "0.000001", "0.000003")
] + [D("999999999999999"), D("123456789.123456"), D("-0.000001"), D("1E+2")]
TIMES = [EARLIEST, LATEST, 0, -1, *map(from_iso, ("2024-02-29T23:59:59.999Z", "1969-12-31T23:00Z"))]
SPANS = [0, 1, -1, 1000, -1500, 90_500, 86_400_000]


def both(function: str, kinds: list[Type], args: tuple[Any, ...]) -> tuple[Any, Any]:
    """What the interpreter's library gives, and the Python target's."""
    return call(function, args, tuple(kinds)), LIBRARY[function](*args)


LIBRARY: dict[str, Any] = {
    "trim": lib.trim,
    "slice": lib.cut,
    "replace": lib.replace,
    "split": lib.split,
    "join": lib.join,
    "starts": str.startswith,
    "ends": str.endswith,
    "lower": str.lower,
    "upper": str.upper,
    "floor": lib.floor,
    "ceil": lib.ceil,
    "round": lib.round_to,
    "fixed": lib.fixed,
    "min/list": lib.least,
    "max/list": lib.greatest,
    "first": lib.first,
    "last": lib.last,
    "at": lib.at,
    "distinct": lib.distinct,
    "reverse": lib.reverse,
    "range": lib.numbers,
    "date": lambda at: lib.date(instant(at)),
    "day_start": lambda at: since_epoch(lib.day_start(instant(at))),
    "weekday": lambda at: lib.weekday(instant(at)),
    "sum": lambda xs: lib.total(xs, D(0)),
}
LISTS = [(), (1,), (1, 2), (2, 1, 2), (3, 1)]
CASES = (
    [("trim", [TEXT], (t,)) for t in TEXTS]
    + [(f, [TEXT], (t,)) for f in ("lower", "upper") for t in TEXTS]
    + [("slice", [TEXT, INT, INT], args) for args in product(TEXTS, (-2, 0, 1, 5), (-1, 0, 2, 9))]
    + [("replace", [TEXT, TEXT, TEXT], args) for args in product(TEXTS, TEXTS[:4], ("", "$1", "-"))]
    + [
        (f, [TEXT, TEXT], args)
        for f in ("split", "starts", "ends")
        for args in product(TEXTS, TEXTS)
    ]
    + [("join", [ListType(TEXT), TEXT], (xs, ",")) for xs in ((), ("a",), ("a", "b"))]
    + [(f, [DECIMAL], (x,)) for f in ("floor", "ceil") for x in DECIMALS]
    + [
        (f, [DECIMAL, INT], args)
        for f in ("round", "fixed")
        for args in product(DECIMALS, range(-1, 8))
    ]
    + [
        (f, [ListType(INT)], (xs,))
        for f in ("min/list", "max/list", "first", "last")
        for xs in LISTS
    ]
    + [(f, [ListType(INT)], (xs,)) for f in ("distinct", "reverse") for xs in LISTS]
    + [("at", [ListType(INT), INT], args) for args in product(LISTS, (-1, 0, 1, 2))]
    + [("range", [INT, INT], args) for args in ((1, 3), (1, 0), (2, 2), (-1, 1))]
    + [(f, [TIME], (t,)) for f in ("date", "day_start", "weekday") for t in TIMES]
    + [("sum", [ListType(DECIMAL)], (tuple(DECIMALS[n:]),)) for n in range(len(DECIMALS))]
)


@pytest.mark.parametrize(("function", "kinds", "args"), CASES)
def test_two_libraries_agree(function: str, kinds: list[Type], args: tuple[Any, ...]) -> None:
    ours, theirs = both(function, kinds, args)
    assert ours == theirs
    assert str(ours) == str(theirs) or isinstance(ours, Decimal)


@pytest.mark.parametrize("a", DECIMALS, ids=str)
@pytest.mark.parametrize("b", DECIMALS, ids=str)
def test_two_arithmetics_agree(a: Decimal, b: Decimal) -> None:
    pairs = {"+": lib.add, "-": lib.subtract, "*": lib.multiply, "/": lib.divide}
    for op, function in pairs.items():
        assert arithmetic(op, a, b, DECIMAL, (DECIMAL, DECIMAL)) == function(a, b)
    for op, whole in (("+", lib.add), ("-", lib.subtract), ("*", lib.multiply)):
        x, y = int(a), int(b)
        assert arithmetic(op, x, y, INT, (INT, INT)) == whole(x, y)


NUMBERS = st.decimals(-(10**15) + 1, 10**15 - 1, places=6) | st.decimals(-10, 10, places=6)


@given(NUMBERS, NUMBERS, st.sampled_from("+-*/"))
def test_each_operator_rounds(a: Decimal, b: Decimal, op: str) -> None:
    made = arithmetic(op, a, b, DECIMAL, (DECIMAL, DECIMAL))
    assert (made is None) == (op == "/" and b == 0)
    if made is not None:
        digits = made.as_tuple()
        assert len(digits.digits) <= 15
        assert -int(digits.exponent) <= 6


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1 + 0.2", "0.3"),
        ("1 / 3", "0.333333"),
        ("2 / 3", "0.666667"),
        ("0.000001 * 0.5", "0"),
        ("0.000003 * 0.5", "0.000002"),
        ("999999999999999 + 1.0", "1000000000000000"),
        ("2.5 * 2", "5"),
        ("round(0.125, 2)", "0.12"),
        ("fixed(1.005, 2)", "1.00"),
        ("(many / (many - 2)) ?? 7.0", "7"),
    ],
)
def test_numbers(text: str, value: str) -> None:
    body = f"let x = {text}\nreturn text(x)" if "fixed" not in text else f"return {text}"
    assert tell(body, result=" -> text") == f'=> Completed("{value}")'


def test_division_by_zero_is_none() -> None:
    assert tell("return many / (many - 2)", result=" -> decimal?") == "=> Completed"


@pytest.mark.parametrize("at", TIMES)
@pytest.mark.parametrize("span", [*SPANS, 10**13, -(10**13)])
def test_time_and_duration(at: int, span: int) -> None:
    from datetime import timedelta

    moved = lib.shift(instant(at), timedelta(milliseconds=span))
    assert arithmetic("+", at, span, TIME, (TIME, DURATION)) == since_epoch(moved)
    longer = lib.longer(timedelta(milliseconds=span), timedelta(milliseconds=at))
    assert arithmetic("+", span, at, DURATION, (DURATION, DURATION)) == milliseconds(longer)
    assert arithmetic("*", span, 3, DURATION, (DURATION, INT)) == span * 3
    assert call("seconds", (span,), (DURATION,)) == span // 1000


def test_texts_of_values() -> None:
    for value, kind, shown in (
        (D("1.50"), DECIMAL, "1.5"),
        (D("1E+2"), DECIMAL, "100"),
        (D("-0"), DECIMAL, "0"),
        (5, INT, "5"),
        (True, BOOL, "true"),
        (0, TIME, "1970-01-01T00:00:00.000Z"),
        ("x", TEXT, "x"),
    ):
        assert call("text", (value,), (kind,)) == shown
    assert plain(D("100")) == "100"
    assert iso(LATEST) == "9999-12-31T23:59:59.999Z"


def test_a_missing_field_and_null_are_none() -> None:
    from flowc.compiler.types import RecordType
    from tests.support.stories import program

    more = "flow g(thing: Thing) -> text? {\nversion 1\nreturn thing.note\n}\n"
    thing = program("wait 1s", more=more).flows[0].params[0].type
    assert isinstance(thing, RecordType)
    fields = {"id": "i", "size": "S", "price": 1.5}
    assert decode(thing, fields) == decode(thing, {**fields, "note": None})
    assert decode(thing, fields) != decode(thing, {**fields, "note": "n"})
