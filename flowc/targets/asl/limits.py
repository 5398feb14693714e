"""The limits of Step Functions that a program can be held against before it is written."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.compiler.expr import Lit
from flowc.diagnostic import Finding
from flowc.targets.asl.bindings import parameters
from flowc.targets.asl.history import EVENTS, LONGEST, most
from flowc.targets.asl.logical import PARTS, Logical
from flowc.targets.asl.machine import machine
from flowc.targets.asl.rendered import LARGEST, ROOM, rendered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.source import Span
    from flowc.targets.asl.bindings import Bindings

WIDEST_MAP = 40  # rounds of an inline Map that run at once
PARAMETERS = 200  # of a template
RESOURCES = 500  # of a template


def duration_gaps(flow: ir.Flow) -> Iterator[Finding]:
    """What would outlast an execution, and what runs too much at once."""
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
            case ir.WaitFor() if isinstance(node.duration, Lit) and _too_long(node.duration.value):
                yield _outlasts(node.span, "wait")
            case ir.Await() if _too_long(node.within):
                yield _outlasts(node.name_span, "await")
            case ir.Repeat() if _too_long(node.pause):
                yield _outlasts(node.span, "pause")
            case ir.Step() if isinstance(node.call, ir.Call):
                for call in _calls(node, node.call):
                    policy = call.policy
                    if any(_too_long(ms) for ms in (policy.timeout, policy.within, policy.cap)):
                        yield _outlasts(call.span, "call")
            case _:
                pass


def _too_long(ms: object) -> bool:
    return isinstance(ms, int) and ms > LONGEST


def _outlasts(span: Span, what: str) -> Finding:
    return Finding(
        span,
        f"this {what} may take more than a year, and no execution of the target `asl` does",
        "shorten it, or let a later execution go on",
    )


def _calls(step: ir.Step, call: ir.Call) -> Iterator[ir.Call]:
    yield call
    if isinstance(step.unknown, ir.Probe):
        yield step.unknown.call
    if step.compensation is not None:
        yield step.compensation.call


def history_gap(flow: ir.Flow, bindings: Bindings) -> Iterator[Finding]:
    """That an execution's history could grow too long: it would be ended, compensating nothing."""
    growth = most(flow, bindings)
    if growth.endless is not None:
        yield Finding(
            growth.endless.span,
            "the target `asl` cannot repeat this without end: an execution's history holds "
            f"{EVENTS:,} events",
            "give the policy `attempts`, or `backoff` and `within`",
            label="each time is written down",
        )
    elif growth.events > EVENTS:
        yield Finding(
            flow.name_span if growth.largest is None else growth.largest.span,
            f"an execution of the target `asl` holds {EVENTS:,} events of history, and this flow "
            f"may need {growth.events:,}",
            "move what is repeated into a flow of its own, or lower its `max`",
            label="most of them are here",
        )


def size_gap(flow: ir.Flow, program: ir.Program, bindings: Bindings) -> Iterator[Finding]:
    """That the definition would be too large to create."""
    known = {other.name: other for other in (*program.imported, *program.flows, flow)}
    made = machine(flow, "", Logical(known.values()), bindings, called=True)
    size = len(rendered(made.definition).encode()) + ROOM
    if size > LARGEST:
        yield Finding(
            flow.name_span,
            f"the definition would have {size:,} bytes, and Step Functions takes {LARGEST:,}",
            "move a part of it into a flow of its own, called as a step",
        )


def template_gaps(flow: ir.Flow, program: ir.Program, bindings: Bindings) -> Iterator[Finding]:
    """That the template of all flows would declare too much, at the flow that is one too many."""
    asked: set[str] = set()
    resources = 0
    for known in program.flows:
        resources += len(PARTS) + 1
        for step in known.steps:
            for call in _calls(step, step.call) if isinstance(step.call, ir.Call) else ():
                title = call.operation.title
                binding = bindings.operations.get(title)
                asked.update([title] if binding is None else parameters(binding))
        if known.name == flow.name:
            break
        if len(asked) + 2 > PARAMETERS or resources > RESOURCES:
            return  # said at an earlier flow
    if len(asked) + 2 > PARAMETERS:
        yield Finding(
            flow.name_span,
            f"the template would have {len(asked) + 2} parameters, and CloudFormation takes "
            f"{PARAMETERS}",
            "bind operations to ARNs under `[tool.flowc.asl]`, or build from several files",
        )
    if resources > RESOURCES:
        yield Finding(
            flow.name_span,
            f"the template would have {resources} resources, and CloudFormation takes {RESOURCES}",
            "build from several files",
        )
