"""What can happen to a flow: after each statement, the nearest point at which it can fail.

Each statement has an edge per outcome: past it (ok), out of it with each error it may fail with,
and out of it with a cancel or a deadline where those are looked at. The edges are not laid out
one by one: a block's are those of its statements minus what handlers catch. So one loop from the
inside out (`Inside`) and one from the outside in (`Outcomes`) find what lies ahead of every
statement; both are linear in the size of the flow, and neither recurses.
"""

from __future__ import annotations

from flowc.compiler.flow import (
    Await,
    Commit,
    Flow,
    ForEach,
    Node,
    Parallel,
    Program,
    Repeat,
    Step,
    SubFlow,
    Try,
)
from flowc.simulate.ahead import (
    EVERY,
    NOTHING,
    cancelled,
    caught_by,
    later,
    nearest,
    rounds_of,
)
from flowc.simulate.inside import RANK, Inside, handles
from flowc.simulate.places import ROOT, Places
from flowc.simulate.summary import Summaries, summaries
from flowc.simulate.ways import enters_unsure
from flowc.source import Span
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc.simulate.ahead import Ahead, Both, Unwinding
    from flowc.simulate.inside import Ways
    from flowc.simulate.story import Teller


class Failure(Struct):
    """A point at which a flow can fail, as seen from a place before it.

    `how` is `fail`, `unknown` (nobody knows whether the step took effect), `timeout`, `limit`, or
    `cancel` (cancel or deadline, which are looked at before `node`). `steps` end well in
    between; the last `near` of them stand in `block`, into which `via` leads ("" where the flow
    simply goes on).
    """

    node: Node
    error: str
    how: str
    steps: int
    near: int
    block: int
    via: str


