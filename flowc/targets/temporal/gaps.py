"""What Temporal writes down, and which retries it does by itself."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.targets.workflows import gaps as common
from flowc.targets.workflows.history import Engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.diagnostic import Finding


def gaps(flow: ir.Flow, program: ir.Program) -> Iterator[Finding]:
    """Every place where the flow asks for what the target has not got."""
    return common.gaps(flow, program, TEMPORAL)


def _retries(call: ir.Call, repeatable: bool) -> bool:
    policy, operation = call.policy, call.operation
    if not repeatable or policy.backoff <= 0 or policy.factor < 1:
        return False
    return not (operation.is_read and any(error.transient for error in operation.raises))


TEMPORAL = Engine(
    name="temporal",
    events=51_200,
    child=8,  # marker, its search attribute, initiated, started, completed, and a cancel
    clock=0,
    retries=_retries,
)
