"""The expressions of a flow, wherever they stand."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.compiler.expr import Expr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def expressions(flow: ir.Flow) -> Iterator[Expr]:
    """Every expression of a flow, those of its header too."""
    if flow.key is not None:
        yield flow.key
    for node in flow.nodes:
        yield from _of(node)


def _of(node: ir.Node) -> Iterator[Expr]:
    match node:
        case ir.Step():
            yield from node.call.args
            if isinstance(node.unknown, ir.Probe):
                yield from node.unknown.call.args
            if node.compensation is not None:
                yield from node.compensation.call.args
            if node.otherwise is not None:
                yield node.otherwise
        case ir.Let() | ir.Next() | ir.Match():
            yield node.value
        case ir.If():
            yield node.condition
        case ir.Parallel():
            yield from (b.condition for b in node.branches if b.condition is not None)
        case ir.ForEach():
            yield node.items
            yield from (carry.start for carry in node.carries)
        case ir.Repeat():
            yield from (carry.start for carry in node.carries)
            yield node.until
        case ir.WaitFor():
            yield node.duration
        case ir.WaitUntil():
            yield node.time
        case ir.Await():
            if node.who is not None:
                yield node.who
        case ir.Fail():
            yield from node.args
        case ir.Return():
            if node.value is not None:
                yield node.value
        case ir.Record() | ir.Try() | ir.Commit():
            pass
