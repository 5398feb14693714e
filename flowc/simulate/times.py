"""How long a flow can take: each statement to the earliest and latest moment it is reached.

All times are whole milliseconds as `Bounds(best, worst)`, worst None where nothing bounds it. What
is not known before a run (`wait until` a time, a duration from the input) counts as 0 on both
sides, so no bound claims more than the file says. Best counts only what nobody can hurry: waits.
"""

from __future__ import annotations

from flowc.compiler.flow import Commit, Flow, ForEach, Node, Parallel, Program, Repeat, SubFlow
from flowc.simulate.attempts import UNBOUNDED
from flowc.simulate.cost import Called, times
from flowc.simulate.costs import Costs, Seat
from flowc.simulate.lengths import Lengths
from flowc.simulate.summary import summaries
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Known = dict[str, Called]


class Bounds(Struct):
    """The least and the most that something takes, in ms; `worst` None is unbounded."""

    best: int
    worst: int | None


class Times:
    """The times of one flow at one version. One pass over the body, at the first question.

    - `total`: from the start until it goes forward no more; `ending`: with its unwinding, under
      its own deadline.
    - `of(node)`: from when a statement is reached until what follows is; `longest(node)`: until it
      is left in any way, by failing too.
    - `before(node)`, `after(node)`: from the flow's start until a statement is reached, and passed.
      In a loop best is that of the first round, worst that of the last one.
    - `between(a, b)`: the worst from passing `a` to reaching `b` later in the same run;
      `since_start(a, b)` the same from when `a` is reached. To also count `b` add `longest(b)`.
    - `unwind_worst()`: the longest unwinding of the ledger, wherever the flow fails.

    The flow's own deadline and `compensate within` bound only `ending`, so that a rule can hold
    the others against them. A node is asked for by identity; each answer costs O(nesting).
    """

    def __init__(self, flow: Flow, program: Program, known: Known | None = None) -> None:
        """`known` holds the times of called flows by name and is added to; by default it is shared
        by all flows of the program asked for last."""
        self.flow = flow
        self._program = program
        self._known: Known = _shared(program) if known is None else known
        self._lengths: Lengths | None = None
        self._costs: Costs | None = None
        self._sums: dict[int, tuple[list[float], list[int]]] = {}

    # -- questions -------------------------------------------------------------------------

    @property
    def total(self) -> Bounds:
        cost = self.costs.body
        return Bounds(cost.best, finite(max(cost.worst, cost.latest)))

    @property
    def ending(self) -> Bounds:
        ending = self._ending()
        return Bounds(ending.best, finite(max(ending.worst, ending.failed)))

    def of(self, node: Node) -> Bounds:
        cost = self.costs.of(node)
        return Bounds(cost.best, finite(cost.worst))

    def longest(self, node: Node) -> int | None:
        return finite(self.costs.of(node).latest)

    def before(self, node: Node) -> Bounds:
        best, worst = self._reach(node)
        return Bounds(best, finite(worst))

    def after(self, node: Node) -> Bounds:
        best, worst = self._reach(node)
        cost = self.costs.of(node)
        return Bounds(best + cost.best, finite(worst + cost.worst))

    def unwind_worst(self) -> int | None:
        return finite(self.costs.body.failing or 0)

    def between(self, a: Node, b: Node) -> int | None:
        """None is unbounded; 0 where no run reaches `b` after `a` in the same round of all loops
        around both."""
        return finite(self._between(a, b))

    def since_start(self, a: Node, b: Node) -> int | None:
        if a is b:
            return 0
        return finite(self.costs.of(a).latest + self._between(a, b))

    # -- how -------------------------------------------------------------------------------

    @property
    def costs(self) -> Costs:
        if self._costs is None:
            within = self.flow.compensate_within
            self._costs = Costs(self.flow.body, within, self._called, self._rounds)
        return self._costs

    def _rounds(self, node: ForEach) -> int:
        if self._lengths is None:
            outcomes = summaries(self._program).outcomes(self.flow)
            self._lengths = Lengths(outcomes.places, outcomes.inside.completes)
        return self._lengths.rounds(node)

    def _called(self, name: str) -> Called:
        if name not in self._known:
            self._learn(name)
        return self._known[name]

    def _learn(self, name: str) -> None:
        """Callees first. In a cycle of calls, the call that closes it counts by its deadline."""
        stack: list[tuple[str, Flow | None]] = [(name, None)]
        while stack:
            current, ready = stack.pop()
            if ready is not None:
                self._known[current] = Times(ready, self._program, self._known)._ending()
            elif current not in self._known:
                flow = self._program.find(current)
                if flow is None:
                    self._known[current] = Called(0, 0, 0, 0)
                    continue
                undo = UNBOUNDED if flow.compensate_within is None else flow.compensate_within
                worst = UNBOUNDED if flow.deadline is None else flow.deadline + undo
                self._known[current] = Called(0, worst, worst, undo)
                stack.append((current, flow))
                callees = {s.call.flow for s in flow.steps if isinstance(s.call, SubFlow)}
                stack.extend((callee, None) for callee in sorted(callees))

    def _ending(self) -> Called:
        """A deadline is looked at between steps and cuts none; after `commit` it is ignored, as
        it is while unwinding."""
        costs = self.costs
        failing, passing, rest = self._halves()
        if self.flow.deadline is not None:
            failing = min(failing, self.flow.deadline + costs.longest_step)
            passing = min(passing, self.flow.deadline)
        undone = costs.unwinding(costs.body.failing)
        told = max(min(failing, costs.longest_step) + undone, rest)
        return Called(costs.body.best, max(failing, passing + rest), failing + undone, told)

    def _halves(self) -> tuple[float, float, float]:
        """The latest end up to `commit`, the latest `commit`, and the longest from there."""
        failing = worst = after = 0.0
        committed: float | None = None
        for node in self.flow.body.nodes:
            cost = self.costs.of(node)
            if committed is None:
                failing = max(failing, worst + cost.latest)
            else:
                after = max(after, worst + cost.latest - committed)
            if isinstance(node, Commit):
                committed = worst
                if worst == UNBOUNDED:
                    return UNBOUNDED, UNBOUNDED, 0
            worst += cost.worst
            if not cost.goes_on:
                break
        return failing, committed or 0, after

    def ancestors(self, node: Node) -> Iterator[Seat]:
        """Where a statement stands, then where the one around it does, up to the flow's body."""
        costs = self.costs
        seat: Seat | None = costs.seats[id(node)]
        while seat is not None:
            yield seat
            lead = costs.leads.get(id(seat.block))
            seat = None if lead is None else costs.seats[id(lead.owner)]

    def _reach(self, node: Node) -> tuple[int, float]:
        best, worst = 0, 0.0
        for seat in self.ancestors(node):
            best += seat.best
            worst += seat.worst
            lead = self.costs.leads.get(id(seat.block))
            if lead is not None:
                best += lead.best
                worst += lead.worst
        return best, worst

    def _between(self, a: Node, b: Node) -> float:
        ups, downs = list(self.ancestors(a)), list(self.ancestors(b))
        shared = {id(seat.block): depth for depth, seat in enumerate(ups)}
        down = next(n for n, seat in enumerate(downs) if id(seat.block) in shared)
        up = shared[id(downs[down].block)]
        if ups[up].index >= downs[down].index:
            return 0
        taken = 0.0
        for seat in ups[:up]:
            taken += self._stretch(seat.block.nodes, seat.index + 1, len(seat.block.nodes))
            owner = self.costs.leads[id(seat.block)].owner
            last = self.costs.closing.get(id(owner))
            if last is None or all(passed.block is not last for passed in ups[:up]):
                taken = self._out_of(owner, seat, taken)
        common = ups[up]
        taken += self._stretch(common.block.nodes, common.index + 1, downs[down].index)
        for seat in downs[:down]:
            taken += seat.worst + self.costs.leads[id(seat.block)].worst
        return taken

    def _out_of(self, owner: Node, seat: Seat, taken: float) -> float:
        """From the end of a statement's own block to the end of what the block belongs to."""
        cost = self.costs.of(owner)
        match owner:
            case Parallel():  # what ended at once waits for its slowest sibling
                return max(taken, cost.worst)
            case ForEach():
                each = self.costs.of_block(owner.body).worst
                if owner.width > 1:
                    taken = max(taken, each)
                return taken + times(self.costs.batches(owner) - 1, each)
            case Repeat() if seat.block is owner.body:
                if cost.worst == UNBOUNDED:
                    return UNBOUNDED
                return taken + max(cost.worst - self.costs.of_block(owner.body).worst, 0)
            case _:
                return taken

    def _stretch(self, nodes: tuple[Node, ...], start: int, end: int) -> float:
        """The worst of the statements from one place of a block to another."""
        if end - start < 8:
            return sum(self.costs.of(node).worst for node in nodes[start:end])
        found = self._sums.get(id(nodes))
        if found is None:
            sums, endless = [0.0], [0]
            for node in nodes:
                worst = self.costs.of(node).worst
                bounded = worst != UNBOUNDED
                sums.append(sums[-1] + (worst if bounded else 0))
                endless.append(endless[-1] + (not bounded))
            found = self._sums[id(nodes)] = (sums, endless)
        sums, endless = found
        return UNBOUNDED if endless[end] > endless[start] else sums[end] - sums[start]


_last: list[tuple[Program, Known]] = []


def _shared(program: Program) -> Known:
    if not _last or _last[0][0] is not program:
        _last[:] = [(program, {})]
    return _last[0][1]


def finite(worst: float) -> int | None:
    return None if worst == UNBOUNDED else int(worst)
