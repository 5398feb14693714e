"""A flow to the number of events that its history may reach, and what adds most of them."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

TASK = 3  # a workflow or decision task: scheduled, started, completed
ACTIVITY = 3  # scheduled, started, completed
TIMER = 2  # started, fired
LONGEST_RETRY = 100_000  # attempts beyond which nobody counts


class Engine(Struct):
    """What an engine writes down. `retries` says of a call, and whether its unknown outcomes may
    be repeated, that the engine's own retry does it, of which it writes nothing down."""

    name: str
    events: int  # a history's limit
    child: int  # events of a child workflow, with a cancel
    clock: int  # events when the flow looks at the time
    retries: Callable[[ir.Call, bool], bool]


class Growth(Struct):
    """At most so many events; `endless`: what repeats without bound."""

    events: int
    largest: ir.Node | None
    endless: ir.Node | None


def growth(flow: ir.Flow, engine: Engine) -> Growth:
    """The most events that an instance can have, signals from outside apart."""
    return _block(flow.body, flow, engine)


def _block(block: ir.Block, flow: ir.Flow, engine: Engine) -> Growth:
    total = 0
    most = 0
    largest: ir.Node | None = None
    for node in block.nodes:
        made = _node(node, flow, engine)
        if made.endless is not None:
            return made
        total += made.events
        if made.events > most:
            most, largest = made.events, made.largest or node
    return Growth(total, largest, None)


def _node(node: ir.Node, flow: ir.Flow, engine: Engine) -> Growth:
    match node:
        case ir.Step():
            return _step(node, engine)
        case ir.WaitFor() | ir.WaitUntil():
            return Growth(TIMER + TASK + engine.clock, node, None)
    inner = 0
    for body in ir.bodies(node):
        made = _block(body, flow, engine)
        if made.endless is not None:
            return made
        inner += made.events
    match node:
        case ir.Repeat():
            inner = node.limit * (
                inner + (0 if node.pause is None else TIMER + TASK + engine.clock)
            )
        case ir.ForEach():
            inner = node.limit * inner
        case ir.Await():
            return _await(node, inner, flow, engine)
        case _:
            pass
    return Growth(inner, node, None)


def _await(node: ir.Await, inner: int, flow: ir.Flow, engine: Engine) -> Growth:
    bounds = [bound for bound in (node.within, flow.deadline) if bound is not None]
    rounds = 1
    for reminder in node.reminders:
        if reminder.repeating:
            if not bounds:
                return Growth(0, None, node)
            rounds = max(rounds, min(bounds) // max(reminder.delay, 1) + 1)
    return Growth(rounds * (inner + TIMER + TASK + engine.clock), node, None)


def _step(step: ir.Step, engine: Engine) -> Growth:
    if isinstance(step.call, ir.SubFlow):
        events = engine.child + TASK
    else:
        made = _call(step.call, engine, repeatable=step.call.operation.repeatable)
        if made is None:
            return Growth(0, None, step)
        events = made
    if isinstance(step.unknown, ir.Probe):
        made = _call(step.unknown.call, engine, repeatable=True)
        if made is None:
            return Growth(0, None, step)
        events += made
    if step.compensation is not None:
        operation = step.compensation.call.operation
        repeatable = operation.repeatable or operation.absorbing
        made = _call(step.compensation.call, engine, repeatable=repeatable)
        if made is None:
            return Growth(0, None, step)
        events += made
    return Growth(events, step, None)


def _call(call: ir.Call, engine: Engine, *, repeatable: bool) -> int | None:
    """Where the engine's own retry would mean something else, the workflow retries, and each
    attempt is written down. None is without bound."""
    policy, operation = call.policy, call.operation
    once = ACTIVITY + TASK
    if policy.attempts == 1 or engine.retries(call, repeatable):
        return once
    if not repeatable and not any(error.transient for error in operation.raises):
        return once
    again = once + TIMER + TASK + engine.clock
    if policy.attempts is not None:
        return policy.attempts * again
    if policy.within is None or policy.backoff == 0:
        return None
    return _fitting(policy) * again


def _fitting(policy: ir.Policy) -> int:
    """How many attempts fit into `within` if each fails at once and jitter halves the waits."""
    passed, number, wait = 0.0, 0, float(policy.backoff)
    while passed < (policy.within or 0) and number < LONGEST_RETRY:
        number += 1
        shown = wait if policy.cap is None else min(wait, policy.cap)
        if shown <= 0:
            return LONGEST_RETRY
        passed += shown / 2 if policy.jitter else shown
        wait = min(wait * policy.factor, 1e15)
    return number
