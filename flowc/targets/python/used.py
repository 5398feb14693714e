"""The names that a flow reads anywhere: what is bound for nobody needs no variable."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.compiler.expr import Expr, names_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def used_names(flow: ir.Flow, without: ir.Block | None = None) -> frozenset[str]:
    """Every name that is read for something else than another name which nobody reads; what
    stands in the block `without` does not count."""
    left_out = set() if without is None else {id(node) for node in ir.walk(without)}
    used: set[str] = set()
    lets: dict[str, set[str]] = {}
    for node in flow.nodes:
        if id(node) in left_out:
            continue
        if isinstance(node, ir.Let):
            lets.setdefault(node.name, set()).update(names_in(node.value))
        else:
            used.update(*(names_in(expr) for expr in _of(node)))
        if isinstance(node, ir.ForEach):
            for collect in node.collects:
                lets.setdefault(collect.out, set()).add(collect.name)
    if flow.key is not None:
        used.update(names_in(flow.key))
    fresh = used.intersection(lets)
    while fresh:
        found = set().union(*(lets[name] for name in fresh)) - used
        used |= found
        fresh = found.intersection(lets)
    return frozenset(used)


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
