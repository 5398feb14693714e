"""A step to its value: rules 3, 4, 7 (`otherwise`), 8 and 10, and unwinding (rule 12)."""

from __future__ import annotations

from flowc.compiler.flow import CompensateBlind, Halt, Probe, SubFlow
from flowc.compiler.types import BOOL
from flowc.simulate.attempting import Attempting
from flowc.simulate.evaluate import evaluate
from flowc.simulate.ledger import Entry, Frozen, Ledger, Side
from flowc.simulate.trace import FlowEvent, Lane, LedgerEvent, PageEvent, Place
from flowc.simulate.values import ErrorValue
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.compiler.flow import Call, Flow, Step
    from flowc.simulate.attempting import World
    from flowc.simulate.clockwork import Task
    from flowc.simulate.values import Value


class Failing(Exception):  # noqa: N818 - an error of the flow, not of ours
    """An error on its way to who handles it."""

    def __init__(self, error: ErrorValue) -> None:
        super().__init__(error.name)
        self.error = error


class Halting(Exception):  # noqa: N818 - no error at all
    """Rule 11: a halt is not an error; nothing handles it and nothing unwinds."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(step, reason)
        self.step = step
        self.reason = reason


class Here(Struct):
    """Where a statement runs: the names that are bound, the ledger and the lane of the trace that
    it writes to, the rounds around it, and what loops carry into their next round."""

    names: dict[str, Value]
    ledger: Ledger
    lane: Lane
    rounds: tuple[int, ...] = ()
    following: tuple[dict[str, Value], ...] = ()

    def arm(self) -> Here:
        """Names of its own, which the enclosing statement hands on."""
        return self.replace(names=dict(self.names))


class Stepping(Attempting):
    """One instance of a flow, as far as steps and the ledger go."""

    def __init__(
        self, world: World, flow: Flow, prefix: str = "", parent: Stepping | None = None
    ) -> None:
        super().__init__(world, flow, prefix)
        self.ledger = Ledger()
        self.committed = False
        self.stuck: list[str] = []
        # rule 8: cancel and deadline are passed on (rule 10: not by a parent after its commit)
        self.hears: bool = parent is None or (parent.hears and not parent.committed)
        own = None if flow.deadline is None else self.now + flow.deadline
        passed = parent.due if parent is not None and self.hears else None
        self._due = min((due for due in (own, passed) if due is not None), default=None)

    # -- rule 10: flags ---------------------------------------------------------------------

    @property
    def cancelled(self) -> bool:
        """Rule 10: after `commit` nobody listens any more."""
        return self.hears and not self.committed and self.world.cancelled

    @property
    def due(self) -> int | None:
        return None if self.committed else self._due

    def look(self) -> None:
        """Rule 10: before each step, `wait`, `await` and `commit`. Raises Failing."""
        if self.cancelled:
            raise Failing(ErrorValue("Cancelled", "Cancelled", own=True))
        if self.due is not None and self.now >= self.due:
            raise Failing(ErrorValue("DeadlineExceeded", "DeadlineExceeded", own=True))

    def place(self, name: str, here: Here) -> Place:
        return Place(self.prefix, name, here.rounds)

    # -- steps ------------------------------------------------------------------------------

    def step(self, step: Step, here: Here) -> Task[None]:
        self.look()
        place = self.place(step.name, here)
        value: Any
        if step.otherwise is None:
            value = yield from self._settle(step, place, here)
        else:
            # rule 7: a `try` around the step whose handler takes every error
            inner = Ledger()
            try:
                value = yield from self._settle(step, place, here.replace(ledger=inner))
            except Failing:
                # rule 7: a maybe-effect is undone at once
                yield from self.unwind(inner, here.lane)
                value = evaluate(step.otherwise, here.names)
            except Halting:
                here.ledger.join(inner)
                raise
            else:
                here.ledger.join(inner)
        here.names[step.name] = value

    def _settle(self, step: Step, place: Place, here: Here) -> Task[Any]:
        """The step without its `otherwise`."""
        # rule 4: arguments of the step, its probe and its compensation are evaluated once, before
        # the first attempt
        compensation = step.compensation
        undo: Entry | None = None
        if compensation is not None and not compensation.uses_result:
            undo = Entry(place, freeze(compensation.call, here.names))
        try:
            if isinstance(step.call, SubFlow):
                value = yield from self._sub_flow(step.call, place, here)
            else:
                value = yield from self._effect(step, step.call, place, here, undo)
        finally:
            self.world.settled(place.path)
        if compensation is not None:
            if undo is None:
                # rule 4: those using the step's result: once, on OK
                names = {**here.names, step.name: value}
                undo = Entry(place, freeze(compensation.call, names))
            self._enter(undo, here)
        return value

    def _effect(
        self, step: Step, call: Call, place: Place, here: Here, undo: Entry | None
    ) -> Task[Any]:
        frozen = freeze(call, here.names)
        answer = step.unknown
        probe = freeze(answer.call, here.names) if isinstance(answer, Probe) else None
        outcome = yield from self.call(place, "do", frozen, here.lane)
        if outcome.kind == "ok":
            return outcome.value
        if outcome.error is not None:
            raise Failing(outcome.error)
        # rule 3: UNKNOWN is answered
        match answer:
            case Halt():
                raise Halting(place.path, outcome.reason)
            case CompensateBlind():
                if undo is not None:
                    self._enter(undo, here, maybe=True)
            case Probe():
                assert probe is not None
                asked = yield from self.call(place, "probe", probe, here.lane)
                if asked.kind != "ok":
                    # rule 3: no answer means halt
                    raise Halting(place.path, f"{outcome.reason}; and its probe gave no answer")
                if probe.call.operation.result == BOOL and call.operation.result is None:
                    if asked.value is True:
                        return None
                elif asked.value is not None:
                    return asked.value
                if undo is not None and undo.undo.call.operation.absorbing:
                    # rule 3: entered all the same, to bar a late attempt
                    self._enter(undo, here, maybe=True)
        # rule 2: a step that ends UNKNOWN fails with `Unknown(step)`
        raise Failing(unknown(place.path))

    def _enter(self, entry: Entry, here: Here, *, maybe: bool = False) -> None:
        here.ledger.enter(entry)
        here.lane.add(LedgerEvent(self.now, entry.place.path, "enter", maybe))

    def _sub_flow(self, call: SubFlow, place: Place, here: Here) -> Task[Any]:
        """Rule 8: one step; it starts in the newest version, its identity is this step's."""
        flow = self.world.program.find(call.flow)
        assert flow is not None, call.flow
        args = tuple(evaluate(arg, here.names) for arg in call.args)
        names = {param.name: arg for param, arg in zip(call.params, args, strict=True)}
        ending = yield from self.child(flow, f"{place.path}/", names, here.lane)
        match ending.kind:
            case "Completed":
                return ending.value
            case "Compensated":
                # rule 8: its Cancelled or DeadlineExceeded are ordinary errors to the parent
                raise Failing(ending.error.replace(own=False))
        # rule 8: a child that halts or ends Incomplete halts its parent
        raise Halting(place.path, f"{flow.name} ended {ending.kind}")

    def child(self, flow: Flow, prefix: str, names: dict[str, Value], lane: Lane) -> Task[Any]:
        """Run another flow to its ending."""
        raise NotImplementedError

    # -- unwinding --------------------------------------------------------------------------

    def unwind(self, ledger: Ledger, lane: Lane) -> Task[None]:
        """Rule 12: undo all of a ledger, with the whole `compensate within`."""
        if any(True for _ in ledger.entries):
            within = self.flow.compensate_within
            lane.add(FlowEvent(self.now, self.prefix, self.flow.name, self.flow.version, "unwinds"))
            yield from self._undo_all(ledger, None if within is None else self.now + within, lane)

    def _undo_all(self, ledger: Ledger, end: int | None, lane: Lane) -> Task[None]:
        for part in reversed(ledger.parts):  # rule 5: a sequence unwinds reversed
            match part:
                case Entry():
                    yield from self._undo(part, end, lane)
                case Ledger():
                    yield from self._undo_all(part, end, lane)
                case Side():
                    # rule 5: parallel branches unwind in parallel
                    lanes = lane.fork(len(part.ledgers))
                    yield from self.world.clock.together(
                        [
                            self._undo_all(side, end, inner)
                            for side, inner in zip(part.ledgers, lanes, strict=True)
                        ]
                    )

    def _undo(self, entry: Entry, end: int | None, lane: Lane) -> Task[None]:
        path = entry.place.path
        reason = ""
        if end is not None and self.now >= end:
            reason = "no time left to compensate"  # rule 12: no compensation starts after it
        else:
            outcome = yield from self.call(entry.place, "undo", entry.undo, lane)
            if outcome.kind != "ok":
                reason = outcome.reason
        if not reason:
            lane.add(LedgerEvent(self.now, path, "undone"))
            return
        # rule 12: stuck and pages; the others still run
        self.stuck.append(path)
        lane.add(LedgerEvent(self.now, path, "stuck", reason=reason))
        whom = entry.undo.call.policy.page or self.world.owner or "the owner"
        lane.add(PageEvent(self.now, path, whom, "it could not be undone"))


def freeze(call: Call, names: dict[str, Value]) -> Frozen:
    """Rule 4: the arguments of a call, evaluated once and for all."""
    return Frozen(call, tuple(evaluate(arg, names) for arg in call.args))


def unknown(path: str) -> ErrorValue:
    return ErrorValue("Unknown", f"nobody knows whether {path} took effect", (("step", path),))
