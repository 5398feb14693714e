"""Every run of a small flow, one by one: what the time algebra must neither exceed nor overlook.

Written from the meaning of the language, not from the algebra: each statement is a set of ways to
leave it, and ways are strung together. A call takes no time or all of its timeout, a signal comes
at once or at the last moment. `ledger` is how long the unwinding of what was entered takes.
"""

from __future__ import annotations

from itertools import product
from typing import Literal, NamedTuple

from flowc.compiler.expr import Lit
from flowc.compiler.flow import (
    Await,
    Block,
    Call,
    Commit,
    Fail,
    ForEach,
    If,
    Node,
    Parallel,
    Repeat,
    Return,
    Step,
    Try,
    WaitFor,
)

Kind = Literal["ok", "fail", "cancel", "leave"]


class Way(NamedTuple):
    kind: Kind
    time: int
    ledger: int


CANCELLED = Way("cancel", 0, 0)


def block_ways(block: Block) -> set[Way]:
    ways = {Way("ok", 0, 0)}
    for node in block.nodes:
        ways = then(ways, node_ways(node), forget=isinstance(node, Commit))
    return ways


def then(first: set[Way], second: set[Way], *, forget: bool = False) -> set[Way]:
    """One after the other; `forget`: the second empties the ledger when it ends well."""
    result = {way for way in first if way.kind != "ok"}
    for one, two in product((way for way in first if way.kind == "ok"), second):
        ledger = 0 if forget and two.kind == "ok" else one.ledger + two.ledger
        result.add(Way(two.kind, one.time + two.time, ledger))
    return thinned(result)


def together(branches: list[set[Way]]) -> set[Way]:
    """All settle; then the first failure counts, a cancel if there is no failure."""
    result = {Way("ok", 0, 0)}
    for branch in branches:
        result = {
            Way(
                next(k for k in ("fail", "cancel", "ok") if k in (one.kind, two.kind)),
                max(one.time, two.time),
                max(one.ledger, two.ledger),
            )
            for one, two in product(result, branch)
        }
        result = thinned(result)
    return result


def thinned(ways: set[Way]) -> set[Way]:
    """Without ways that another of their kind outlasts in both respects; but keep the quickest."""
    kept: set[Way] = set()
    for way in ways:
        same = [other for other in ways if other.kind == way.kind]
        outlasted = any(
            other != way and other.time >= way.time and other.ledger >= way.ledger for other in same
        )
        if not outlasted or way.time == min(other.time for other in same):
            kept.add(way)
    return kept


def node_ways(node: Node) -> set[Way]:
    match node:
        case Step():
            return step_ways(node)
        case WaitFor():
            assert isinstance(node.duration, Lit)
            assert isinstance(node.duration.value, int)
            return {
                CANCELLED,
                Way("ok", node.duration.value, 0),
                Way("cancel", node.duration.value, 0),
            }
        case Commit():
            return {CANCELLED, Way("ok", 0, 0)}
        case Fail():
            return {Way("fail", 0, 0)}
        case Return():
            return {Way("leave", 0, 0)}
        case If():
            return block_ways(node.yes) | (
                {Way("ok", 0, 0)} if node.no is None else block_ways(node.no)
            )
        case Parallel():
            return together(
                [
                    block_ways(branch.body)
                    | ({Way("ok", 0, 0)} if branch.condition is not None else set())
                    for branch in node.branches
                ]
            )
        case ForEach():
            return for_ways(node)
        case Repeat():
            return repeat_ways(node)
        case Await():
            assert node.within is not None
            waits = {CANCELLED, Way("ok", 0, 0), Way("ok", node.within, 0)}
            late = {Way("fail", 0, 0)} if node.on_timeout is None else block_ways(node.on_timeout)
            return waits | then({Way("ok", node.within, 0)}, late)
        case Try():
            ways = block_ways(node.body)
            caught = {Way("ok", w.time + w.ledger, 0) for w in ways if w.kind == "fail"}
            (handler,) = node.handlers
            return {w for w in ways if w.kind != "fail"} | then(caught, block_ways(handler.body))
        case _:
            return {Way("ok", 0, 0)}


def step_ways(step: Step) -> set[Way]:
    """A call with one attempt; UNKNOWN after its whole timeout enters the compensation."""
    assert isinstance(step.call, Call)
    timeout = step.call.policy.timeout
    assert timeout is not None
    undo = 0
    if step.compensation is not None:
        undo = step.compensation.call.policy.timeout or 0
    well = {Way("ok", 0, undo), Way("ok", timeout, undo)}
    if step.otherwise is not None:
        return {CANCELLED, *well, Way("ok", timeout + undo, 0), Way("ok", 0, 0)}
    return {CANCELLED, *well, Way("fail", timeout, undo)}


def for_ways(node: ForEach) -> set[Way]:
    result = {Way("ok", 0, 0), Way("fail", 0, 0)}  # an empty list, one that is too long
    one = block_ways(node.body)
    for count in range(1, node.limit + 1):
        full, rest = divmod(count, node.width)
        ways = {Way("ok", 0, 0)}
        for size in (*[node.width] * full, *([rest] if rest else [])):
            ways = then(ways, together([one] * size))
        result |= ways
    return thinned(result)


def repeat_ways(node: Repeat) -> set[Way]:
    body = block_ways(node.body)
    pause = node.pause or 0
    ways = body
    result = set(ways)
    for _ in range(node.limit - 1):
        between = {Way("ok", pause, 0)} | ({CANCELLED} if pause else set())
        ways = then(then(ways, between), body)
        result |= ways
    out_of_rounds = {Way("fail", 0, 0)} if node.exhausted is None else block_ways(node.exhausted)
    return thinned(result | then(ways, out_of_rounds))
