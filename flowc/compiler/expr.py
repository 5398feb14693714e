"""What an expression means: every name resolved, every part typed, nothing implicit left.

Pure and total. The targets translate these, so each has exactly the information that any
back end needs; `span` always points at what the user wrote.
"""

from __future__ import annotations

from flowc.compiler.types import Type
from flowc.source import Span
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal


class Lit(Struct):
    """A constant. By type: text and decimal as str (a decimal in plain notation), int as int,
    bool as bool, duration as int milliseconds, `none` as None."""

    span: Span
    type: Type
    value: str | int | bool | None


class Ref(Struct):
    """A name bound earlier on the path: parameter, step, let, record, await, index, carry..."""

    span: Span
    type: Type
    name: str


class Member(Struct):
    """An enum's member; `type` is the EnumType."""

    span: Span
    type: Type
    member: str


class TextOf(Struct):
    """Text with holes; each hole is turned into text as the library's `text` does."""

    span: Span
    type: Type
    parts: tuple[str | Expr, ...]


class FieldOf(Struct):
    """`value.field`; if `safe`, none where the value is none (`?.`)."""

    span: Span
    type: Type
    value: Expr
    field: str
    safe: bool


class BinaryOp(Struct):
    """`left op right`, op one of `+ - * / == != < <= > >= and or ??`; see the operands' types.

    `/` is none where the divisor is 0 (its type is then optional).
    """

    span: Span
    type: Type
    op: str
    left: Expr
    right: Expr


class NotOp(Struct):
    span: Span
    type: Type
    value: Expr


class Negate(Struct):
    span: Span
    type: Type
    value: Expr


class Choose(Struct):
    """`if condition then yes else no`."""

    span: Span
    type: Type
    condition: Expr
    yes: Expr
    no: Expr


class ListOf(Struct):
    span: Span
    type: Type
    items: tuple[Expr, ...]


class Comprehend(Struct):
    """`[value for name in items when condition]`."""

    span: Span
    type: Type
    value: Expr
    name: str
    items: Expr
    condition: Expr | None


class Construct(Struct):
    """A record with every field given, in the order of the declaration (absent ones: none)."""

    span: Span
    type: Type
    fields: tuple[tuple[str, Expr], ...]


class LibCall(Struct):
    """A function of the library. `function` is its name and, where a name serves two types,
    a suffix: `length` of text and `length/list`, `contains` and `contains/list`, `min/list`..."""

    span: Span
    type: Type
    function: str
    args: tuple[Expr, ...]


class Ambient(Struct):
    """`now()`, `uuid()`, `random()` or `env(...)` outside `record`: a finding, never built."""

    span: Span
    type: Type
    what: Literal["now", "uuid", "random", "env"]


class BrokenExpr(Struct):
    """An expression that an error was reported for."""

    span: Span
    type: Type


Expr = (
    Lit
    | Ref
    | Member
    | TextOf
    | FieldOf
    | BinaryOp
    | NotOp
    | Negate
    | Choose
    | ListOf
    | Comprehend
    | Construct
    | LibCall
    | Ambient
    | BrokenExpr
)


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct parts of an expression, left to right."""
    match expr:
        case TextOf():
            return tuple(part for part in expr.parts if not isinstance(part, str))
        case FieldOf() | NotOp() | Negate():
            return (expr.value,)
        case BinaryOp():
            return (expr.left, expr.right)
        case Choose():
            return (expr.condition, expr.yes, expr.no)
        case ListOf():
            return expr.items
        case Comprehend():
            inner = (expr.value, expr.items)
            return inner if expr.condition is None else (*inner, expr.condition)
        case Construct():
            return tuple(value for _, value in expr.fields)
        case LibCall():
            return expr.args
        case Lit() | Ref() | Member() | Ambient() | BrokenExpr():
            return ()


def names_in(expr: Expr) -> frozenset[str]:
    """The free names that an expression reads."""
    match expr:
        case Ref():
            return frozenset((expr.name,))
        case Comprehend():
            inner = names_in(expr.value)
            if expr.condition is not None:
                inner |= names_in(expr.condition)
            return (inner - {expr.name}) | names_in(expr.items)
        case _:
            return frozenset().union(*(names_in(child) for child in children(expr)))
