"""A flow's series-parallel body to the cost of each of its parts, bottom up, in one pass.

The time algebra: a sequence adds, branches that settle together take the longest, alternatives
the shortest to the longest, a loop multiplies by its bound. It runs forward over the statements and
once more, reversed, over the ledger of compensations that they leave behind.
"""

from __future__ import annotations

from flowc.compiler.flow import (
    Await,
    Block,
    Call,
    Commit,
    CompensateBlind,
    Fail,
    ForEach,
    If,
    Let,
    Match,
    Next,
    Node,
    Parallel,
    Probe,
    Record,
    Repeat,
    Return,
    Step,
    Try,
    WaitFor,
    WaitUntil,
    bodies,
)
from flowc.simulate.attempts import UNBOUNDED, longest
from flowc.simulate.closing import closing
from flowc.simulate.cost import (
    FAILS,
    INSTANT,
    LEAVES,
    POINT,
    Called,
    Cost,
    alternatives,
    one_fails,
    times,
    worst_failing,
)
from flowc.simulate.durations import known
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import assert_never
else:
    from flowc.struct import assert_never


class Seat(Struct):
    """Where a statement stands: its block, its place there, and the time from the block's start
    to its own."""

    block: Block
    index: int
    best: int
    worst: float


class Lead(Struct):
    """Of a block inside a statement: the time from the statement's start to the block's (in a
    loop, at worst to that of the last round)."""

    owner: Node
    best: int
    worst: float


