"""Every run of a small flow, by brute force: an oracle for what outcomes say is possible.

It follows the meaning of the language one outcome at a time and keeps the ledger of each run, with
at most two rounds of a loop. Exponential, and simple enough to be believed.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from flowc.compiler.flow import (
    Await,
    Block,
    Call,
    Commit,
    CompensateBlind,
    Fail,
    Flow,
    ForEach,
    Halt,
    If,
    Match,
    Node,
    Parallel,
    Probe,
    Repeat,
    Return,
    Step,
    Try,
    WaitFor,
    WaitUntil,
    bodies,
)

Names = frozenset[str]
NOBODY: Names = frozenset()


class Run(NamedTuple):
    """How a part of a run ended, the steps in its ledger, and the steps that were unwound.

    `ends`: ok, return, halt, cancel or error; `error` and its `origin` if error.
    """

    ends: str
    error: str
    origin: str
    ledger: Names
    unwound: Names


OK = Run("ok", "", "", NOBODY, NOBODY)


class Possible(NamedTuple):
    """What happens in any run: steps unwound, and statements whose error ends it Incomplete."""

    unwound: Names
    incomplete: Names


def every_run(flow: Flow) -> Possible:
    unwound: set[str] = set()
    incomplete: set[str] = set()
    at = next((n for n, x in enumerate(flow.body.nodes) if isinstance(x, Commit)), None)
    nodes = flow.body.nodes
    before = Block(flow.body.span, nodes if at is None else nodes[:at])
    after = Block(flow.body.span, () if at is None else nodes[at + 1 :])
    for run in block_runs(before, cancel=True):
        unwound |= run.unwound
        if run.ends in ("error", "cancel"):
            unwound |= run.ledger
        if run.ends != "ok" or at is None:
            continue
        unwound |= run.ledger  # cancelled before commit
        for late in block_runs(after, cancel=False):
            unwound |= late.unwound
            if late.ends == "error":
                incomplete.add(late.origin)
    return Possible(frozenset(unwound), frozenset(incomplete))


def block_runs(block: Block, *, cancel: bool) -> set[Run]:
    runs = {OK}
    for node in block.nodes:
        runs = then(runs, node_runs(node, cancel=cancel))
    return runs


def then(runs: set[Run], more: set[Run]) -> set[Run]:
    """What follows, where a run goes on."""
    result = {run for run in runs if run.ends != "ok"}
    for run, after in product([run for run in runs if run.ends == "ok"], more):
        result.add(
            after._replace(
                ledger=run.ledger | after.ledger,
                unwound=run.unwound | after.unwound,
            )
        )
    return result


def node_runs(node: Node, *, cancel: bool) -> set[Run]:
    match node:
        case Step():
            return step_runs(node, cancel=cancel)
        case Fail():
            return {OK._replace(ends="error", error=node.error.name, origin="fail")}
        case Return():
            return {OK._replace(ends="return")}
        case WaitFor() | WaitUntil():
            return {OK, *cancelled(cancel)}
        case If() | Match():
            runs = set[Run]() if node.no is not None or isinstance(node, Match) else {OK}
            return runs.union(*(block_runs(arm, cancel=cancel) for arm in bodies(node)))
        case Parallel():
            return parallel_runs(node, cancel=cancel)
        case ForEach():
            return for_runs(node, cancel=cancel)
        case Repeat():
            return repeat_runs(node, cancel=cancel)
        case Await():
            return await_runs(node, cancel=cancel)
        case Try():
            return try_runs(node, cancel=cancel)
        case _:
            return {OK}


def cancelled(cancel: bool) -> set[Run]:
    return {OK._replace(ends="cancel")} if cancel else set()


def step_runs(step: Step, *, cancel: bool) -> set[Run]:
    assert isinstance(step.call, Call)
    operation = step.call.operation
    own = frozenset((step.name,)) if step.effectful else NOBODY
    runs = {OK._replace(ledger=own)}
    failed = [
        OK._replace(ends="error", error=error.name, origin=step.name) for error in operation.raises
    ]
    unknown = OK._replace(ends="error", error="Unknown", origin=step.name)
    match step.unknown:
        case Halt():
            runs.add(OK._replace(ends="halt"))
        case CompensateBlind():
            failed.append(unknown._replace(ledger=own))
        case Probe():
            runs.add(OK._replace(ends="halt"))
            undo = step.compensation
            bars = undo is not None and undo.call.operation.absorbing and not undo.uses_result
            failed.append(unknown._replace(ledger=own if bars else NOBODY))
        case _:
            failed.append(unknown)
    for run in failed:
        if step.otherwise is None:
            runs.add(run)
        else:
            runs.add(OK._replace(unwound=run.ledger))
    return runs | cancelled(cancel)


def parallel_runs(node: Parallel, *, cancel: bool) -> set[Run]:
    branches = []
    for branch in node.branches:
        runs = block_runs(branch.body, cancel=cancel)
        branches.append(runs | {OK} if branch.condition is not None else runs)
    result = set()
    for settled in product(*branches):
        worst = next((run for run in settled if run.ends == "halt"), None)
        worst = worst or next((run for run in settled if run.ends in ("error", "cancel")), OK)
        ledger = NOBODY.union(*(run.ledger for run in settled))
        unwound = NOBODY.union(*(run.unwound for run in settled))
        result.add(worst._replace(ledger=ledger, unwound=unwound))
    return result


def for_runs(node: ForEach, *, cancel: bool) -> set[Run]:
    each = block_runs(node.body, cancel=cancel)
    if any(collect.failure for collect in node.collects):
        each = {
            OK._replace(unwound=run.unwound | run.ledger) if run.ends == "error" else run
            for run in each
        }
    runs = {OK}
    result = {OK, OK._replace(ends="error", error="LimitReached", origin=node.name)}
    for _ in range(min(node.limit, 2)):
        runs = then(runs, each)
        result |= runs
    return result


def repeat_runs(node: Repeat, *, cancel: bool) -> set[Run]:
    runs = {OK}
    result = set()
    for number in range(min(node.limit, 2)):
        if number and node.pause is not None:
            runs = then(runs, {OK, *cancelled(cancel)})
        runs = then(runs, block_runs(node.body, cancel=cancel))
        result |= runs
    if node.exhausted is None:
        late = {OK._replace(ends="error", error="LimitReached", origin="repeat")}
    else:
        late = block_runs(node.exhausted, cancel=cancel)
    return result | then(runs, late)


def await_runs(node: Await, *, cancel: bool) -> set[Run]:
    result = {OK, *cancelled(cancel)}
    for reminder in node.reminders:
        result |= then(block_runs(reminder.body, cancel=cancel), result)
    if node.within is None:
        return result
    waited = {run for run in result if run.ends == "ok"}
    if node.on_timeout is None:
        late = {OK._replace(ends="error", error="TimedOut", origin=node.name)}
    else:
        late = block_runs(node.on_timeout, cancel=cancel)
    return result | then(waited, late)


def try_runs(node: Try, *, cancel: bool) -> set[Run]:
    result = set()
    for run in block_runs(node.body, cancel=cancel):
        handler = next(
            (
                handler
                for handler in node.handlers
                if run.ends == "error"
                and (not handler.errors or run.error in {error.name for error in handler.errors})
            ),
            None,
        )
        if handler is None:
            result.add(run)
            continue
        unwound = OK._replace(unwound=run.unwound | run.ledger)
        result |= then({unwound}, block_runs(handler.body, cancel=cancel))
    return result
