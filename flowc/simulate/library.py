"""The functions of the language and its arithmetic: exact, total, from values to values."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

from flowc.compiler.types import DECIMAL, DURATION, TIME, required
from flowc.simulate.values import DIGITS, EARLIEST, LATEST, iso, plain, rounded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from flowc.compiler.types import Type

_WIDE = Context(prec=100, rounding=ROUND_HALF_EVEN)
_DAY = 86_400_000
_LONGEST_RANGE = 100_000
LONGEST = 86_399_999_999_999_999  # ms: 10^9 days less one millisecond
SHORTEST = -86_399_999_913_600_000


def arithmetic(op: str, left: Any, right: Any, kind: Type, of: tuple[Type, Type]) -> Any:
    """`left op right` for `+ - * /`; `kind` is the type of the result, `of` those of the sides.

    Rule 17: each operator rounds; `a / b` is none where b is 0.
    """
    kind = required(kind)
    if kind == TIME:
        return _limited(left + right if op == "+" else left - right, EARLIEST, LATEST)
    if kind == DECIMAL:
        return _decimal(op, Decimal(left), Decimal(right))
    whole = left + right if op == "+" else left - right if op == "-" else left * right
    if of[0] in (TIME, DURATION) or of[1] in (TIME, DURATION):
        return _limited(whole, SHORTEST, LONGEST)
    return whole if abs(whole) < 10**DIGITS else int(rounded(Decimal(whole)))


def _decimal(op: str, left: Decimal, right: Decimal) -> Decimal | None:
    match op:
        case "+":
            exact = _WIDE.add(left, right)
        case "-":
            exact = _WIDE.subtract(left, right)
        case "*":
            exact = _WIDE.multiply(left, right)
        case _:
            if right == 0:
                return None
            exact = _WIDE.divide(left, right)
    return rounded(exact)


def _limited(value: int, least: int, most: int) -> int:
    return max(least, min(most, value))


def text(value: Any, kind: Type) -> str:
    """A value as text: numbers plain, times in ISO 8601."""
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return plain(value)
        case int():
            return iso(value) if required(kind) == TIME else str(value)
        case None:
            return ""
    return str(value)


def round_to(value: Any, places: int) -> Decimal:
    """Half-even to `places` decimal places, 0 to 15."""
    return rounded(_at(Decimal(value), places))


def fixed(value: Any, places: int) -> str:
    """With exactly so many places, 0 to 15; a zero has no sign."""
    shown = format(_at(Decimal(value), places), "f")
    return shown.removeprefix("-") if not shown.strip("-0.") else shown


def _at(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-max(0, min(DIGITS, places))), context=_WIDE)


def _whole(value: Any, how: str) -> int:
    return int(Decimal(value).to_integral_value(how))


def _sum(values: tuple[Any, ...]) -> Any:
    total: Any = 0
    for value in values:
        exact = _WIDE.add(Decimal(total), Decimal(value))
        total = rounded(exact)
    if all(isinstance(value, int) for value in values):
        return int(total)
    return total


def _range(start: int, end: int) -> tuple[int, ...]:
    return tuple(range(start, min(end, start + _LONGEST_RANGE - 1) + 1))


_CALLS: dict[str, Callable[..., Any]] = {
    "length": len,
    "length/list": len,
    "lower": lambda t: t.lower(),
    "upper": lambda t: t.upper(),
    "trim": lambda t: " ".join(t.split()),
    "slice": lambda t, start, end: t[max(start, 0) : max(end, start, 0)],
    "starts": lambda t, part: t[: len(part)] == part,
    "ends": lambda t, part: t[max(len(t) - len(part), 0) :] == part,
    "contains": lambda t, part: part in t,
    "contains/list": lambda xs, x: x in xs,
    "replace": lambda t, part, by: t.replace(part, by) if part else t,
    "split": lambda t, by: tuple(t.split(by)) if by else (t,),
    "join": lambda ts, by: by.join(ts),
    "abs": abs,
    "floor": lambda x: _whole(x, ROUND_FLOOR),
    "ceil": lambda x: _whole(x, ROUND_CEILING),
    "round": round_to,
    "fixed": fixed,
    "min": lambda *xs: min(xs),
    "max": lambda *xs: max(xs),
    "min/list": lambda xs: min(xs, default=None),
    "max/list": lambda xs: max(xs, default=None),
    "sum": _sum,
    "first": lambda xs: xs[0] if xs else None,
    "last": lambda xs: xs[-1] if xs else None,
    "at": lambda xs, place: xs[place] if 0 <= place < len(xs) else None,
    "concat": lambda xs, ys: xs + ys,
    "distinct": lambda xs: tuple(dict.fromkeys(xs)),
    "reverse": lambda xs: xs[::-1],
    "range": _range,
    "any": any,
    "all": all,
    "date": lambda at: iso(at)[:10],
    "day_start": lambda at: at - at % _DAY,
    "weekday": lambda at: (at // _DAY + 3) % 7 + 1,
    "seconds": lambda span: span // 1000,
}


def call(function: str, args: tuple[Any, ...], kinds: tuple[Type, ...]) -> Any:
    """A function of the library on evaluated arguments of these types."""
    if function == "text":
        return text(args[0], kinds[0])
    return _CALLS[function](*args)
