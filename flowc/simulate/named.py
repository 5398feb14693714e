"""The steps and awaits of a flow, and of the flows that it calls, by the paths that name them."""

from __future__ import annotations

from flowc.compiler.flow import Await, Call, Probe, Record, Step, SubFlow
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.compiler.flow import Flow, Operation, Program


class Named(Struct):
    """Paths without rounds: what is called under each (`payment`, `payment probe`, `payment
    undo`), the sub-flow steps, the awaits and the records."""

    operations: dict[str, Operation]
    flows: dict[str, str]
    awaits: dict[str, Await]
    records: dict[str, Record]

    @property
    def settling(self) -> tuple[str, ...]:
        """What a cancel or a signal can come after: steps and awaits."""
        steps = (path for path in self.operations if " " not in path)
        return (*steps, *self.flows, *self.awaits)


def named(program: Program, flow: Flow) -> Named:
    """Everything in a flow that a script can name."""
    found = Named({}, {}, {}, {})
    _enter(program, flow, "", (), found)
    return found


def _enter(
    program: Program, flow: Flow, prefix: str, inside: tuple[str, ...], found: Named
) -> None:
    if flow.name in inside:
        return
    for node in flow.nodes:
        match node:
            case Step():
                path = prefix + node.name
                if isinstance(node.call, SubFlow):
                    found.flows[path] = node.call.flow
                    called = program.find(node.call.flow)
                    if called is not None:
                        _enter(program, called, f"{path}/", (*inside, flow.name), found)
                if isinstance(node.call, Call):
                    found.operations[path] = node.call.operation
                if isinstance(node.unknown, Probe):
                    found.operations[f"{path} probe"] = node.unknown.call.operation
                if node.compensation is not None:
                    found.operations[f"{path} undo"] = node.compensation.call.operation
            case Await():
                found.awaits[prefix + node.name] = node
            case Record():
                found.records[prefix + node.name] = node
