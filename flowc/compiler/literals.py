"""Literals to values: how precise a number may be, and how it is kept."""

from __future__ import annotations

from flowc.compiler.types import BOOL, BROKEN, DECIMAL, DURATION, INT, NONE, TEXT, Type
from flowc.dsl import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.compiler.report import Reporter

DIGITS = 15
PLACES = 6


def number(written: ast.Number, report: Reporter) -> tuple[Type, str | int]:
    """Type and value of a number; one that no engine could keep exactly is reported."""
    whole, _, fraction = written.text.partition(".")
    whole, fraction = whole.lstrip("0"), fraction.rstrip("0")
    if len(fraction) > PLACES:
        report.say(
            "bad-number",
            written.span,
            f"a decimal has at most {PLACES} places",
            f"this one has {len(fraction)}: engines would round it differently",
        )
        return BROKEN, 0
    if len(whole) + len(fraction) > DIGITS:
        report.say(
            "bad-number",
            written.span,
            f"a number has at most {DIGITS} digits",
            "not every engine keeps more exactly; use a text for ids",
        )
        return BROKEN, 0
    if written.whole:
        return INT, int(whole or "0")
    return DECIMAL, f"{whole or '0'}.{fraction}" if fraction else (whole or "0")


def whole(written: ast.Number, report: Reporter, least: int = 1) -> int | None:
    """The value of a count, which is an int of at least `least`. None, and a finding, if not."""
    kind, value = number(written, report)
    if kind == BROKEN:
        return None
    if not isinstance(value, int):
        report.say("bad-number", written.span, "a whole number is needed here")
        return None
    if value < least:
        report.say("bad-number", written.span, f"at least {least} is needed here")
        return None
    return value


def literal(expr: ast.Expr, report: Reporter) -> tuple[Type, str | int | bool | None] | None:
    """Type and value of a literal expression, or None if it is none."""
    match expr:
        case ast.Paren():
            return literal(expr.value, report)
        case ast.Number():
            return number(expr, report)
        case ast.Duration():
            return DURATION, expr.ms
        case ast.Bool():
            return BOOL, expr.value
        case ast.NoneLit():
            return NONE, None
        case ast.Text() if all(isinstance(part, str) for part in expr.parts):
            return TEXT, "".join(part for part in expr.parts if isinstance(part, str))
        case ast.Minus():
            inner = literal(expr.value, report)
            if inner is None or inner[0] not in (INT, DECIMAL, DURATION):
                return None
            kind, value = inner
            if isinstance(value, str):
                return kind, value if value.strip("0.") == "" else f"-{value}"
            return kind, -value if value is not None else None
        case _:
            return None