class Costs:
    """The cost of every statement and block of a flow, by identity.

    `child` gives the times of a called flow by its name. `rounds` bounds the rounds of a `for`.
    `limit` is the flow's `compensate within`, if any.
    """

    def __init__(
        self,
        body: Block,
        limit: int | None,
        child: Callable[[str], Called],
        rounds: Callable[[ForEach], int],
    ) -> None:
        self.seats: dict[int, Seat] = {}
        self.leads: dict[int, Lead] = {}
        self.closing: dict[int, Block] = {}  # of a `repeat`: after it there are no more rounds
        self.longest_step: float = 0  # what a deadline does not cut, nor a `try` that unwinds
        self.longest_undo: float = 0
        self._limit = limit
        self._child = child
        self._rounds = rounds
        self._batches: dict[int, int] = {}
        self._nodes: dict[int, Cost] = {}
        self._blocks: dict[int, Cost] = {}
        self.body = self._block(body)

    def of(self, node: Node) -> Cost:
        return self._nodes.get(id(node), INSTANT)

    def batches(self, node: ForEach) -> int:
        """How many batches a `for` makes at most."""
        return self._batches[id(node)]

    def of_block(self, block: Block) -> Cost:
        return self._blocks[id(block)]

    def unwinding(self, ledger: float | None) -> float:
        """The longest that unwinding a ledger takes: nothing starts after `compensate within`,
        what then runs is not cut."""
        if ledger is None:
            return 0
        return ledger if self._limit is None else min(ledger, self._limit + self.longest_undo)

    def _block(self, block: Block) -> Cost:
        best, worst, latest, entered = 0, 0.0, 0.0, 0.0
        failing: float | None = None
        goes_on, errs = True, False
        for index, node in enumerate(block.nodes):
            self.seats[id(node)] = Seat(block, index, best, worst)
            cost = self._node(node)
            if cost is INSTANT:
                continue
            self._nodes[id(node)] = cost
            if not goes_on:  # never reached
                continue
            latest = max(latest, worst + cost.latest)
            if cost.failing is not None:
                failing = max(failing or 0, entered + cost.failing)
            if isinstance(node, Commit):
                entered = 0
            best += cost.best
            worst += cost.worst
            entered += cost.entered
            goes_on = cost.goes_on
            errs = errs or cost.errs
        found = Cost(best, worst, goes_on, latest, entered if goes_on else 0, failing, errs)
        self._blocks[id(block)] = found
        return found

    def _inside(self, block: Block, owner: Node, best: int = 0, worst: float = 0) -> Cost:
        self.leads[id(block)] = Lead(owner, best, worst)
        return self._block(block)

    def _node(self, node: Node) -> Cost:
        match node:
            case Step():
                return self._step(node)
            case Let() | Record() | Next():
                return INSTANT
            case If():
                arms = [self._inside(node.yes, node)]
                arms.append(INSTANT if node.no is None else self._inside(node.no, node))
                return alternatives(arms)
            case Match():
                arms = [self._inside(case.body, node) for case in node.cases]
                if node.no is not None:
                    arms.append(self._inside(node.no, node))
                return alternatives(arms)
            case Parallel():
                return self._parallel(node)
            case ForEach():
                return self._for(node)
            case Repeat():
                return self._repeat(node)
            case WaitFor():
                low, high = known(node.duration)
                return Cost(low, high, True, high, 0, 0, False)
            case WaitUntil() | Commit():
                return POINT
            case Await():
                return self._await(node)
            case Try():
                return self._try(node)
            case Fail():
                return FAILS
            case Return():
                return LEAVES
            case _:
                assert_never(node)

    def _step(self, node: Step) -> Cost:
        undo = 0.0
        if node.compensation is not None:
            undo = longest(node.compensation.call, compensating=True)
            self.longest_undo = max(self.longest_undo, undo)
        best, maybe = 0, 0.0
        if isinstance(node.call, Call):
            worst = longest(node.call)
            if isinstance(node.unknown, Probe):
                worst += longest(node.unknown.call)
            if bars_late_attempt(node):
                maybe = undo
            uncut = worst
            failed = worst
        else:
            called = self._child(node.call.flow)
            best, worst, failed, uncut = called.best, called.worst, called.failed, called.told
        if node.otherwise is None:
            self.longest_step = max(self.longest_step, uncut)
            return Cost(best, worst, True, max(worst, failed), undo, maybe, True)
        worst = max(worst, failed)
        undone = self.unwinding(maybe)
        self.longest_step = max(self.longest_step, uncut + undone)
        return Cost(0, worst + undone, True, worst + undone, undo, 0, False)

    def _parallel(self, node: Parallel) -> Cost:
        costs = [self._inside(branch.body, node) for branch in node.branches]
        on = [cost for cost in costs if cost.goes_on]
        always = [
            cost
            for branch, cost in zip(node.branches, costs, strict=True)
            if branch.condition is None
        ]
        return Cost(
            max((cost.best for cost in always), default=0),
            max((cost.worst for cost in on), default=0),
            all(cost.goes_on for cost in always),
            max((cost.latest for cost in costs), default=0),
            max((cost.entered for cost in on), default=0),
            one_fails(costs),
            any(cost.errs for cost in costs),
        )

    def _for(self, node: ForEach) -> Cost:
        undone = any(collect.failure for collect in node.collects)
        body = self._undone(node.body, node) if undone else self._inside(node.body, node)
        items = self._rounds(node)
        rounds = self._batches[id(node)] = -(-items // max(node.width, 1))
        each = body.worst if body.goes_on else 0.0
        last = body.latest
        if undone:
            # a failed round is unwound by itself, and the loop goes on
            each = last = max(each, body.latest + self.unwinding(body.failing))
        self.leads[id(node.body)] = Lead(node, 0, times(rounds - 1, each))
        at_once = min(2, items - (rounds - 1) * node.width)  # in the last batch
        failing = one_fails([body] * at_once)
        if failing is not None:
            failing += times(rounds - 1, body.entered)
        return Cost(
            0,
            times(rounds, each),
            True,
            times(rounds - 1, each) + max(each, last),
            times(rounds, body.entered),
            failing or 0,  # a list that is too long fails before anything is entered
            True,
        )

    def _repeat(self, node: Repeat) -> Cost:
        body = self._inside(node.body, node)
        pause = node.pause or 0
        rounds = max(node.limit, 1) if body.goes_on else 1
        last = times(rounds - 1, body.worst + pause)  # when the last round begins
        self.leads[id(node.body)] = Lead(node, 0, last)
        worst = last + body.worst
        latest = last + body.latest
        before = times(rounds - 1, body.entered - self._once(node, body))
        entered = before + body.entered
        failing = None if body.failing is None else before + body.failing
        if rounds > 1 and node.pause is not None:
            failing = worst_failing(failing, before)
        end = FAILS
        if node.exhausted is not None:
            soonest = rounds * body.best + (rounds - 1) * pause
            end = self._inside(node.exhausted, node, soonest, worst)
        if body.goes_on:
            latest = max(latest, worst + end.latest)
            if end.failing is not None:
                failing = worst_failing(failing, entered + end.failing)
            if end.goes_on:
                worst += end.worst
                entered += end.entered
        errs = body.errs or (body.goes_on and end.errs)
        return Cost(body.best, worst, body.goes_on, latest, entered, failing, errs)

    def _once(self, node: Repeat, body: Cost) -> float:
        """How much of the body's ledger only one round of all leaves: that after which the loop
        ends, unless another way through the round leaves something, too."""
        block = inner = closing(node)
        if block is None or inner is None:
            return 0
        self.closing[id(node)] = block
        while inner is not node.body:
            owner = self.leads[id(inner)].owner
            others = (other for other in bodies(owner) if other is not inner)
            if any(self.of_block(other).entered for other in others):
                return 0
            inner = self.seats[id(owner)].block
        once = self.of_block(block).entered
        return body.entered if once == UNBOUNDED else once

    def _await(self, node: Await) -> Cost:
        within = UNBOUNDED if node.within is None else node.within
        latest: float = within
        for reminder in node.reminders:
            delay = max(reminder.delay, 1)
            last = reminder_start(delay, reminder.repeating, node.within)
            body = self._inside(reminder.body, node, delay, within if last is None else last)
            if last is not None:
                latest = max(latest, last + body.latest)
        if node.on_timeout is None:
            return Cost(0, latest, True, latest, 0, 0, node.within is not None)
        soonest = 0 if node.within is None else node.within
        end = self._inside(node.on_timeout, node, soonest, latest)
        worst = latest + end.worst if end.goes_on else latest
        return Cost(0, worst, True, latest + end.latest, end.entered, end.failing or 0, end.errs)

    def _undone(self, block: Block, owner: Node) -> Cost:
        """A block that is unwound by itself when it fails: no deadline cuts that."""
        before, self.longest_step = self.longest_step, 0
        cost = self._inside(block, owner)
        self.longest_step = max(before, self.longest_step + self.unwinding(cost.failing))
        return cost

    def _try(self, node: Try) -> Cost:
        body = self._undone(node.body, node)
        if not body.errs:
            for handler in node.handlers:
                self._inside(handler.body, node)
            return body
        handled = body.latest + self.unwinding(body.failing)
        every = any(not handler.errors for handler in node.handlers)
        ways = [body.replace(errs=False) if every else body]
        for handler in node.handlers:
            cost = self._inside(handler.body, node, 0, handled)
            ways.append(
                Cost(
                    cost.best,
                    handled + cost.worst,
                    cost.goes_on,
                    handled + cost.latest,
                    cost.entered,
                    cost.failing,
                    cost.errs,
                )
            )
        return alternatives(ways)


def bars_late_attempt(step: Step) -> bool:
    """Whether UNKNOWN leaves the step's compensation in the ledger (rule 3)."""
    compensation = step.compensation
    if compensation is None:
        return False
    if isinstance(step.unknown, CompensateBlind):
        return True
    return (
        isinstance(step.unknown, Probe)
        and compensation.call.operation.absorbing
        and not compensation.uses_result
    )


def reminder_start(delay: int, repeating: bool, within: int | None) -> int | None:
    """When in an await the last reminder starts; None if none does, or if there is no last one.

    A timeout beats a reminder that is due at the same moment.
    """
    if within is None or delay >= within:
        return None
    return (within - 1) // delay * delay if repeating else delay
