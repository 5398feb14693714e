"""One instance of a flow as it runs: steps with their outcomes, the ledger, and unwinding."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Any, Self, TypeVar, overload

from . import engine
from .attempts import Outcome, attempts
from .branches import Branch
from .calls import Blind, Call, Happened, Policy, Probe, Stop, Undo
from .children import run_child
from .errors import Cancelled, DeadlineExceeded, FlowError, Halt, TimedOut, Unknown
from .ledger import Entry, Fork, Scope
from .state import State
from .values import decode, encode

T = TypeVar("T")
U = TypeVar("U")
Answer = Probe[T] | Happened | Blind | Stop


@dataclass(frozen=True)
class Reminder:
    """Something to do while an answer is awaited: `after` a span, and again if it repeats."""

    after: timedelta
    body: Callable[[int], Awaitable[None]]
    repeating: bool = False


class Run:
    """What the code of a flow is handed: every effect, wait and draw goes through it.

    Each branch has a Run of its own, with a ledger of its own; the state is the instance's.
    """

    def __init__(self, instance: State, errors: Mapping[str, type[FlowError]]) -> None:
        self.instance = instance
        self.ledger = Scope()
        self._errors = errors

    # -- steps -----------------------------------------------------------------------------

    @overload
    async def step(
        self,
        name: str,
        call: Call[T],
        policy: Policy,
        *,
        on_unknown: Answer[T] | None = None,
        compensate: Undo | Callable[[T], Undo] | None = None,
    ) -> T: ...
    @overload
    async def step(
        self,
        name: str,
        call: Call[T],
        policy: Policy,
        *,
        on_unknown: Answer[T] | None = None,
        compensate: Undo | Callable[[T], Undo] | None = None,
        otherwise: Callable[[], U],
    ) -> T | U: ...
    async def step(
        self,
        name: str,
        call: Call[T],
        policy: Policy,
        *,
        on_unknown: Answer[T] | None = None,
        compensate: Undo | Callable[[T], Undo] | None = None,
        otherwise: Callable[[], Any] | None = None,
    ) -> Any:
        """Call an operation under its policy and enter its compensation in the ledger.

        Raises the operation's declared error, Unknown, Cancelled or DeadlineExceeded at its
        start, and Halt. With `otherwise` every error but those two gives its value, after what
        may have taken effect was undone.
        """
        path = self.instance.prefix + name
        await self._begin()
        if otherwise is None:
            return await self._effect(path, call, policy, on_unknown, compensate)
        async with self.undo_on(FlowError):
            return await self._effect(path, call, policy, on_unknown, compensate)
        return otherwise()

    def undo_on(self, *errors: type[FlowError]) -> Caught:
        """`async with`: one of these errors unwinds what is inside, and is caught there."""
        return Caught(self, errors)

    async def _effect(
        self,
        path: str,
        call: Call[T],
        policy: Policy,
        on_unknown: Answer[T] | None,
        compensate: Undo | Callable[[T], Undo] | None,
    ) -> Any:
        outcome = await self._attempts(path, call, policy)
        if outcome.kind == "fail" and outcome.error is not None:
            raise outcome.error
        value = outcome.value
        if outcome.kind == "unknown":
            value = await self._answer(path, outcome.reason, on_unknown, compensate)
        if compensate is not None:
            undo = compensate if isinstance(compensate, Undo) else compensate(value)
            self.ledger.entries.append(Entry(path, undo))
        return value

    async def _answer(
        self,
        path: str,
        reason: str,
        answer: Answer[Any] | None,
        compensate: Undo | Callable[[Any], Undo] | None,
    ) -> Any:
        """The value of a step of unknown outcome, if it turns out to have happened."""
        undo = compensate if isinstance(compensate, Undo) else None
        match answer:
            case None:
                pass
            case Stop():
                raise Halt(path, reason)
            case Blind():
                if undo is not None:
                    self.ledger.entries.append(Entry(path, undo))
            case Probe() | Happened():
                probed = await self._attempts(path, answer.call, answer.policy)
                if probed.kind != "ok":
                    raise Halt(path, f"{reason}; and its probe gave no answer")
                if isinstance(answer, Happened):
                    if probed.value:
                        return None
                elif probed.value is not None:
                    return probed.value
                if undo is not None and undo.call.operation.absorbing:
                    self.ledger.entries.append(Entry(path, undo))
        raise Unknown(path)

    async def _attempts(
        self, path: str, call: Call[Any], policy: Policy, *, undoing: bool = False
    ) -> Outcome:
        operation = call.operation
        repeatable = operation.repeatable or (undoing and operation.absorbing)
        self.instance.at.append(path)
        try:
            outcome = await attempts(path, call, policy, repeatable=repeatable)
        finally:
            self.instance.at.remove(path)
        exhausted = outcome.error is None or outcome.error.transient
        if policy.page is not None and outcome.kind != "ok" and exhausted and not undoing:
            self.page(policy.page, f"gave up on {path}: {outcome.error or outcome.reason}")
        return outcome

    async def _begin(self) -> None:
        """Look at pause, cancel and deadline. Raises Cancelled, DeadlineExceeded."""
        state = self.instance
        if state.paused:
            await engine.pause(lambda: not state.paused or state.interrupted)
        if state.interrupted:
            raise own(Cancelled())
        if not state.committed and engine.late(state):
            raise own(DeadlineExceeded())

    @property
    def _due(self) -> datetime | None:
        return None if self.instance.committed else self.instance.due

    # -- unwinding -------------------------------------------------------------------------

    async def unwind(self, scope: Scope) -> None:
        """Undo a scope, last effect first. What cannot be undone is stuck; the rest goes on."""
        if not any(True for _ in scope.flat()):
            return
        phase, self.instance.phase = self.instance.phase, "compensating"
        within = self.instance.compensate_within
        await self._unwind(scope, None if within is None else engine.now() + within)
        self.instance.phase = phase

    async def _unwind(self, scope: Scope, end: datetime | None) -> None:
        for entry in reversed(scope.entries):
            match entry:
                case Entry():
                    await self._undo(entry, end)
                case Scope():
                    await self._unwind(entry, end)
                case Fork():
                    await asyncio.gather(*(self._unwind(part, end) for part in entry.parts))

    async def _undo(self, entry: Entry, end: datetime | None) -> None:
        if end is not None and engine.now() >= end:
            self._stuck(entry, "no time left to compensate")
            return
        call, policy = entry.undo.call, entry.undo.policy
        outcome = await self._attempts(entry.path, call, policy, undoing=True)
        if outcome.kind != "ok":
            self._stuck(entry, str(outcome.error or outcome.reason))

    def _stuck(self, entry: Entry, reason: str) -> None:
        self.instance.stuck.append(entry.path)
        title = entry.undo.call.operation.title
        whom = entry.undo.policy.page or "the owner"
        self.page(whom, f"{title} did not undo {entry.path}: {reason}")

    # -- what runs side by side, and flows as steps ------------------------------------------

    async def parallel(self, path: str, *branches: Branch) -> None:
        """Run branches side by side. Raises the first one's error, when all have settled; a
        halt outranks them all. Their ledgers join this one as a fork."""
        del path
        runs = [Run(self.instance, self._errors) for _ in branches]
        tasks = [branch.body(run) for branch, run in zip(branches, runs, strict=True)]
        settled = await asyncio.gather(*tasks, return_exceptions=True)
        self.ledger.entries.append(Fork([run.ledger for run in runs]))
        for branch, result in zip(branches, settled, strict=True):
            if not isinstance(result, BaseException):
                branch.bound = result
        failures = [result for result in settled if isinstance(result, BaseException)]
        failures.sort(key=_rank)
        for failure in failures[:1]:
            raise failure

    async def each(self, path: str, rounds: Sequence[Branch], width: int = 1) -> None:
        """Run rounds in batches; the next batch starts only if none failed."""
        for start in range(0, len(rounds), width):
            await self.parallel(path, *rounds[start : start + width])

    async def call(
        self,
        name: str,
        flow: str,
        given: Mapping[str, Any],
        kind: Any,
        *,
        compensate: Undo | Callable[[Any], Undo] | None = None,
        otherwise: Callable[[], Any] | None = None,
    ) -> Any:
        """Run another flow as one step, as a child workflow, and give its value.

        Raises the child's error, Cancelled or DeadlineExceeded at its start, and Halt if the
        child did not end clean.
        """
        await self._begin()
        async with self.undo_on(*([] if otherwise is None else [FlowError])):
            arguments = [encode(value) for value in given.values()]
            ending = await run_child(self.instance, name, flow, arguments, self._errors)
            value = decode(kind, ending)
            if compensate is not None:
                undo = compensate if isinstance(compensate, Undo) else compensate(value)
                self.ledger.entries.append(Entry(self.instance.prefix + name, undo))
            return value
        return None if otherwise is None else otherwise()

    # -- time and messages -------------------------------------------------------------------

    async def wait(self, span: timedelta) -> None:
        """Let a span pass. Raises Cancelled or DeadlineExceeded as soon as it is so."""
        await self._begin()
        due = self._due
        left = None if due is None else due - engine.now()
        await self._sleep(span if left is None else min(span, left), lambda: False)
        if self.instance.interrupted or (left is not None and left < span):
            await self._begin()

    async def wait_until(self, time: datetime) -> None:
        """Wait for a moment; one that has passed is not waited for."""
        await self._begin()
        await self.wait(time - engine.now())

    async def answer(
        self,
        name: str,
        kind: Any,
        *,
        within: timedelta | None = None,
        reminders: Sequence[Reminder] = (),
        asked: str | None = None,
    ) -> Any:
        """The message that somebody sends to this path. Raises TimedOut, and as a step does."""
        state, path = self.instance, self.instance.prefix + name
        await self._begin()
        began, due = engine.now(), self._due
        end = None if within is None else began + within
        last = min((at for at in (end, due) if at is not None), default=None)
        rounds = [0 for _ in reminders]
        at = path if asked is None else f"{path} from {asked}"
        state.at.append(at)
        try:
            while name not in state.mail or state.interrupted:
                if state.interrupted:
                    raise own(Cancelled())
                if last is not None and engine.now() >= last:
                    raise TimedOut(path) if last == end else own(DeadlineExceeded())
                moments = [
                    began + reminder.after * (number + 1)
                    if reminder.repeating or number == 0
                    else None
                    for reminder, number in zip(reminders, rounds, strict=True)
                ]
                for place, moment in enumerate(moments):
                    if moment is not None and engine.now() >= moment:
                        rounds[place] += 1
                        await reminders[place].body(rounds[place] - 1)
                        break
                else:
                    ends = [moment for moment in (last, *moments) if moment is not None]
                    left = None if not ends else min(ends) - engine.now()
                    await self._sleep(left, lambda: name in state.mail)
        finally:
            state.at.remove(at)
        return decode(kind, state.mail.pop(name))

    async def _sleep(self, left: timedelta | None, enough: Callable[[], bool]) -> None:
        """Until a span has passed, an interruption, or enough."""
        state = self.instance
        if left is None or left > timedelta():
            await engine.pause(lambda: state.interrupted or enough(), left)

    # -- the rest --------------------------------------------------------------------------

    async def commit(self) -> None:
        """The point of no return: what happened before stays. Raises as a step does."""
        await self._begin()
        self.ledger = Scope()
        self.instance.committed = True
        self.instance.phase = "committed"

    async def now(self, name: str) -> datetime:
        """The time, the same at every replay, in whole milliseconds."""
        del name
        time = engine.now()
        return time.replace(microsecond=time.microsecond // 1000 * 1000)

    async def uuid(self, name: str) -> str:
        """A random UUID, the same at every replay."""
        del name
        return engine.uuid()

    async def random(self, name: str) -> Decimal:
        """A random decimal in 0..1 with 6 places, the same at every replay."""
        del name
        return Decimal(int(engine.random() * 1_000_000)).scaleb(-6)

    def page(self, whom: str, what: str) -> None:
        """Tell somebody, without waiting for it."""
        telling = engine.page(whom, self.instance.id, what)
        self.instance.pages.append(asyncio.create_task(telling))


def _rank(failure: BaseException) -> int:
    """What is no part of the language first, then a halt, then errors."""
    if isinstance(failure, Halt):
        return 1
    return 2 if isinstance(failure, FlowError) else 0


def own(error: FlowError) -> FlowError:
    """Mark an error as the instance's own: nothing handles it."""
    error.own = True
    return error


class Caught:
    """A stretch of code that is undone by itself; `error` is what was caught, if anything."""

    def __init__(self, run: Run, errors: tuple[type[FlowError], ...]) -> None:
        self._run = run
        self._errors = errors
        self._outer = run.ledger
        self.error: FlowError | None = None

    async def __aenter__(self) -> Self:
        self._outer = self._run.ledger
        self._run.ledger = Scope()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        inner, self._run.ledger = self._run.ledger, self._outer
        if isinstance(error, self._errors) and isinstance(error, FlowError) and not error.own:
            self.error = error
            await self._run.unwind(inner)
            return True
        self._outer.entries.append(inner)
        return False
