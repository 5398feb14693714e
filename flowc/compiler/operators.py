"""Operators: the type of what they give, and what they cannot take."""

from __future__ import annotations

from flowc.compiler.expr import (
    BinaryOp,
    Choose,
    Expr,
    Lit,
    Negate,
)
from flowc.compiler.library import conversion
from flowc.compiler.narrowing import assume
from flowc.compiler.types import (
    BOOL,
    BROKEN,
    DECIMAL,
    DURATION,
    INT,
    NONE,
    TEXT,
    TIME,
    Broken,
    NoneType,
    OptionalType,
    Type,
    join,
    required,
    show,
)
from flowc.diagnostic import Edit, Fix
from flowc.dsl import ast
from flowc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.compiler.typer import Typer


def binary(typer: Typer, written: ast.Binary, wanted: Type | None) -> Expr:
    """`left op right`; `wanted` only helps `??` to read bare enum members."""
    match written.op:
        case "and" | "or":
            return _logic(typer, written)
        case "??":
            return _coalesce(typer, written, wanted)
        case "==" | "!=":
            return _equal(typer, written)
        case "<" | "<=" | ">" | ">=":
            return _compare(typer, written)
        case _:
            return _arithmetic(typer, written)


def _logic(typer: Typer, written: ast.Binary) -> Expr:
    # a chain of `and` is as deep as it is long: taken apart in a loop
    chain: list[ast.Binary] = []
    node: ast.Expr = written
    while isinstance(node, ast.Binary) and node.op == written.op:
        chain.append(node)
        node = node.left
    mark = typer.names.mark()
    what = f"each side of `{written.op}`"
    made = typer.condition(node, what)
    for binary in reversed(chain):
        assume(typer, binary.left, written.op == "and")
        right = typer.condition(binary.right, what)
        made = BinaryOp(binary.span, BOOL, written.op, made, right)
    typer.names.rollback(mark)
    return made


def _coalesce(typer: Typer, written: ast.Binary, wanted: Type | None) -> Expr:
    left = typer.expr(written.left, wanted)
    right = typer.expr(written.right, wanted if wanted is not None else left.type)
    if isinstance(left.type, Broken) or isinstance(right.type, Broken):
        return BinaryOp(written.span, BROKEN, "??", left, right)
    if not isinstance(left.type, OptionalType | NoneType):
        typer.report.say(
            "needless-fallback",
            written.span,
            "the left side of `??` is never none",
            "leave out the `??` and what follows it",
            label=f"`{show(left.type)}`",
            fix=Fix(
                "remove the fallback",
                (Edit(Span(written.left.span.end, written.right.span.end), ""),),
            ),
        )
        return left
    kind = join(required(left.type), right.type)
    if kind is None:
        typer.report.say(
            "type-mismatch",
            right.span,
            f"instead of a `{show(required(left.type))}` this gives a `{show(right.type)}`",
        )
        return typer.broken(written.span)
    return BinaryOp(written.span, kind, "??", left, right)


def _pair(typer: Typer, written: ast.Binary) -> tuple[Expr, Expr]:
    """Both sides; a bare enum member takes its enum from the other side."""
    if typer.bare(written.left) and typer.bare(written.right) and _members(typer, written):
        typer.report.say(
            "unknown-name",
            written.span,
            "both sides are members of an enum: the answer is always the same",
            "compare a value with a member, as in `order.state == Paid`",
        )
        return typer.broken(written.left.span), typer.broken(written.right.span)
    if typer.bare(written.left):
        right = typer.expr(written.right)
        return typer.expr(written.left, right.type), right
    left = typer.expr(written.left)
    return left, typer.expr(written.right, left.type)


def _members(typer: Typer, written: ast.Binary) -> bool:
    """Whether both sides are names of enum members."""
    sides = [side for side in (written.left, written.right) if isinstance(side, ast.Var)]
    return all(typer.enum_with(side.name.text) for side in sides)


def _equal(typer: Typer, written: ast.Binary) -> Expr:
    left, right = _pair(typer, written)
    kinds = (left.type, right.type)
    if join(*kinds) is None:
        typer.report.say(
            "type-mismatch",
            written.span,
            f"a `{show(left.type)}` never equals a `{show(right.type)}`",
            conversion(*kinds),
        )
    elif NONE in kinds and not any(isinstance(kind, OptionalType | Broken) for kind in kinds):
        side = right if isinstance(left.type, NoneType) else left
        if not isinstance(side.type, NoneType):
            typer.report.say(
                "needless-fallback",
                written.span,
                "this is never none",
                "the test always gives the same answer: remove it",
                label=f"`{show(side.type)}`",
            )
    return BinaryOp(written.span, BOOL, written.op, left, right)


