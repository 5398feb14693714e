"""Arithmetic and functions of the flow language: exact, total, the same on every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from enum import Enum
from typing import TypeVar, overload

from .values import iso, milliseconds, rounded

T = TypeVar("T")
U = TypeVar("U")
Number = TypeVar("Number", int, Decimal)
Ordered = TypeVar("Ordered", int, Decimal, datetime, timedelta)
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)
_DAY = timedelta(days=1)


# -- operators -----------------------------------------------------------------------------


def _int(value: int) -> int:
    """At most 15 significant digits."""
    return value if abs(value) < 10**15 else int(rounded(Decimal(value)))


@overload
def add(a: int, b: int) -> int: ...
@overload
def add(a: Decimal, b: Decimal) -> Decimal: ...
def add(a: int | Decimal, b: int | Decimal) -> int | Decimal:
    """`a + b`, rounded as every operator: 6 places, 15 digits, half-even."""
    if isinstance(a, int) and isinstance(b, int):
        return _int(a + b)
    return rounded(_WIDE.add(Decimal(a), Decimal(b)))


@overload
def subtract(a: int, b: int) -> int: ...
@overload
def subtract(a: Decimal, b: Decimal) -> Decimal: ...
def subtract(a: int | Decimal, b: int | Decimal) -> int | Decimal:
    """`a - b`."""
    if isinstance(a, int) and isinstance(b, int):
        return _int(a - b)
    return rounded(_WIDE.subtract(Decimal(a), Decimal(b)))


@overload
def multiply(a: int, b: int) -> int: ...
@overload
def multiply(a: Decimal, b: Decimal) -> Decimal: ...
def multiply(a: int | Decimal, b: int | Decimal) -> int | Decimal:
    """`a * b`."""
    if isinstance(a, int) and isinstance(b, int):
        return _int(a * b)
    return rounded(_WIDE.multiply(Decimal(a), Decimal(b)))


def divide(a: Decimal, b: Decimal) -> Decimal | None:
    """`a / b`; none where b is 0."""
    return None if b == 0 else ratio(a, b)


def ratio(a: Decimal, b: Decimal) -> Decimal:
    """`a / b` for a b that is not 0."""
    return rounded(_WIDE.divide(a, b))


def shift(time: datetime, by: timedelta) -> datetime:
    """`time + duration`; past the end of the calendar, its last moment."""
    try:
        return time + by
    except OverflowError:
        edge = datetime.max if by > timedelta() else datetime.min
        return edge.replace(microsecond=999000 if by > timedelta() else 0, tzinfo=time.tzinfo)


def stretch(span: timedelta, by: int) -> timedelta:
    """`duration * int`; past the longest duration, the longest."""
    try:
        return span * by
    except OverflowError:
        return timedelta.max if (span > timedelta()) == (by > 0) else timedelta.min


def either(value: T | None, other: U) -> T | U:
    """`value ?? other`."""
    return other if value is None else value


def within(value: T | None, get: Callable[[T], U]) -> U | None:
    """`value?.field`."""
    return None if value is None else get(value)


@overload
def decimal(value: int) -> Decimal: ...
@overload
def decimal(value: None) -> None: ...
@overload
def decimal(value: int | None) -> Decimal | None: ...
def decimal(value: int | None) -> Decimal | None:
    """An int where a decimal is expected."""
    return None if value is None else Decimal(value)


# -- text ----------------------------------------------------------------------------------


def text(value: object) -> str:
    """A value as text: plain numbers, `true`, times in ISO 8601, durations in milliseconds."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case Decimal():
            shown = format(value.normalize(), "f")
            return "0" if shown == "-0" else shown
        case datetime():
            return iso(value)
        case timedelta():
            return str(milliseconds(value))
        case Enum():
            return str(value.value)
        case None:
            return ""
    return str(value)


def trim(value: str) -> str:
    """Without spaces at the ends, inner runs of them as one."""
    return " ".join(value.split())


