"""What the target cannot keep of a flow's meaning, each at the user's line."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.compiler.expr import Ambient, Expr, children
from flowc.diagnostic import Finding
from flowc.targets.asl.limits import duration_gaps, history_gap, size_gap, template_gaps
from flowc.targets.asl.read import expressions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Program
    from flowc.targets.asl.bindings import Bindings

DEEPEST_EXPRESSION = 60


def gaps(flow: ir.Flow, program: Program, bindings: Bindings) -> Iterator[Finding]:
    """Every place where the flow asks for what the target has not got."""
    refused = False
    for found in _gaps(flow, bindings):
        refused = True
        yield found
    if not refused:
        yield from size_gap(flow, program, bindings)
        yield from template_gaps(flow, program, bindings)


def _gaps(flow: ir.Flow, bindings: Bindings) -> Iterator[Finding]:
    yield from duration_gaps(flow)
    yield from history_gap(flow, bindings)
    for expr in expressions(flow):
        yield from _expression_gaps(expr)


def _expression_gaps(expr: Expr) -> Iterator[Finding]:
    stack = [(expr, 1)]
    while stack:
        part, depth = stack.pop()
        if isinstance(part, Ambient):
            yield Finding(
                part.span,
                f"`{part.what}()` gives something else each time it is read",
                f"draw it once: `record name = {part.what}()`"
                if part.what != "env"
                else "pass it in as a parameter of the flow",
            )
        if depth > DEEPEST_EXPRESSION:
            yield Finding(
                expr.span,
                f"the target `asl` cannot hold an expression of more than "
                f"{DEEPEST_EXPRESSION} levels",
                "name parts of it with `let`",
            )
            return
        stack.extend((child, depth + 1) for child in children(part))