def _compare(typer: Typer, written: ast.Binary) -> Expr:
    left, right = _pair(typer, written)
    for side in (left, right):
        if _refuse_optional(typer, side, f"`{written.op}`"):
            return BinaryOp(written.span, BOOL, written.op, left, right)
    kinds = (left.type, right.type)
    ordered = (INT, DECIMAL, TIME, DURATION)
    if any(isinstance(kind, Broken) for kind in kinds):
        pass
    elif join(*kinds) is None or any(kind not in ordered for kind in kinds):
        typer.report.say(
            "type-mismatch",
            written.span,
            f"`{show(left.type)}` and `{show(right.type)}` have no order",
            "numbers, times and durations can be compared with each other",
        )
    return BinaryOp(written.span, BOOL, written.op, left, right)


def _refuse_optional(typer: Typer, side: Expr, what: str) -> bool:
    if isinstance(side.type, OptionalType | NoneType):
        typer.report.say(
            "maybe-none",
            side.span,
            f"this may be none, and {what} needs a value",
            "give a value for none with `??`, or test it before",
            label=f"`{show(side.type)}`",
        )
        return True
    return False


def _arithmetic(typer: Typer, written: ast.Binary) -> Expr:
    chain: list[ast.Binary] = []
    node: ast.Expr = written
    while isinstance(node, ast.Binary) and node.op in "+-*/":
        chain.append(node)
        node = node.left
    made = typer.expr(node)
    for binary in reversed(chain):
        right = typer.expr(binary.right)
        made = _operate(typer, binary, made, right)
    return made


def _operate(typer: Typer, written: ast.Binary, left: Expr, right: Expr) -> Expr:
    if isinstance(left.type, Broken) or isinstance(right.type, Broken):
        return BinaryOp(written.span, BROKEN, written.op, left, right)
    refused = [_refuse_optional(typer, side, f"`{written.op}`") for side in (left, right)]
    if any(refused):
        return typer.broken(written.span)
    kind = _arithmetic_type(written.op, left.type, right)
    if kind is None:
        both_text = left.type == TEXT or right.type == TEXT
        typer.report.say(
            "type-mismatch",
            written.span,
            f"`{written.op}` does not work on `{show(left.type)}` and `{show(right.type)}`",
            'texts are put together with holes: `"{a}{b}"`' if both_text else None,
        )
        return typer.broken(written.span)
    return BinaryOp(written.span, kind, written.op, left, right)


def negate(typer: Typer, written: ast.Minus) -> Expr:
    """`-value`."""
    value = typer.expr(written.value)
    if isinstance(value.type, Broken) or _refuse_optional(typer, value, "`-`"):
        return typer.broken(written.span)
    if value.type not in (INT, DECIMAL, DURATION):
        typer.report.say(
            "type-mismatch", written.span, f"`-` does not work on a `{show(value.type)}`"
        )
        return typer.broken(written.span)
    return Negate(written.span, value.type, value)


def choose(typer: Typer, written: ast.Cond, wanted: Type | None) -> Expr:
    """`if c then a else b`: each side knows what the test has shown."""
    condition = typer.condition(written.condition)
    mark = typer.names.mark()
    assume(typer, written.condition, True)
    yes = typer.expr(written.yes, wanted)
    typer.names.rollback(mark)
    assume(typer, written.condition, False)
    no = typer.expr(written.no, wanted if wanted is not None else yes.type)
    typer.names.rollback(mark)
    kind = join(yes.type, no.type)
    if kind is None:
        typer.report.say(
            "type-mismatch",
            no.span,
            f"`then` gives a `{show(yes.type)}`, `else` a `{show(no.type)}`",
            "both are of one type",
        )
        kind = BROKEN
    return Choose(written.span, kind, condition, yes, no)


def _arithmetic_type(op: str, left: Type, divisor: Expr) -> Type | None:
    right = divisor.type
    numbers = (INT, DECIMAL)
    if left in numbers and right in numbers:
        if op != "/":
            return INT if left == right == INT else DECIMAL
        literal = divisor.value if isinstance(divisor, Negate) else divisor
        nonzero = isinstance(literal, Lit) and literal.value not in (0, "0")
        return DECIMAL if nonzero else OptionalType(DECIMAL)
    if op in "+-":
        if left == TIME and right == DURATION:
            return TIME
        if left == DURATION and right == DURATION:
            return DURATION
        if op == "+" and left == DURATION and right == TIME:
            return TIME
        if op == "-" and left == TIME and right == TIME:
            return DURATION
    if op == "*" and {left, right} == {DURATION, INT}:
        return DURATION
    return None
