"""An expression under the names that are bound to its value: pure and total."""

from __future__ import annotations

from decimal import Decimal

from flowc.compiler.expr import (
    Ambient,
    BinaryOp,
    BrokenExpr,
    Choose,
    Comprehend,
    Construct,
    FieldOf,
    LibCall,
    ListOf,
    Lit,
    Member,
    Negate,
    NotOp,
    Ref,
    TextOf,
)
from flowc.compiler.types import DECIMAL, required
from flowc.simulate.library import arithmetic, call, text
from flowc.simulate.values import ErrorValue, RecordValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, assert_never

    from flowc.compiler.expr import Expr
    from flowc.simulate.values import Value
else:
    from flowc.struct import assert_never

    Any = None


def evaluate(expr: Expr, names: dict[str, Value]) -> Any:
    """The value of an expression of a file without errors.

    Raises ValueError for `now()`, `uuid()`, `random()` and `env()` outside `record`, which no
    engine can repeat.
    """
    match expr:
        case Lit():
            decimal = required(expr.type) == DECIMAL and isinstance(expr.value, str)
            return Decimal(str(expr.value)) if decimal else expr.value
        case Ref():
            return names[expr.name]
        case Member():
            return expr.member
        case TextOf():
            return "".join(
                part if isinstance(part, str) else text(evaluate(part, names), part.type)
                for part in expr.parts
            )
        case FieldOf():
            value = evaluate(expr.value, names)
            return value.get(expr.field) if isinstance(value, RecordValue | ErrorValue) else None
        case BinaryOp():
            return _binary(expr, names)
        case NotOp():
            return not evaluate(expr.value, names)
        case Negate():
            return -evaluate(expr.value, names)
        case Choose():
            return evaluate(expr.yes if evaluate(expr.condition, names) else expr.no, names)
        case ListOf():
            return tuple(evaluate(item, names) for item in expr.items)
        case Comprehend():
            rounds = [{**names, expr.name: item} for item in evaluate(expr.items, names)]
            return tuple(
                evaluate(expr.value, inner)
                for inner in rounds
                if expr.condition is None or evaluate(expr.condition, inner)
            )
        case Construct():
            return RecordValue(tuple((n, evaluate(value, names)) for n, value in expr.fields))
        case LibCall():
            args = tuple(evaluate(arg, names) for arg in expr.args)
            return call(expr.function, args, tuple(arg.type for arg in expr.args))
        case Ambient():
            raise ValueError(f"`{expr.what}()` is drawn by `record` only")
        case BrokenExpr():
            raise ValueError("an expression with an error has no value")
        case _:
            assert_never(expr)


def _binary(expr: BinaryOp, names: dict[str, Value]) -> Any:
    left = evaluate(expr.left, names)
    match expr.op:
        case "and":
            return left and evaluate(expr.right, names)
        case "or":
            return left or evaluate(expr.right, names)
        case "??":
            return evaluate(expr.right, names) if left is None else left
    right = evaluate(expr.right, names)
    match expr.op:
        case "==":
            return left == right
        case "!=":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
    return arithmetic(expr.op, left, right, expr.type, (expr.left.type, expr.right.type))
