"""What a test teaches: after `x != none` an optional is a value."""

from __future__ import annotations

from flowc.compiler.names import Path
from flowc.compiler.types import (
    ErrorType,
    OptionalType,
    RecordType,
    Type,
    optional,
    required,
)
from flowc.dsl import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.compiler.typer import Typer


def path_of(expr: ast.Expr) -> Path | None:
    """`("order", "coupon")` of `order.coupon`: what a test against none can narrow."""
    fields: list[str] = []
    while True:
        match expr:
            case ast.Var():
                return (expr.name.text, *reversed(fields))
            case ast.Get():
                fields.append(expr.field.text)
                expr = expr.value
            case ast.Paren():
                expr = expr.value
            case _:
                return None


def assume(typer: Typer, condition: ast.Expr, truth: bool) -> None:
    """Narrow what is known, given that `condition` came out as `truth`."""
    stack = [(condition, truth)]
    while stack:
        expr, holds = stack.pop()
        match expr:
            case ast.Paren():
                stack.append((expr.value, holds))
            case ast.Not():
                stack.append((expr.value, not holds))
            case ast.Binary(op="and") if holds:
                stack += [(expr.right, True), (expr.left, True)]
            case ast.Binary(op="or") if not holds:
                stack += [(expr.right, False), (expr.left, False)]
            case ast.Binary(op="==" | "!="):
                if (expr.op == "!=") == holds:
                    _learn_some(typer, expr)


def _learn_some(typer: Typer, test: ast.Binary) -> None:
    for side, other in ((test.left, test.right), (test.right, test.left)):
        if isinstance(other, ast.NoneLit):
            path = path_of(side)
            if path is None:
                return
            kind = _type_at(typer, path)
            if isinstance(kind, OptionalType):
                # `a?.b != none` shows that `a` is there, too
                for n in range(1, len(path)):
                    holder = _type_at(typer, path[:n])
                    if isinstance(holder, OptionalType):
                        typer.names.learn(path[:n], holder.of)
                typer.names.learn(path, kind.of)


def _type_at(typer: Typer, path: Path) -> Type | None:
    known = typer.names.narrowed(path)
    if known is not None:
        return known
    if len(path) == 1:
        bound = typer.names.get(path[0])
        return bound.type if bound is not None else None
    holder = _type_at(typer, path[:-1])
    if holder is None:
        return None
    inner = required(holder)
    field = inner.field(path[-1]) if isinstance(inner, RecordType | ErrorType) else None
    if field is None:
        return None
    return optional(field.type) if isinstance(holder, OptionalType) else field.type
