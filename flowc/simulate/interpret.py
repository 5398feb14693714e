"""A flow under a script to its ending and its trace: the definition of what a flow means.

Part 3 of the language's reference, rule by rule: 1 and 2 in `attempting`, 3, 4, 8, 10 and 12 in
`stepping`, 5 in `ledger`, 6, 7, 9, 11, 13 and 16 here, 14 in the compiler's projection, 15 in
`instances`, 17 in `values` and `library`.
"""

from __future__ import annotations

from functools import partial

from flowc.compiler.flow import (
    Await,
    Block,
    Commit,
    Fail,
    ForEach,
    If,
    Let,
    Match,
    Next,
    Parallel,
    Record,
    Repeat,
    Return,
    Step,
    Try,
    WaitFor,
    WaitUntil,
)
from flowc.simulate.attempting import World
from flowc.simulate.awaiting import Awaiting, post
from flowc.simulate.evaluate import evaluate
from flowc.simulate.ledger import Ledger
from flowc.simulate.stepping import Failing, Halting, Here
from flowc.simulate.trace import FlowEvent, Lane, PageEvent, Series
from flowc.simulate.values import ErrorValue, decode
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, assert_never

    from flowc.compiler.flow import Bound, Carry, Flow, Handler, Node, Program
    from flowc.simulate.clockwork import Task
    from flowc.simulate.script import Script
    from flowc.simulate.trace import Event
    from flowc.simulate.values import Value
else:
    from flowc.struct import assert_never


class Ending(Struct):
    """Rule 13: Completed(value), Compensated(error), Incomplete(stuck), Halted(step); no other.

    `ledger` are the steps that a halt left to be undone.
    """

    kind: Literal["Completed", "Compensated", "Incomplete", "Halted"]
    value: Value = None
    error: ErrorValue | None = None
    stuck: tuple[str, ...] = ()
    step: str = ""
    reason: str = ""
    ledger: tuple[str, ...] = ()


class Story(Struct):
    """How an instance ended, and what happened; `outside` is what came from outside (cancel,
    refused signals), ordered by time alone. `end` is the moment of the ending."""

    flow: Flow
    ending: Ending
    trace: Series
    outside: tuple[Event, ...]
    start: int
    end: int


class _Returning(Exception):  # noqa: N818 - not an error
    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


def interpret(
    program: Program,
    flow: Flow,
    given: dict[str, Value],
    script: Script,
    kind: type[Instance] | None = None,
) -> Story:
    """The story of one instance of a flow (of a file without errors), with these parameters.

    `kind` is another way to live, for an engine with a limit of its own.

    Raises Stalled if it waits for what never comes, Endless if it never ends.
    """
    world = World(program, script)
    world.owner = flow.owner
    if script.cancel is not None:
        world.at(script.cancel, world.cancel)
    for sent in script.signals:
        if sent.when.asked is None:
            world.at(sent.when, partial(post, world, flow, sent))
    lane = Lane()
    instance = (kind or Instance)(world, flow)
    ending = world.clock.run(instance.live(given, lane))
    return Story(flow, ending, lane.term, tuple(world.outside), script.start, world.clock.now)


