"""What Cadence writes down, and which retries it does by itself."""

from __future__ import annotations

from math import ceil

from flowc.compiler import flow as ir
from flowc.targets.workflows import gaps as common
from flowc.targets.workflows.history import Engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.diagnostic import Finding

SECOND = 1000  # ms


def gaps(flow: ir.Flow, program: ir.Program) -> Iterator[Finding]:
    """Every place where the flow asks for what the target has not got."""
    return common.gaps(flow, program, CADENCE)


def _retries(call: ir.Call, repeatable: bool) -> bool:
    """As the runtime's `attempts.native` decides: the server does not cut an attempt when the
    time of all of them is up, so all must fit."""
    policy, operation = call.policy, call.operation
    if not repeatable or policy.backoff <= 0 or policy.factor < 1:
        return False
    if operation.is_read and any(error.transient for error in operation.raises):
        return False
    return policy.within is None or _fits(policy, policy.within)


def _fits(policy: ir.Policy, within: int) -> bool:
    if policy.attempts is None or policy.timeout is None:
        return False
    total, wait = 0, float(policy.backoff)
    for number in range(1, policy.attempts + 1):
        total += _whole(policy.timeout)
        if number < policy.attempts:
            total += _whole(wait if policy.cap is None else min(wait, policy.cap))
        if total > within:
            return False
        wait *= policy.factor
    return True


def _whole(span: float) -> int:
    return ceil(span / SECOND) * SECOND


CADENCE = Engine(
    name="cadence",
    events=204_800,  # limit.historyCount.error, as the server comes
    child=8,  # marker, its search attribute, initiated, started, completed, and a cancel
    clock=1,  # a marker
    retries=_retries,
)