class Outcomes:
    """What can happen to one flow at one version."""

    def __init__(self, flow: Flow, program: Program, known: Summaries | None = None) -> None:
        self.flow = flow
        self.summaries = known or summaries(program)
        self.places = Places(flow)
        self.inside = Inside(self.places, lambda name: self.summaries.of(name).errors)
        count, blocks = len(self.places.nodes), len(self.places.blocks)
        self._fail: list[Ahead | None] = [None] * count
        self._stop: list[Ahead | None] = [None] * count
        self._unwinding: list[Unwinding] = [None] * count
        self._reached = [False] * count
        self._after: list[Both] = [(None, None)] * blocks
        self._context: list[Unwinding] = [None] * blocks
        self._entered = [False] * blocks
        self._entered[ROOT] = True
        self._teller: Teller | None = None
        for block in range(blocks):
            self._look_ahead(block)

    # -- questions -------------------------------------------------------------------------

    @property
    def errors(self) -> tuple[str, ...]:
        """What the flow may fail with, as its callers see it. An error after `commit` is none: it
        ends the instance Incomplete, which halts a caller."""
        own = tuple(self.inside.block_fails[ROOT])
        if self.flow.deadline is not None and self.inside.block_stops[ROOT] is not None:
            return (*own, "DeadlineExceeded")
        return own

    def reachable(self, node: Node) -> bool:
        """Whether any run comes to the statement."""
        return self._reached[self.places.number(node)]

    def first_failure_after(self, node: Node, *, cancel: bool = True) -> Failure | None:
        """The nearest point at which the flow can fail once `node` is passed, such that what
        `node` did is unwound: not where a handler further inside catches it, nor after `commit`.

        A failure of a statement itself is preferred; where there is none, and if `cancel`, the
        next point at which cancel and deadline are looked at.
        """
        number = self.places.number(node)
        ahead = self._fail[number]
        if ahead is None and cancel:
            ahead = self._stop[number]
        return None if ahead is None else self._failure(ahead)

    def first_failure_into(self, handler: int, step: Step) -> Failure | None:
        """The nearest failure once `step` is passed, in the body of a `try`, that leads into one
        of its handlers, given by the number of its block."""
        places, inside = self.places, self.inside
        owner = places.owner[handler]
        node, body = places.nodes[owner], places.inner[owner][0]
        assert isinstance(node, Try)
        before = node.handlers[: places.inner[owner].index(handler) - 1]
        caught = node.handlers[len(before)]
        at = places.number(step)
        while places.block[at] != body:
            at = places.above(at)
        steps = 0
        for number in places.blocks[body][places.pos[at] + 1 :]:
            ways = [
                way
                for error, way in inside.fails[number].items()
                if handles(caught, error) and not any(handles(other, error) for other in before)
            ]
            if ways:
                way = min(ways)
                dist = steps + way[0]
                return Failure(places.nodes[way[2]], way[3], way[4], dist, dist, body, "")
            if not inside.completes[number]:
                break
            steps += inside.steps[number]
        return None

    def may_be_undone(self, step: Step) -> bool:
        """Whether a run exists in which the step's compensation is called."""
        number = self.places.number(step)
        if self._fail[number] is not None or self._stop[number] is not None:
            return True
        unwinding = self._unwinding[number]
        unwound = (
            step.otherwise is not None
            or unwinding is None
            or unwinding is EVERY
            or "Unknown" in unwinding
        )
        return unwound and enters_unsure(step)

    def uncaught_after_commit(self) -> Iterable[tuple[Node, tuple[tuple[str, str], ...]]]:
        """Each statement after `commit` with the errors (name and how) of its own that nothing
        catches: they end the instance Incomplete."""
        for number, node in enumerate(self.places.nodes):
            unwinding = self._unwinding[number]
            if unwinding is None or unwinding is EVERY or not self._reached[number]:
                continue
            own = tuple(
                (way[3], way[4])
                for way in self.inside.own[number].values()
                if way[3] not in unwinding
            )
            if own:
                yield node, own

    def after_commit(self, node: Node) -> bool:
        """Whether the statement stands after `commit`, where nothing unwinds by itself."""
        return self._unwinding[self.places.number(node)] is not None

    def changes(self, step: Step) -> frozenset[str | None]:
        """The resources that a step changes for good when it ends well; those of a sub-flow
        include its sub-flows'. None stands for a change that names no resource."""
        if isinstance(step.call, SubFlow):
            return self.summaries.of(step.call.flow).writes
        return frozenset((step.call.operation.writes,)) if step.effectful else frozenset()

    def story(self, node: Node, failure: Failure, *ending: str) -> tuple[str, ...]:
        """The run past `node` to a failure ahead of it, and how it ends."""
        return self._tell().story(node, failure, ending)

    def undone_story(self, step: Step, *ending: str) -> tuple[str, ...]:
        """The shortest run in which the step is compensated (`may_be_undone`), and how it ends."""
        failure = self.first_failure_after(step)
        if failure is not None:
            return self.story(step, failure, *ending)
        return (*self.run_to(step), f"{step.name} unknown", *ending)

    def failing(self, node: Node, error: str, how: str) -> tuple[str, ...]:
        """What happens when a statement fails in that way at the top of the flow."""
        from flowc.simulate.story import failing

        happens, ends = failing(node, error, how), f"fails with {error}"
        return (happens,) if happens.endswith(ends) else (happens, ends)

    def what_fails(self, failure: Failure) -> str:
        """The failure as the rest of a sentence that ends in "when"."""
        from flowc.simulate.story import what_fails

        return what_fails(failure)

    def where(self, node: Node) -> Span:
        """Where a statement is pointed at: its name, else its first line."""
        if isinstance(node, Step | Await):
            return node.name_span
        end = self.flow.source.text.find("\n", node.span.start, node.span.end)
        return node.span if end < 0 else Span(node.span.start, end)

    def run_to(self, node: Node) -> tuple[str, ...]:
        """The shortest run that comes to a statement; a long one without its middle."""
        return self._tell().run_to(self.places.number(node))

    def _tell(self) -> Teller:
        if self._teller is None:
            from flowc.simulate.story import Teller

            self._teller = Teller(self)
        return self._teller

    # -- from the outside in ---------------------------------------------------------------

    def _failure(self, ahead: Ahead) -> Failure:
        steps, _, number, error, how, near, block, via = ahead
        return Failure(self.places.nodes[number], error, how, steps, near, block, via)

    def _look_ahead(self, block: int) -> None:
        """What lies ahead of each statement of a block, from the last to the first, given what
        lies ahead of the block itself."""
        places, inside = self.places, self.inside
        numbers = places.blocks[block]
        self._reach(block)
        fail, stop = self._after[block]
        context = self._context[block]
        committed = block == ROOT and any(
            isinstance(places.nodes[number], Commit) for number in numbers
        )
        if committed:
            context = NOTHING
        for number in reversed(numbers):
            if not inside.completes[number]:
                fail = stop = None
            if committed and isinstance(places.nodes[number], Commit):
                fail = stop = None
                context = self._context[block]
            self._unwinding[number] = context
            self._fail[number], self._stop[number] = fail, stop
            if places.inner[number]:
                self._enter(number)
            steps = inside.steps[number]
            if steps:
                fail = fail and later(fail, steps, block)
                stop = stop and later(stop, steps, block)
            own = nearest(inside.fails[number], context)
            if own is not None and (fail is None or own < fail):
                fail = (*own, own[0], block, "")
            halt = inside.stops[number]
            if halt is not None and context is None:
                stop = cancelled(halt, block)

    def _reach(self, block: int) -> None:
        reached = self._entered[block]
        for number in self.places.blocks[block]:
            self._reached[number] = reached
            reached = reached and self.inside.completes[number]

    def _enter(self, number: int) -> None:
        """Tell the blocks of a statement what lies ahead of each, and what unwinds it."""
        node, inner = self.places.nodes[number], self.places.inner[number]
        ahead, context = (self._fail[number], self._stop[number]), self._unwinding[number]
        reached = self._reached[number]
        for block in inner:
            self._after[block] = ahead
            self._context[block] = context
            self._entered[block] = reached
        match node:
            case Parallel():
                self._enter_parallel(node, number)
            case ForEach():
                body = inner[0]
                alone = any(collect.failure for collect in node.collects)
                if alone and context is not None:
                    self._context[body] = EVERY
                if node.limit > 1:
                    fails = {} if alone else self.inside.block_fails[body]
                    self._after[body] = self._nearer(ahead, fails, body, context, "next round")
            case Repeat():
                self._enter_repeat(node, number)
            case Await():
                self._enter_await(node, number)
            case Try():
                if context is not None and context is not EVERY:
                    caught = caught_by(node.handlers)
                    self._context[inner[0]] = EVERY if caught is EVERY else context | caught
                for block in inner[1:]:
                    self._entered[block] = reached and block in self.inside.causes
            case _:
                pass

    def _nearer(self, ahead: Both, fails: Ways, block: int, context: Unwinding, via: str) -> Both:
        """The nearer of what lies ahead and what can leave a block that comes next by `via`."""
        fail, stop = ahead
        own = nearest(fails, context)
        if own is not None and (fail is None or own < fail):
            fail = (*own, own[0], block, via)
        halt = self.inside.block_stops[block]
        if halt is not None and context is None and (stop is None or halt[0] < stop[0]):
            stop = cancelled(halt, block, via)
        return fail, stop

    def _enter_parallel(self, node: Parallel, number: int) -> None:
        """A branch can be unwound by the first failure of any other branch."""
        inner, context = self.places.inner[number], self._unwinding[number]
        ahead = self._after[inner[0]] if inner else (None, None)
        fails = self.inside.block_fails
        ranked = sorted(
            (way, place)
            for place, block in enumerate(inner)
            if (way := nearest(fails[block], context)) is not None
        )
        stops = sorted(
            (stop, place)
            for place, block in enumerate(inner)
            if (stop := self.inside.block_stops[block]) is not None
        )
        for place, block in enumerate(inner):
            others = {n for _, n in ranked[:2]} | {n for _, n in stops[:2]}
            both = ahead
            for other in sorted(others - {place}):
                via = f"meanwhile, in `{node.branches[other].label}`"
                both = self._nearer(both, fails[inner[other]], inner[other], context, via)
            self._after[block] = both

    def _enter_repeat(self, node: Repeat, number: int) -> None:
        body, *exhausted = self.places.inner[number]
        inside, context = self.inside, self._unwinding[number]
        both = self._after[body]
        if node.limit > 1:
            both = self._nearer(both, inside.block_fails[body], body, context, "next round")
        if exhausted:
            self._entered[exhausted[0]] = self._reached[number] and inside.block_completes[body]
            late = inside.block_fails[exhausted[0]]
            both = self._nearer(both, late, exhausted[0], context, rounds_of(node))
        elif context is None or context is EVERY or "LimitReached" in context:
            rounds = (node.limit - 1) * inside.block_steps[body]
            own: Ahead = (
                *(rounds, RANK["limit"], number, "LimitReached", "limit"),
                *(0, self.places.block[number], ""),
            )
            both = (own if both[0] is None else min(both[0], own), both[1])
        paused = node.pause is not None and node.limit > 1
        if paused and context is None and both[1] is None:
            both = (both[0], cancelled((0, number), self.places.block[number]))
        self._after[body] = both

    def _enter_await(self, node: Await, number: int) -> None:
        """A reminder can be unwound by the wait that it belongs to."""
        inner, context = self.places.inner[number], self._unwinding[number]
        block = self.places.block[number]
        both = (self._fail[number], self._stop[number])
        if context is None:
            both = (both[0], cancelled((0, number), block))
        if node.on_timeout is not None and node.within is not None:
            late = self.inside.block_fails[inner[-1]]
            via = f"{node.name} times out"
            both = self._nearer(both, late, inner[-1], context, via)
        both = self._nearer_own(both, self.inside.own[number], block, context)
        for reminder in inner[: len(node.reminders)]:
            self._after[reminder] = both
        if node.on_timeout is not None:
            self._entered[inner[-1]] = self._reached[number] and node.within is not None

    def _nearer_own(self, ahead: Both, fails: Ways, block: int, context: Unwinding) -> Both:
        own = nearest(fails, context)
        if own is None or (ahead[0] is not None and ahead[0] < own):
            return ahead
        return (*own, 0, block, ""), ahead[1]