class Instance(Awaiting):
    """One instance of a flow."""

    def live(self, given: dict[str, Value], lane: Lane) -> Task[Ending]:
        """Run to the ending (rule 13)."""
        flow = self.flow
        lane.add(FlowEvent(self.now, self.prefix, flow.name, flow.version, "starts"))
        ending = yield from self._live(given, lane)
        if ending.kind in ("Incomplete", "Halted") and not self.prefix:
            why = f"ended {ending.kind}"
            lane.add(PageEvent(self.now, "", flow.owner or "the owner", why))
        lane.add(FlowEvent(self.now, self.prefix, flow.name, flow.version, "ends", ending.kind))
        return ending

    def _live(self, given: dict[str, Value], lane: Lane) -> Task[Ending]:
        stuck = self.stuck
        value: Value = None
        try:
            yield from self.block(self.flow.body, Here(dict(given), self.ledger, lane))
        except _Returning as returning:
            value = returning.value
        except Halting as halt:
            # rule 11: the whole ledger is kept, nothing unwinds; a halt outranks what is stuck
            kept = tuple(entry.place.path for entry in self.ledger.entries)
            return Ending("Halted", step=halt.step, reason=halt.reason, ledger=kept)
        except Failing as failing:
            error = failing.error
            if self.committed:
                # rule 9: an error that reaches the top after `commit`; nothing unwinds
                return Ending("Incomplete", error=error, stuck=tuple(stuck))
            yield from self.unwind(self.ledger, lane)
            # rule 12: the first error stays the primary one
            kind: Any = "Incomplete" if stuck else "Compensated"
            return Ending(kind, error=error, stuck=tuple(stuck))
        # rule 12: stuck does not change where the flow goes, but ends it Incomplete
        return Ending("Incomplete" if stuck else "Completed", value, stuck=tuple(stuck))

    def child(self, flow: Flow, prefix: str, names: dict[str, Value], lane: Lane) -> Task[Any]:
        return (yield from type(self)(self.world, flow, prefix, self).live(names, lane))

    # -- statements -------------------------------------------------------------------------

    def block(self, block: Block, here: Here) -> Task[None]:
        for node in block.nodes:
            yield from self.statement(node, here)

    def statement(self, node: Node, here: Here) -> Task[None]:
        names = here.names
        match node:
            case Step():
                yield from self.step(node, here)
            case Let():
                names[node.name] = evaluate(node.value, names)
            case Record():
                names[node.name] = self._record(node, here)
            case Next():
                carried = next(c for c in reversed(here.following) if node.name in c)
                carried[node.name] = evaluate(node.value, names)
            case If():
                arm = node.yes if evaluate(node.condition, names) else node.no
                yield from self._arm(arm, node.binds, here)
            case Match():
                member = evaluate(node.value, names)
                arms = (case.body for case in node.cases if member in case.members)
                yield from self._arm(next(arms, node.no), node.binds, here)
            case Parallel():
                yield from self._parallel(node, here)
            case ForEach():
                yield from self._for(node, here)
            case Repeat():
                yield from self._repeat(node, here)
            case WaitFor():
                self.look()
                span = evaluate(node.duration, names)
                yield from self.wait(self.now + max(span, 0), "wait", here)
            case WaitUntil():
                self.look()
                yield from self.wait(evaluate(node.time, names), "wait", here)
            case Await():
                yield from self.await_(node, here)
            case Try():
                yield from self._try(node, here)
            case Commit():
                # rule 9: `commit` empties the ledger
                self.look()
                here.ledger.clear()
                self.committed = True
                self.told_commit(here)
            case Fail():
                fields = tuple(
                    (field.name, evaluate(arg, names))
                    for field, arg in zip(node.error.fields, node.args, strict=True)
                )
                error = node.error
                raise Failing(ErrorValue(error.name, error.name, fields, error.transient))
            case Return():
                # rule 10: flags are not looked at before `return`
                raise _Returning(None if node.value is None else evaluate(node.value, names))
            case _:
                assert_never(node)

    def _arm(self, block: Block | None, binds: tuple[Bound, ...], here: Here) -> Task[None]:
        """The arm that is taken; names of other arms are none afterwards."""
        inner = here.arm()
        if block is not None:
            yield from self.block(block, inner)
        hand_on(binds, inner.names, here.names)

    def _record(self, node: Record, here: Here) -> Value:
        """A value drawn once and kept."""
        path = self.place(node.name, here).path
        written = self.world.script.recorded(path)
        if written is not None:
            return decode(node.type, written)
        match node.what:
            case "now":
                return self.now
            case "random":
                return decode(node.type, 0.5)
        return f"uuid-of-{path}"

    # -- rule 6: parallel, for, repeat ------------------------------------------------------

    def _parallel(self, node: Parallel, here: Here) -> Task[None]:
        taken = [
            branch
            for branch in node.branches
            if branch.condition is None or evaluate(branch.condition, here.names)
        ]
        inners = _sides(here, len(taken))
        yield from self._settle_all(
            [self.block(branch.body, inner) for branch, inner in zip(taken, inners, strict=True)]
        )
        bound: dict[str, Value] = {}
        for inner in inners:
            bound.update((k, v) for k, v in inner.names.items() if k not in here.names)
        hand_on(node.binds, bound, here.names)

    def _settle_all(self, tasks: list[Task[None]]) -> Task[None]:
        """Rule 6: every branch settles; then the first failed one in textual order gives the
        error. Rule 11: a halt comes before all errors."""
        ended = yield from self.world.clock.together([_caught(task) for task in tasks])
        for kind in (Halting, Failing):
            for error in ended:
                if isinstance(error, kind):
                    raise error

    def _for(self, node: ForEach, here: Here) -> Task[None]:
        items = evaluate(node.items, here.names)
        if len(items) > node.limit:
            raise Failing(limit_reached(node.limit))
        carried = _start(node.carries, here)
        collected: list[dict[str, Value]] = []
        errors: list[Value] = []
        for start in range(0, len(items), node.width):
            # rule 6: batches of K, each a `parallel`; the next only if none failed
            numbers = range(start, min(start + node.width, len(items)))
            inners = [
                inner.replace(rounds=(*here.rounds, n), following=(*here.following, dict(carried)))
                for n, inner in zip(numbers, _sides(here, len(numbers)), strict=True)
            ]
            failures: list[Value] = [None] * len(inners)
            for n, inner in zip(numbers, inners, strict=True):
                self.world.tick(self.place(node.name, inner).path)
                inner.names.update(carried)
                inner.names[node.name] = items[n]
                if node.index is not None:
                    inner.names[node.index] = n
            yield from self._settle_all(
                [self._round(node, inner, failures, k) for k, inner in enumerate(inners)]
            )
            for inner, failure in zip(inners, failures, strict=True):
                if failure is None:
                    collected.append(inner.names)
                    carried.update(inner.following[-1])
                else:
                    errors.append(failure)
        here.names.update(carried)
        for collect in node.collects:
            here.names[collect.out] = (
                tuple(errors)
                if collect.failure
                else tuple(names[collect.name] for names in collected if collect.name in names)
            )

    def _round(self, node: ForEach, here: Here, failures: list[Value], number: int) -> Task[None]:
        """One round; with `collect failure` one that fails is unwound by itself and noted."""
        if not any(collect.failure for collect in node.collects):
            yield from self.block(node.body, here)
            return
        inner = Ledger()
        try:
            yield from self.block(node.body, here.replace(ledger=inner))
        except Failing as failing:
            if failing.error.own:
                here.ledger.join(inner)
                raise
            yield from self.unwind(inner, here.lane)
            failures[number] = failing.error
        except Halting:
            here.ledger.join(inner)
            raise
        else:
            here.ledger.join(inner)

    def _repeat(self, node: Repeat, here: Here) -> Task[None]:
        carried = _start(node.carries, here)
        done = False
        last: dict[str, Value] = {}
        for n in range(node.limit):
            if n and node.pause is not None:
                # rule 6: `every D` is waited between rounds
                self.look()
                pause = here.replace(rounds=(*here.rounds, n))
                yield from self.wait(self.now + node.pause, "every", pause)
            # rule 6: `carry` values are constant within a round
            following = dict(carried)
            inner = here.arm().replace(
                rounds=(*here.rounds, n), following=(*here.following, following)
            )
            self.world.tick(self.place("repeat", inner).path)
            inner.names.update(carried)
            if node.index is not None:
                inner.names[node.index] = n
            yield from self.block(node.body, inner)
            done = evaluate(node.until, inner.names)
            carried = following
            last = inner.names
            if done:
                break
        hand_on(node.binds, last, here.names)
        here.names.update(carried)
        if not done:
            if node.exhausted is None:
                raise Failing(limit_reached(node.limit))
            inner = here.arm()
            yield from self.block(node.exhausted, inner)
            hand_on(node.binds, inner.names, here.names)

    # -- rule 7: try ------------------------------------------------------------------------

    def _try(self, node: Try, here: Here) -> Task[None]:
        ledger = Ledger()
        inner = here.arm().replace(ledger=ledger)
        try:
            yield from self.block(node.body, inner)
        except Failing as failing:
            handler = handler_of(node, failing.error)
            if handler is None:
                # rule 7: any other passes, its entries joining the enclosing ledger
                here.ledger.join(ledger)
                raise
            # rule 7: only an error handled here unwinds the body
            yield from self.unwind(ledger, here.lane)
            arm = here.arm()  # rule 7: in handlers the body's names are unbound
            if handler.name is not None:
                arm.names[handler.name] = failing.error
            # rule 7: a handler's entries and errors belong outside
            yield from self.block(handler.body, arm)
            hand_on(node.binds, arm.names, here.names)
        except (Halting, _Returning):
            here.ledger.join(ledger)
            raise
        else:
            here.ledger.join(ledger)
            hand_on(node.binds, inner.names, here.names)