def cut(value: str, start: int, end: int) -> str:
    """`slice(t, from, to)`: code points from `start` up to `end`, both held inside the text."""
    return value[max(start, 0) : max(end, start, 0)]


def replace(value: str, part: str, by: str) -> str:
    """Every `part` replaced, literally; an empty part changes nothing."""
    return value.replace(part, by) if part else value


def split(value: str, by: str) -> tuple[str, ...]:
    """The parts between `by`; an empty separator splits nothing."""
    return tuple(value.split(by)) if by else (value,)


def join(values: Iterable[str], by: str) -> str:
    """The texts with `by` between them."""
    return by.join(values)


# -- numbers -------------------------------------------------------------------------------


def floor(value: Decimal) -> int:
    """The greatest int that is not above."""
    return int(value.to_integral_value(ROUND_FLOOR))


def ceil(value: Decimal) -> int:
    """The smallest int that is not below."""
    return int(value.to_integral_value(ROUND_CEILING))


def _places(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-min(max(places, 0), 15)), context=_WIDE)


def round_to(value: Decimal, places: int) -> Decimal:
    """Half-even to so many places."""
    return rounded(_places(value, places))


def fixed(value: Decimal, places: int) -> str:
    """With exactly so many places, half-even; never `-0`."""
    shown = _places(value, places)
    return format(abs(shown) if shown == 0 else shown, "f")


# -- lists ---------------------------------------------------------------------------------


def total(values: Iterable[Number], zero: Number) -> Number:
    """`sum(xs)`, starting at `zero`."""
    result = zero
    for value in values:
        result = add(result, value)
    return result


def least(values: Iterable[Ordered]) -> Ordered | None:
    """`min(xs)`; none of an empty list."""
    return min(values, default=None)


def greatest(values: Iterable[Ordered]) -> Ordered | None:
    """`max(xs)`; none of an empty list."""
    return max(values, default=None)


def first(values: tuple[T, ...]) -> T | None:
    return values[0] if values else None


def last(values: tuple[T, ...]) -> T | None:
    return values[-1] if values else None


def at(values: tuple[T, ...], place: int) -> T | None:
    """The item at a place, from 0; none outside."""
    return values[place] if 0 <= place < len(values) else None


def distinct(values: tuple[T, ...]) -> tuple[T, ...]:
    """Each value once, at its first place."""
    return tuple(dict.fromkeys(values))


def reverse(values: tuple[T, ...]) -> tuple[T, ...]:
    return values[::-1]


def numbers(start: int, end: int) -> tuple[int, ...]:
    """`range(from, to)`: both ends included; at most 100,000 of them."""
    return tuple(range(start, min(end, start + 99_999) + 1))


# -- time ----------------------------------------------------------------------------------


def date(time: datetime) -> str:
    """The day in UTC, as `2024-02-29`."""
    return iso(time)[:10]


def day_start(time: datetime) -> datetime:
    """Midnight in UTC."""
    return time.replace(hour=0, minute=0, second=0, microsecond=0)


def weekday(time: datetime) -> int:
    """Monday 1 to Sunday 7."""
    return time.isoweekday()


def seconds(span: timedelta) -> int:
    """Whole seconds, rounded down."""
    return span // timedelta(seconds=1)


def longer(a: timedelta, b: timedelta) -> timedelta:
    """`duration + duration`; past the longest duration, the longest."""
    try:
        return a + b
    except OverflowError:
        return timedelta.max if a > timedelta() else timedelta.min


def shorter(a: timedelta, b: timedelta) -> timedelta:
    """`duration - duration`."""
    try:
        return a - b
    except OverflowError:
        return timedelta.max if a > timedelta() else timedelta.min


def decimals(values: tuple[int, ...]) -> tuple[Decimal, ...]:
    """Ints where decimals are expected."""
    return tuple(Decimal(value) for value in values)
