"""Values of a flow as they run, from JSON and back (rule 17: a missing field and null are none).

A text and an enum's member are str, a time is whole ms since 1970 in UTC, a duration whole ms;
what a value is, its type says.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal

from flowc.compiler.types import (
    BOOL,
    DECIMAL,
    DURATION,
    INT,
    TEXT,
    TIME,
    EnumType,
    ErrorType,
    FieldType,
    ListType,
    NoneType,
    OptionalType,
    RecordType,
    required,
    show,
)
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from flowc.compiler.types import Type

DIGITS, PLACES = 15, 6
_EXACT = Context(prec=100, rounding=ROUND_HALF_EVEN)
_NARROW = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)
_FINEST = Decimal(1).scaleb(-PLACES)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
EARLIEST = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // _MS
LATEST = (datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC) - _EPOCH) // _MS


class RecordValue(Struct):
    """A record: its fields in the order of the declaration."""

    fields: tuple[tuple[str, Value], ...]

    def get(self, name: str) -> Value:
        return next((value for field, value in self.fields if field == name), None)


class ErrorValue(Struct):
    """An error that travels. `own`: the instance's own Cancelled or DeadlineExceeded, which
    nothing catches (rule 7)."""

    name: str
    message: str
    fields: tuple[tuple[str, Value], ...] = ()
    transient: bool = False
    own: bool = False

    def get(self, name: str) -> Value:
        if name in ("name", "message"):
            return self.name if name == "name" else self.message
        return next((value for field, value in self.fields if field == name), None)


Value = str | int | bool | Decimal | RecordValue | ErrorValue | tuple["Value", ...] | None


class WrongType(Exception):  # noqa: N818 - not an error of ours but an answer
    """A value that does not fit; the text says where and why."""


def rounded(value: Decimal) -> Decimal:
    """Rule 17: half-even to 6 places, then to 15 significant digits."""
    if value.adjusted() < DIGITS:
        value = value.quantize(_FINEST, context=_EXACT)
    return _NARROW.plus(value)


def plain(value: Decimal) -> str:
    """A decimal in plain notation, without zeros that say nothing."""
    shown = format(value, "f")
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return "0" if shown in ("-0", "") else shown


def iso(moment: int) -> str:
    """A time in ISO 8601, in UTC with milliseconds."""
    at = _EPOCH + moment * _MS
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> int:
    """The moment that a text says. Raises ValueError; a time without a zone is none."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time needs a zone")
    try:
        return (at - _EPOCH) // _MS
    except OverflowError:
        raise ValueError("not a time of this calendar") from None


def encode(value: Value, kind: Type | None) -> Any:
    """A value as JSON: a record is an object, a time ISO 8601 text, a duration ms."""
    kind = None if kind is None else required(kind)
    match value:
        case None:
            return None
        case bool() | str():
            return value
        case int():
            return iso(value) if kind == TIME else value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case tuple():
            item = kind.item if isinstance(kind, ListType) else None
            return [encode(each, item) for each in value]
        case RecordValue():
            fields = kind.fields if isinstance(kind, RecordType) else ()
            return encode_fields(value.fields, fields)
        case ErrorValue():
            fields = kind.fields if isinstance(kind, ErrorType) else ()
            return {
                "name": value.name,
                "message": value.message,
                "fields": encode_fields(value.fields, fields),
            }


def encode_fields(
    values: tuple[tuple[str, Value], ...], fields: tuple[FieldType, ...]
) -> dict[str, Any]:
    """Fields, parameters or arguments as an object."""
    kinds = {field.name: field.type for field in fields}
    return {name: encode(value, kinds.get(name)) for name, value in values}


def decode(kind: Type, data: Any, path: str = "", *, closed: bool = False) -> Value:
    """The value of JSON data. With `closed`, an object has no fields but the declared ones.

    Raises WrongType.
    """
    if isinstance(kind, OptionalType | NoneType):
        if data is None:
            return None
        kind = required(kind)
    match kind:
        case ListType() if isinstance(data, list | tuple):
            return tuple(
                decode(kind.item, item, f"{path}[{n}]", closed=closed)
                for n, item in enumerate(data)
            )
        case RecordType() if isinstance(data, dict):
            return RecordValue(decode_fields(kind.fields, data, path, closed=closed))
        case EnumType() if isinstance(data, str) and data in kind.members:
            return data
    found = _scalar(kind, data)
    if found is None:
        where = f"{path}: " if path else ""
        raise WrongType(f"{where}expected {_wanted(kind)}, found {_found(data)}")
    return found


def decode_fields(
    fields: tuple[FieldType, ...], data: Mapping[str, Any], path: str = "", *, closed: bool = False
) -> tuple[tuple[str, Value], ...]:
    """An object's fields in the order of their declaration. Raises WrongType."""
    dot = f"{path}." if path else ""
    known = {field.name for field in fields}
    for name in data if closed else ():
        if name not in known:
            raise WrongType(f"{dot}{name}: there is no such field")
    return tuple(
        (field.name, decode(field.type, data.get(field.name), dot + field.name, closed=closed))
        for field in fields
    )


def _scalar(kind: Type, data: Any) -> str | int | bool | Decimal | None:
    if kind == TEXT:
        return data if isinstance(data, str) else None
    if kind == BOOL:
        return data if isinstance(data, bool) else None
    if kind == TIME and isinstance(data, str):
        try:
            return from_iso(data)
        except ValueError:
            return None
    if isinstance(data, bool):
        return None
    if kind == INT and isinstance(data, int):
        return data if abs(data) < 10**DIGITS else None
    if kind == DURATION and isinstance(data, int):
        return data if abs(data) < 10 ** (DIGITS - 1) else None
    if kind == DECIMAL:
        return _decimal(data)
    return None


def _decimal(data: Any) -> Decimal | None:
    if isinstance(data, float) and math.isfinite(data):
        data = Decimal(repr(data))
    elif isinstance(data, int) and abs(data) < 10**DIGITS:
        data = Decimal(data)
    if not isinstance(data, Decimal) or not data.is_finite() or data.adjusted() >= DIGITS:
        return None
    return rounded(data)


def _wanted(kind: Type) -> str:
    if isinstance(kind, EnumType):
        return f"{kind.name} (one of {', '.join(kind.members)})"
    return show(kind)


def _found(data: Any) -> str:
    match data:
        case None:
            return "nothing"
        case bool():
            return "true" if data else "false"
        case str():
            return f"the text {data[:40]!r}"
        case int() | float() | Decimal():
            shown = "" if isinstance(data, int) and abs(data) >= 10**40 else str(data)
            return f"the number {shown}" if 0 < len(shown) <= 40 else "a number that is too long"
        case list() | tuple():
            return f"a list of {len(data)}"
        case dict():
            return "an object"
    return f"a {type(data).__name__}"
