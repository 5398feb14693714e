"""What the target cannot keep of a flow's meaning, each at the user's line."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.diagnostic import Finding
from flowc.targets.python.gaps import limits
from flowc.targets.workflows.awaits import called
from flowc.targets.workflows.history import Engine, Growth, growth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def gaps(flow: ir.Flow, program: ir.Program, engine: Engine) -> Iterator[Finding]:
    """Every place where the flow asks for what the target has not got."""
    yield from limits(flow, engine.name)
    most = growth(flow, engine)
    if most.endless is not None:
        yield Finding(
            most.endless.span,
            f"the target `{engine.name}` cannot repeat this without end: its history holds "
            f"{engine.events:,} events",
            _way_out(most),
            label="each time is written down",
        )
    elif most.events > engine.events:
        yield Finding(
            most.largest.span if most.largest is not None else flow.name_span,
            f"the target `{engine.name}` holds {engine.events:,} events of history, and this flow "
            f"may need {most.events:,}",
            "move what is repeated into a flow of its own, or lower its `max`",
            label="most of them are here",
        )
    own = {known.name for known in program.flows}
    for name, call in called(flow, program).items():
        child = program.find(name)
        if child is None or name in own:
            continue
        for gap in gaps(child, program, engine):
            yield Finding(call.span, f"the flow `{name}`: {gap.message}", gap.help)


def _way_out(most: Growth) -> str:
    if isinstance(most.endless, ir.Await):
        return "say `within` how long it may take, or give the flow a `deadline`"
    return "give the policy `attempts`, or `backoff` and `within`"
