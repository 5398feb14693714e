"""A duration's expression to what is known of its length before any run."""

from __future__ import annotations

from flowc.compiler.expr import BinaryOp, Choose, Expr, Lit
from flowc.compiler.types import DURATION


def known(expr: Expr) -> tuple[int, int]:
    """The bounds in ms of a duration; what depends on the input counts as 0."""
    match expr:
        case Lit(type=type_, value=int(value)) if type_ == DURATION and value > 0:
            return value, value
        case BinaryOp(op="+", type=type_) if type_ == DURATION:
            left, right = known(expr.left), known(expr.right)
            return left[0] + right[0], left[1] + right[1]
        case BinaryOp(op="*", left=one, right=Lit(value=int(by))) if by > 0:
            low, high = known(one)
            return low * by, high * by
        case Choose():
            yes, no = known(expr.yes), known(expr.no)
            return min(yes[0], no[0]), max(yes[1], no[1])
        case _:
            return 0, 0
