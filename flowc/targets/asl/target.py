"""The target `asl`: each flow to a state machine in JSONata, and a SAM template for them all."""

from __future__ import annotations

from flowc import __version__
from flowc.compiler.flow import SubFlow
from flowc.targets.asl.bindings import NONE, parameters
from flowc.targets.asl.gaps import gaps
from flowc.targets.asl.logical import Logical
from flowc.targets.asl.machine import machine
from flowc.targets.asl.rendered import rendered
from flowc.targets.asl.template import template
from flowc.targets.python.marker import mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import ClassVar

    from flowc.compiler.flow import Flow, Program
    from flowc.diagnostic import Finding
    from flowc.targets.asl.bindings import Bindings
    from flowc.targets.target import Files


class Asl:
    """Standard workflows of AWS Step Functions. An execution finishes on the definition that it
    began with, so that older versions need no machines of their own."""

    name: ClassVar[str] = "asl"

    def __init__(self, bindings: Bindings = NONE) -> None:
        self._bindings = bindings

    def gaps(self, flow: Flow, program: Program) -> Iterable[Finding]:
        """What the target cannot keep of a flow's meaning."""
        return gaps(flow, program, self._bindings)

    def emit(self, program: Program) -> Files:
        """A definition for each flow, those it calls from other files too, and the template."""
        flows = {flow.name: flow for flow in program.flows}
        for flow in program.imported:
            newest = program.find(flow.name)
            if newest is not None and flow.name not in flows:
                flows[flow.name] = newest
        made = tuple(flows.values())
        line = mark(made, __version__).removeprefix("# ")
        called = {
            node.call.flow for flow in made for node in flow.steps if isinstance(node.call, SubFlow)
        }
        bindings = self._bindings
        bound = [*bindings.operations.values(), *([] if bindings.asks is None else [bindings.asks])]
        logical = Logical(made, (name for binding in bound for name in parameters(binding)))
        machines = [
            machine(flow, line, logical, bindings, called=flow.name in called) for flow in made
        ]
        files = {logical.files[m.flow.name]: rendered(m.definition) for m in machines}
        files["template.json"] = rendered(template(machines, line, logical, bindings))
        return dict(sorted(files.items()))
