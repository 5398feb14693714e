"""What the target cannot keep of a flow's meaning, each at the user's line."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.compiler.expr import Ambient, Expr, children
from flowc.diagnostic import Finding
from flowc.targets.python.used import expressions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST_EXPRESSION = 60  # Python refuses more than 200 nested brackets
DEEPEST_BLOCK = 15  # Python refuses more than 20 nested blocks of some kinds, and 100 levels


def gaps(flow: ir.Flow) -> Iterator[Finding]:
    """Every place where the flow asks for what the target has not got."""
    yield from limits(flow, "python")


def limits(flow: ir.Flow, target: str) -> Iterator[Finding]:
    """What no target that emits Python can hold."""
    for expr in expressions(flow):
        yield from _expression_gaps(expr, target)
    yield from _depth_gaps(flow, target)


def _expression_gaps(expr: Expr, target: str) -> Iterator[Finding]:
    stack = [(expr, 1)]
    while stack:
        part, depth = stack.pop()
        if isinstance(part, Ambient):
            yield Finding(
                part.span,
                f"`{part.what}()` gives something else when the flow is replayed after a crash",
                f"draw it once: `record name = {part.what}()`"
                if part.what != "env"
                else "pass it in as a parameter of the flow",
            )
        if depth > DEEPEST_EXPRESSION:
            yield Finding(
                expr.span,
                f"the target `{target}` cannot hold an expression of more than "
                f"{DEEPEST_EXPRESSION} levels",
                "name parts of it with `let`",
            )
            return
        stack.extend((child, depth + 1) for child in children(part))


def _depth_gaps(flow: ir.Flow, target: str) -> Iterator[Finding]:
    stack = [(flow.body, 1)]
    while stack:
        block, depth = stack.pop()
        for node in block.nodes:
            if depth > DEEPEST_BLOCK:
                yield Finding(
                    node.span,
                    f"the target `{target}` cannot nest more than {DEEPEST_BLOCK} blocks",
                    "end an arm early with `fail` or `return`, or use a flow of its own",
                )
                return
            stack.extend((body, depth + 1) for body in ir.bodies(node))
