"""Values of the runtime: JSON there and back, and what does not fit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowc.targets.python.support.values import WrongType, decode, encode, plain, rounded


class Colour(Enum):
    Red = "Red"
    Blue = "Blue"


@dataclass(frozen=True)
class Part:
    id: str
    class_: Colour = field(metadata={"name": "class"})
    note: str | None = None


@dataclass(frozen=True)
class Whole:
    parts: tuple[Part, ...]
    price: Decimal
    at: datetime
    span: timedelta


WHOLE = Whole(
    (Part("a", Colour.Red), Part("b", Colour.Blue, "n")),
    Decimal("12.5"),
    datetime(2024, 2, 29, 23, 59, 59, 999000, UTC),
    timedelta(seconds=1, milliseconds=5),
)
JSON = {
    "parts": [
        {"id": "a", "class": "Red", "note": None},
        {"id": "b", "class": "Blue", "note": "n"},
    ],
    "price": 12.5,
    "at": "2024-02-29T23:59:59.999Z",
    "span": 1005,
}


def test_a_record_there_and_back() -> None:
    assert encode(WHOLE) == JSON
    assert decode(Whole, JSON) == WHOLE
    assert decode(Whole, WHOLE) == WHOLE
    assert plain(WHOLE) == {**JSON, "price": Decimal("12.5")}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"price": "12.5"}, "price: expected decimal, found the text '12.5'"),
        ({"price": float("nan")}, "price: expected decimal, found the number nan"),
        ({"price": 10**15}, "price: expected decimal, found the number 1000000000000000"),
        ({"price": True}, "price: expected decimal, found true"),
        ({"parts": {}}, "parts: expected [Part], found an object"),
        ({"parts": [{"id": "a"}]}, "parts[0].class: expected Colour (one of Red, Blue), found"),
        ({"parts": [{"id": 1, "class": "Red"}]}, "parts[0].id: expected text, found the number 1"),
        ({"parts": [None]}, "parts[0]: expected Part, found nothing"),
        ({"at": "yesterday"}, "at: expected time, found the text 'yesterday'"),
        ({"at": "2024-01-01T00:00:00"}, "at: expected time"),
        ({"span": 1.5}, "span: expected duration, found the number 1.5"),
        ({"at": None}, "at: expected time, found nothing"),
    ],
)
def test_what_does_not_fit_says_where(change: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongType) as wrong:
        decode(Whole, {**JSON, **change})
    assert str(wrong.value).startswith(said)


def test_unknown_fields_are_refused_in_input_and_ignored_in_answers() -> None:
    more = {**JSON, "extra": 1}
    assert decode(Whole, more) == WHOLE
    with pytest.raises(WrongType, match="extra: expected no such field in Whole, found one"):
        decode(Whole, more, closed=True)


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        (int, 5, 5),
        (Decimal, 0.1, Decimal("0.1")),
        (Decimal, 2.5000005, Decimal("2.5")),
        (Decimal, 1e-7, Decimal(0)),
        (Decimal, Decimal("123456789012.1234567"), Decimal("123456789012.123")),
        (datetime, "2024-01-01T00:30:00+02:00", datetime(2023, 12, 31, 22, 30, tzinfo=UTC)),
        (str | None, None, None),
        (tuple[int, ...], [1, 2], (1, 2)),
    ],
)
def test_values_are_brought_into_form(kind: Any, value: Any, found: Any) -> None:
    assert decode(kind, value) == found


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**14), max_value=10**14))
def test_every_number_survives_json(value: Decimal) -> None:
    number = rounded(value)
    assert decode(Decimal, encode(number)) == number
    assert len(number.as_tuple().digits) <= 15
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int) and -6 <= exponent <= 0


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON_VALUES, st.sampled_from([Whole, Part, Colour, int, Decimal, datetime, timedelta]))
def test_any_json_fits_or_is_refused_in_one_way(value: Any, kind: Any) -> None:
    try:
        found = decode(kind, value)
    except WrongType as wrong:
        assert "expected" in str(wrong)
    else:
        assert decode(kind, encode(found)) == found
