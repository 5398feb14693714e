"""A governed call to its outcome: rules 1 and 2, attempt by attempt in virtual time."""

from __future__ import annotations

from flowc.simulate.clockwork import Clockwork, Pause
from flowc.simulate.invent import invent
from flowc.simulate.script import Script, without_rounds
from flowc.simulate.trace import CallEvent, FlagEvent, Lane, PageEvent, Place
from flowc.simulate.values import (
    ErrorValue,
    WrongType,
    decode,
    decode_fields,
    encode,
    encode_fields,
)
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from flowc.compiler.flow import Call, Flow, Operation, Policy, Program
    from flowc.simulate.clockwork import Task
    from flowc.simulate.ledger import Frozen
    from flowc.simulate.script import Moment, Scripted
    from flowc.simulate.trace import Event, Role
    from flowc.simulate.values import Value

_MOST_TICKS = 20_000


class Endless(Exception):  # noqa: N818 - not an error of ours but an answer
    """A story that goes on and on; the text is the path of what is repeated."""


class Outcome(Struct):
    """Rule 1: OK(value), FAIL(declared error) or UNKNOWN."""

    kind: Literal["ok", "fail", "unknown"]
    value: Value = None
    error: ErrorValue | None = None
    reason: str = ""
    final: bool = False  # a value of the wrong type: not tried again
    event: Any = None  # the value as JSON, for the trace


class World:
    """What all parts of a story share: the clock, the script, who cancelled, who signalled."""

    def __init__(self, program: Program, script: Script) -> None:
        self.program = program
        self.script = script
        self.clock = Clockwork(script.start)
        self.cancelled = False
        self.inbox: dict[str, list[Value]] = {}
        self.outside: list[Event] = []
        self.owner: str | None = None
        self._ticks = 0
        self._settled: list[tuple[str, Any]] = []

    def tick(self, path: str) -> None:
        """Count an attempt or a round. Raises Endless after far too many."""
        self._ticks += 1
        if self._ticks > _MOST_TICKS:
            raise Endless(path)

    def cancel(self) -> None:
        if not self.cancelled:
            self.cancelled = True
            self.outside.append(FlagEvent(self.clock.now))

    def at(self, moment: Moment, do: Any) -> None:
        """Do something at a moment that does not depend on an await."""
        if moment.after is not None:
            self._settled.append((moment.after, do))
        elif moment.at is not None:
            self.clock.alarm(self.script.start + moment.at, do)

    def settled(self, path: str) -> None:
        """A step has settled: what was to happen then happens."""
        due = [do for name, do in self._settled if name in (path, without_rounds(path))]
        self._settled = [
            pair for pair in self._settled if pair[0] not in (path, without_rounds(path))
        ]
        for do in due:
            do()


