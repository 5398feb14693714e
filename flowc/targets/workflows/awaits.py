"""A flow to the messages that it may await: their types by path, those of flows it calls too."""

from __future__ import annotations

from flowc.compiler import flow as ir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.compiler.types import Type


def awaits(flow: ir.Flow, program: ir.Program, path: tuple[str, ...] = ()) -> dict[str, Type]:
    """The payload's type of each await by its path, without rounds: `ruling`, `check/papers`."""
    found: dict[str, Type] = {}
    for node in flow.nodes:
        if isinstance(node, ir.Await):
            found[node.name] = node.type
        elif isinstance(node, ir.Step) and isinstance(node.call, ir.SubFlow):
            child = program.find(node.call.flow)
            if child is not None and child.name not in path:
                inner = awaits(child, program, (*path, child.name))
                found.update((f"{node.name}/{at}", kind) for at, kind in inner.items())
    return found


def called(flow: ir.Flow, program: ir.Program) -> dict[str, ir.SubFlow]:
    """The flows that a flow calls, directly or not, each with the call in it that leads there."""
    found: dict[str, ir.SubFlow] = {}
    for step in flow.steps:
        if isinstance(step.call, ir.SubFlow):
            wave = [step.call.flow]
            while wave:
                name = wave.pop()
                child = program.find(name)
                if name in found or child is None:
                    continue
                found[name] = step.call
                wave += [s.call.flow for s in child.steps if isinstance(s.call, ir.SubFlow)]
    return found
