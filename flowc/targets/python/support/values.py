"""Values to JSON and back: a Python type says what is expected, a path says where it went wrong."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

DIGITS = 15  # significant digits of a number
PLACES = 6  # decimal places of a decimal
_LIMIT = 10**DIGITS
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
_NARROW = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)
_STEP = Decimal(1).scaleb(-PLACES)
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

NAMES: dict[Any, str] = {
    str: "text",
    int: "int",
    bool: "bool",
    Decimal: "decimal",
    datetime: "time",
    timedelta: "duration",
    NoneType: "none",
    None: "none",
}


class WrongType(Exception):
    """A value that does not fit; `path` leads to it, as in `order.items[2].quantity`."""

    def __init__(self, path: str, expected: str, found: str) -> None:
        super().__init__(path, expected, found)
        self.path = path
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}expected {self.expected}, found {self.found}"


def rounded(value: Decimal) -> Decimal:
    """Half-even to 6 places and 15 significant digits, in plain form."""
    if value.adjusted() < DIGITS:
        value = value.quantize(_STEP, context=_EXACT)
    value = _NARROW.plus(value)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent != 0:
        whole = value.to_integral_value()
        value = whole.quantize(Decimal(1), context=_EXACT) if whole == value else value.normalize()
    return value


def milliseconds(span: timedelta) -> int:
    """A duration as whole milliseconds, rounded down."""
    return span // _MILLISECOND


def instant(moment: int) -> datetime:
    """Milliseconds since 1970 as a time."""
    return _EPOCH + timedelta(milliseconds=moment)


def since_epoch(time: datetime) -> int:
    """A time as milliseconds since 1970."""
    return milliseconds(time - _EPOCH)


def iso(time: datetime) -> str:
    """ISO 8601 in UTC with milliseconds."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def encode(value: Any) -> Any:
    """A value as JSON: records are objects, enums text, times ISO 8601, durations milliseconds.

    A decimal becomes a number: its 15 digits survive the double in between.
    """
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case Enum():
            return value.value
        case datetime():
            return iso(value)
        case timedelta():
            return milliseconds(value)
        case list() | tuple():
            return [encode(item) for item in value]
        case Mapping():
            return {str(name): encode(item) for name, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: encode(getattr(value, at)) for name, at, _ in record_fields(type(value))}
    if callable(getattr(value, "to_json", None)):
        return value.to_json()
    raise TypeError(f"{type(value).__name__} is no value of a flow")


def plain(value: Any) -> Any:
    """As `encode`, but a decimal stays an exact Decimal: what dict-style services are given."""
    match value:
        case Decimal():
            return value
        case list() | tuple():
            return [plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, at)) for name, at, _ in record_fields(type(value))}
    return encode(value)


@cache
def record_fields(record: type) -> tuple[tuple[str, str, Any], ...]:
    """Name in JSON, attribute and type of each field of a dataclass."""
    hints = get_type_hints(record)
    return tuple(
        (field.metadata.get("name", field.name), field.name, hints[field.name])
        for field in dataclasses.fields(record)
    )


def describe(kind: Any) -> str:
    """A type as the flow's author writes it."""
    if kind in NAMES:
        return NAMES[kind]
    parts = get_args(kind)
    if is_optional(kind):
        return describe(required(kind)) + "?"
    if get_origin(kind) is tuple:
        return f"[{describe(parts[0])}]"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"{kind.__name__} (one of {', '.join(str(member.value) for member in kind)})"
    return str(getattr(kind, "error_name", getattr(kind, "__name__", kind)))


def is_optional(kind: Any) -> bool:
    """Whether none is a value of the type."""
    if kind is None or kind is NoneType:
        return True
    return get_origin(kind) in (UnionType, Union) and NoneType in get_args(kind)


def required(kind: Any) -> Any:
    """T of `T | None`."""
    if get_origin(kind) in (UnionType, Union):
        kinds = [part for part in get_args(kind) if part is not NoneType]
        return kinds[0]
    return kind


def _show(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return f"the text {value!r}" if len(value) <= 40 else f"the text {value[:40]!r}..."
        case int() | float() | Decimal():
            long = isinstance(value, int) and abs(value) >= 10**40
            shown = "" if long else str(value)
            return f"the number {shown}" if 0 < len(shown) <= 40 else "a number that is too long"
        case list() | tuple():
            return f"a list of {len(value)}"
        case Mapping():
            return "an object"
    return f"a {type(value).__name__}"


def decode(kind: Any, value: Any, path: str = "", *, closed: bool = False) -> Any:
    """The typed value of JSON or of what a service returned. Already typed values pass.

    With `closed`, an object may have no fields but the declared ones. Raises WrongType.
    """
    if is_optional(kind):
        if value is None:
            return None
        kind = required(kind)
    if kind is None or kind is NoneType:
        raise WrongType(path, "none", _show(value))
    if get_origin(kind) is tuple:
        item = get_args(kind)[0]
        if not isinstance(value, list | tuple):
            raise WrongType(path, describe(kind), _show(value))
        return tuple(
            decode(item, part, f"{path}[{place}]", closed=closed)
            for place, part in enumerate(value)
        )
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _record(kind, value, path, closed)
    if isinstance(value, Mapping) and hasattr(kind, "from_json"):
        return kind.from_json(value)
    found = _scalar(kind, value)
    if found is None:
        raise WrongType(path, describe(kind), _show(value))
    return found


def _record(kind: type, value: Any, path: str, closed: bool) -> Any:
    fields = record_fields(kind)
    if isinstance(value, kind):
        value = {name: getattr(value, attribute) for name, attribute, _ in fields}
    if not isinstance(value, Mapping):
        raise WrongType(path, describe(kind), _show(value))
    dot = f"{path}." if path else ""
    named: dict[str, Any] = {}
    for name, attribute, inner in fields:
        if name not in value and not is_optional(inner):
            raise WrongType(dot + name, describe(inner), "nothing")
        named[attribute] = decode(inner, value.get(name), dot + name, closed=closed)
    if closed:
        known = {name for name, _, _ in fields}
        extra = next((name for name in value if name not in known), None)
        if extra is not None:
            raise WrongType(dot + str(extra), f"no such field in {describe(kind)}", "one")
    return kind(**named)


def _scalar(kind: Any, value: Any) -> Any:
    """The scalar of that type, or None."""
    if kind is str:
        return value if type(value) is str else None
    if kind is bool:
        return value if isinstance(value, bool) else None
    if isinstance(kind, type) and issubclass(kind, Enum):
        if isinstance(value, kind):
            return value
        return next((member for member in kind if member.value == value), None)
    if kind is datetime:
        return _time(value)
    if isinstance(value, bool):
        return None
    if kind is int:
        return value if isinstance(value, int) and abs(value) < _LIMIT else None
    if kind is timedelta:
        if isinstance(value, int) and abs(value) < _LIMIT // 10:
            return timedelta(milliseconds=value)
        return value if isinstance(value, timedelta) else None
    if kind is Decimal:
        return _decimal(value)
    return None


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        value = Decimal(repr(value))
    if isinstance(value, int):
        value = Decimal(value) if abs(value) < _LIMIT else None
    if not isinstance(value, Decimal) or not value.is_finite() or value.adjusted() >= DIGITS:
        return None
    return rounded(value)


def _time(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    time = value.astimezone(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