class Attempting:
    """One instance of a flow, as far as calls go."""

    def __init__(self, world: World, flow: Flow, prefix: str) -> None:
        self.world = world
        self.flow = flow
        self.prefix = prefix

    @property
    def now(self) -> int:
        return self.world.clock.now

    def call(self, place: Place, role: Role, frozen: Frozen, lane: Lane) -> Task[Outcome]:
        """Rule 2: attempts until the policy has enough; gives the outcome that stands."""
        call, policy, operation = frozen.call, frozen.call.policy, frozen.call.operation
        repeatable = operation.repeatable or (role == "undo" and operation.absorbing)
        end = None if policy.within is None else self.now + policy.within
        declared: Outcome | None = None
        number = 0
        while True:
            number += 1
            path = place.path if role == "do" else f"{place.path} {role}"
            self.world.tick(path)
            began = self.now
            scripted = self.world.script.attempt(path, number)
            # rule 2: an attempt is cut at the smaller of `timeout` and what remains of `within`
            limits = [policy.timeout, None if end is None else end - began]
            limit = min((each for each in limits if each is not None), default=None)
            outcome, takes = self._outcome(path, call, scripted, limit)
            yield Pause(began + takes)
            wait = backoff(policy, number)
            last = (
                outcome.kind == "ok"
                # rule 2: a declared non-transient error ends the call
                or (outcome.error is not None and not outcome.error.transient)
                # rule 2: UNKNOWN is retried if the call is a read or keyed
                or (outcome.kind == "unknown" and not repeatable)
                # rule 2: a wrong-typed value is not retried
                or outcome.final
                or (policy.attempts is not None and number >= policy.attempts)
                # rule 2: a retry that cannot start before `within` ends is not waited for
                or (end is not None and self.now + wait >= end)
            )
            lane.add(self._event(began, place, role, number, frozen, outcome, last))
            if outcome.kind == "fail":
                declared = outcome
            if last:
                break
            if wait:
                yield Pause(self.now + wait)
        if outcome.kind == "ok" or (outcome.error is not None and not outcome.error.transient):
            return outcome
        if policy.page is not None and role != "undo":
            lane.add(PageEvent(self.now, place.path, policy.page, "every attempt failed"))
        if operation.is_read:
            # rule 2: a read ends with its last declared error or `Unknown`
            return declared or outcome
        if outcome.kind == "fail" and policy.attempts != 1:
            # rule 2: a transient error of an effectful action that was allowed several attempts
            return Outcome("unknown", reason=outcome.reason)
        return outcome

    def _outcome(
        self, path: str, call: Call, scripted: Scripted, limit: int | None
    ) -> tuple[Outcome, int]:
        """Rule 1: what one attempt comes to, and how long it takes."""
        pace = self.world.script.pace
        takes = scripted.takes
        if takes is None:
            pace = pace if limit is None else min(pace, limit)
            takes = pace if scripted.outcome != "unknown" or limit is None else limit
        if limit is not None and takes > limit:
            return Outcome("unknown", reason="no answer in time"), limit
        match scripted.outcome:
            case "ok":
                return self._answered(path, call.operation, scripted), takes
            case "fail":
                return _failed(call.operation, scripted), takes
        return Outcome("unknown", reason=scripted.message or "no answer in time"), takes

    def _answered(self, path: str, operation: Operation, scripted: Scripted) -> Outcome:
        data = invented(operation, path) if scripted.invented else scripted.value
        if operation.result is None:
            if data is not None:
                return Outcome("unknown", reason="a value where there is none", final=True)
            return Outcome("ok")
        try:
            value = decode(operation.result, data, "the result")
        except WrongType as wrong:
            return Outcome("unknown", reason=str(wrong), final=True)
        return Outcome("ok", value, event=encode(value, operation.result))

    def _event(
        self,
        began: int,
        place: Place,
        role: Role,
        number: int,
        frozen: Frozen,
        outcome: Outcome,
        last: bool,
    ) -> CallEvent:
        operation = frozen.call.operation
        names = tuple(param.name for param in operation.params)
        pairs = tuple(zip(names, frozen.args, strict=True))
        arguments = encode_fields(pairs, operation.params)
        key = None if operation.key is None else tuple(arguments[name] for name in operation.key)
        return CallEvent(
            began,
            self.now,
            place,
            role,
            number,
            operation.title,
            key,
            tuple(arguments.items()),
            outcome.kind,
            outcome.event,
            outcome.error,
            outcome.reason,
            last,
        )


def invented(operation: Operation, path: str) -> Any:
    """What an attempt gives where nobody wrote it: values that are called like the step."""
    name = path.rpartition("/")[2].partition(" ")[0]
    return invent(operation.result, name.replace("[", "-").replace("]", ""))


def _failed(operation: Operation, scripted: Scripted) -> Outcome:
    """Rule 1: an error that the operation does not list, or one without its fields, is UNKNOWN."""
    error = next((each for each in operation.raises if each.name == scripted.error), None)
    if error is None:
        said = f": {scripted.message}" if scripted.message else ""
        return Outcome("unknown", reason=f"{scripted.error}{said}")
    data = dict(scripted.fields)
    if scripted.invented:
        data = {f.name: invent(f.type, f.name) for f in error.fields} | data
    try:
        fields = decode_fields(error.fields, data)
    except WrongType as wrong:
        return Outcome("unknown", reason=f"{error.name} with {wrong}", final=True)
    message = scripted.message or error.name
    made = ErrorValue(error.name, message, fields, error.transient)
    return Outcome("fail", error=made, reason=message)


def backoff(policy: Policy, attempt: int) -> int:
    """The wait after an attempt (from 1), in ms, at its longest: jitter only shortens it."""
    longest = policy.cap if policy.cap is not None else 10**12
    try:
        return int(min(longest, policy.backoff * policy.factor ** (attempt - 1)))
    except OverflowError:
        return longest