def _caught(task: Task[None]) -> Task[Exception | None]:
    """A branch settles, however it ends."""
    try:
        yield from task
    except (Failing, Halting) as error:
        return error
    return None


def _sides(here: Here, count: int) -> list[Here]:
    """What runs side by side: names, ledger and lane of its own for each."""
    ledgers, lanes = here.ledger.fork(count), here.lane.fork(count)
    return [
        here.arm().replace(ledger=ledger, lane=lane)
        for ledger, lane in zip(ledgers, lanes, strict=True)
    ]


def _start(carries: tuple[Carry, ...], here: Here) -> dict[str, Value]:
    return {carry.name: evaluate(carry.start, here.names) for carry in carries}


def hand_on(binds: tuple[Bound, ...], inner: dict[str, Value], outer: dict[str, Value]) -> None:
    """Bind outside what a part has bound; none where it was not reached."""
    for bound in binds:
        outer[bound.name] = inner.get(bound.name)


def handler_of(node: Try, error: ErrorValue) -> Handler | None:
    """Rule 7: `Error` catches all; nothing catches the instance's own Cancelled and
    DeadlineExceeded."""
    if error.own:
        return None
    for handler in node.handlers:
        if not handler.errors or any(error.name == each.name for each in handler.errors):
            return handler
    return None


def limit_reached(limit: int) -> ErrorValue:
    return ErrorValue("LimitReached", f"more than {limit} rounds", (("limit", limit),))
