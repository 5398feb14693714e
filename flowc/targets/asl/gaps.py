"""What the target cannot keep of a flow's meaning, each at the user's line."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.compiler.expr import Ambient, Expr, children
from flowc.diagnostic import Finding
from flowc.targets.asl.limits import size_gap
from flowc.targets.asl.read import expressions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Program

WIDEST_MAP = 40  # rounds of an inline Map that run at once
LONGEST = 31_536_000_000  # ms: an execution lasts at most a year
DEEPEST_EXPRESSION = 60


def gaps(flow: ir.Flow, program: Program) -> Iterator[Finding]:
    """Every place where the flow asks for what the target has not got."""
    del program
    refused = False
    for found in _gaps(flow):
        refused = True
        yield found
    if not refused:
        yield from size_gap(flow)


def _gaps(flow: ir.Flow) -> Iterator[Finding]:
    if flow.deadline is not None and flow.deadline > LONGEST:
        yield Finding(
            flow.name_span,
            "the target `asl` cannot run an instance for more than a year",
            "give the flow a shorter deadline, or split it into flows that start each other",
        )
    for node in flow.nodes:
        match node:
            case ir.ForEach() if node.width > WIDEST_MAP:
                yield Finding(
                    node.span,
                    f"the target `asl` runs at most {WIDEST_MAP} rounds at once",
                    f"write `{WIDEST_MAP} at once`, or fewer",
                )
            case _:
                pass
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
