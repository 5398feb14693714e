"""An expression without its spans: two that say the same have one shape."""

from __future__ import annotations

from flowc.compiler.expr import (
    Ambient,
    BinaryOp,
    BrokenExpr,
    Choose,
    Comprehend,
    Construct,
    Expr,
    FieldOf,
    LibCall,
    ListOf,
    Lit,
    Member,
    Negate,
    NotOp,
    Ref,
    TextOf,
    children,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable

COMMUTES = frozenset(("+", "*", "==", "!=", "and", "or"))
MIRROR = {"<": ">", "<=": ">="}


def shape(expr: Expr) -> Hashable:
    """A hashable value, equal for expressions that have the same value for want of any difference.

    Operands that may change places are sorted and comparisons point one way, so `a == b` is
    `b == a`. Drawn values (`uuid()`) and broken parts equal nothing, not even themselves.
    """
    match expr:
        case Ref():
            return ("ref", expr.name)
        case FieldOf():
            return (".", shape(expr.value), expr.field)
        case Lit():
            return ("lit", type(expr.value).__name__, expr.value)
        case Member():
            return ("member", getattr(expr.type, "name", ""), expr.member)
        case TextOf():
            return (
                "text",
                tuple(part if isinstance(part, str) else shape(part) for part in expr.parts),
            )
        case BinaryOp():
            return _binary(expr)
        case NotOp():
            return ("not", shape(expr.value))
        case Negate():
            return ("negate", shape(expr.value))
        case Choose():
            return ("choose", shape(expr.condition), shape(expr.yes), shape(expr.no))
        case ListOf():
            return ("list", tuple(shape(item) for item in expr.items))
        case Comprehend():
            condition = None if expr.condition is None else shape(expr.condition)
            return ("for", shape(expr.value), expr.name, shape(expr.items), condition)
        case Construct():
            return (
                "make",
                getattr(expr.type, "name", ""),
                tuple((name, shape(value)) for name, value in expr.fields),
            )
        case LibCall():
            return ("call", expr.function, tuple(shape(arg) for arg in expr.args))
        case Ambient() | BrokenExpr():
            return ("only", id(expr))


def _binary(expr: BinaryOp) -> Hashable:
    left, right = shape(expr.left), shape(expr.right)
    if expr.op in MIRROR:
        return (MIRROR[expr.op], right, left)
    if expr.op in COMMUTES and repr(right) < repr(left):
        left, right = right, left
    return (expr.op, left, right)


def broken(expr: Expr) -> bool:
    """Whether an error was reported for any part of it, so that nobody knows what it is."""
    return isinstance(expr, BrokenExpr) or any(broken(child) for child in children(expr))


def constant(expr: Expr) -> bool:
    """Whether it is the same in every run: a literal, a member, text without holes."""
    match expr:
        case Lit() | Member():
            return True
        case TextOf():
            return all(isinstance(part, str) or constant(part) for part in expr.parts)
        case _:
            return False


def exclusive(a: Expr, b: Expr) -> bool:
    """Whether two conditions can never both hold, as far as their form tells:
    `c` and `not c`, `x == A` and `x == B`, `x == A` and `x != A`, `x < y` and `x >= y`."""
    if isinstance(a, NotOp) and shape(a.value) == shape(b):
        return True
    if isinstance(b, NotOp) and shape(b.value) == shape(a):
        return True
    if not (isinstance(a, BinaryOp) and isinstance(b, BinaryOp)):
        return False
    if "and" in (a.op, b.op):
        whole, other = (a, b) if a.op == "and" else (b, a)
        return exclusive(whole.left, other) or exclusive(whole.right, other)
    if a.op == b.op == "==":
        return any(
            shape(one) == shape(other) and constant(x) and constant(y) and shape(x) != shape(y)
            for one, x in ((a.left, a.right), (a.right, a.left))
            for other, y in ((b.left, b.right), (b.right, b.left))
        )
    if {a.op, b.op} == {"==", "!="}:
        return shape(a.replace(op="==")) == shape(b.replace(op="=="))
    return _opposed(a, b) or _opposed(b, a)


def _opposed(a: BinaryOp, b: BinaryOp) -> bool:
    opposite = {"<": ">=", ">=": "<", ">": "<=", "<=": ">"}.get(a.op)
    return opposite is not None and shape(a.replace(op=opposite)) == shape(b)
