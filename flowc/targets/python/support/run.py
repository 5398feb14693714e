"""One instance of a flow as it runs: steps with their outcomes, the ledger, and unwinding."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, overload

from .attempt import Outcome, Services, attempt
from .branches import Branch, Children, run_all, unwind_fork
from .calls import Blind, Call, Happened, Policy, Probe, Stop, Undo
from .clock import Clock
from .errors import Cancelled, DeadlineExceeded, FlowError, Halt, Unknown, read_error
from .events import Event, Kind, Watcher
from .ledger import Entry, Fork, Scope
from .values import decode, encode, instant, milliseconds, since_epoch

T = TypeVar("T")
U = TypeVar("U")
Answer = Probe[T] | Happened | Blind | Stop


class Journal(Protocol):
    """What remembers: work done once is never done again, also after a crash."""

    @property
    def execution(self) -> str:
        """Changes whenever the instance is picked up again."""

    async def once(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do the work and keep its JSON result; or return the result that was kept."""

    async def sleep(self, span: int) -> None:
        """Let milliseconds pass, through crashes."""

    async def cancelled(self) -> bool:
        """Whether somebody asked for the instance to be cancelled."""


@dataclass(frozen=True)
class Limits:
    """The moment an instance is due, and how many milliseconds unwinding may take."""

    due: int | None = None
    compensate_within: int | None = None


class Run:
    """What the code of a flow is handed. Everything that is not pure goes through it."""

    def __init__(
        self,
        instance: str,
        journal: Journal,
        clock: Clock,
        services: Services,
        watcher: Watcher,
        limits: Limits,
        children: Children,
        prefix: str = "",
    ) -> None:
        """`prefix` leads to a flow that runs as a step of another: `check/`."""
        self.instance = instance
        self.prefix = prefix
        self.children = children
        self.limits = limits
        self.ledger = Scope()
        self.committed = False
        self.stuck: list[str] = []
        self._journal = journal
        self._clock = clock
        self._services = services
        self._watcher = watcher
        self._made = 0

    @property
    def now_ms(self) -> int:
        """The moment it is, in milliseconds since 1970: for the journal's rows only."""
        return self._clock.now()

    def passed(self, moment: int) -> None:
        """Learn from the journal that it is at least that moment."""
        self._clock.passed(moment)

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
        path = self.prefix + name
        frozen = compensate if isinstance(compensate, Undo) else None
        began = await self._begin(path, call, undo=frozen, guarded=True)
        if otherwise is None:
            return await self._effect(path, call, policy, on_unknown, compensate, began)
        async with self.undo_on(FlowError) as caught:
            return await self._effect(path, call, policy, on_unknown, compensate, began)
        del caught
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
        began: int,
    ) -> Any:
        outcome = await self._attempts(path, path, call, policy, began)
        if outcome.kind == "fail" and outcome.error is not None:
            raise outcome.error
        value = outcome.value
        if outcome.kind == "unknown":
            value = await self._answer(path, outcome.reason, on_unknown, compensate)
        if callable(compensate):
            self.ledger.entries.append(Entry(path, compensate(value)))
        elif compensate is not None:
            self.ledger.entries.append(Entry(path, compensate))
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
                asked = f"{path} probe"
                began = await self._begin(asked, answer.call)
                probed = await self._attempts(asked, path, answer.call, answer.policy, began)
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

    # -- attempts --------------------------------------------------------------------------

    async def _begin(
        self,
        name: str,
        call: Call[Any] | None = None,
        *,
        undo: Undo | None = None,
        guarded: bool = False,
        attempt: int = 1,
    ) -> int:
        """Record the intent of a call before anything happens; give the moment it was recorded.

        `guarded`: first look at cancel and deadline. Raises Cancelled, DeadlineExceeded.
        """
        guarded = guarded and not self.committed

        async def intend() -> dict[str, Any]:
            row: dict[str, Any] = {"at": self._clock.now(), "execution": self._journal.execution}
            if call is not None:
                row["call"] = call.to_json()
            if undo is not None:
                row["undo"] = undo.call.to_json()
            if guarded and await self._journal.cancelled():
                row["cancelled"] = True
            elif name == f"{self.prefix}commit":
                self._tell("commit", "")
            return row

        row = await self._journal.once(f"{name} intent" + _nth(attempt), intend)
        self._clock.passed(row["at"])
        self._execution = row["execution"]
        if guarded:
            if row.get("cancelled"):
                raise own(Cancelled())
            if self.limits.due is not None and row["at"] >= self.limits.due:
                raise own(DeadlineExceeded())
        return int(row["at"])

    async def _attempts(
        self,
        name: str,
        path: str,
        call: Call[T],
        policy: Policy,
        began: int,
        *,
        undoing: bool = False,
    ) -> Outcome:
        """Attempt a call until its policy has enough; give the outcome that stands."""
        operation = call.operation
        repeatable = operation.repeatable or (undoing and operation.absorbing)
        end = None if policy.within is None else began + milliseconds(policy.within)
        declared: Outcome | None = None
        number = 0
        while True:
            number += 1
            if number > 1 and not repeatable:
                await self._begin(name, call, attempt=number)
            outcome = await self._attempt(name, call, policy, number, end, repeatable)
            if outcome.kind == "fail" and outcome.error is not None:
                declared = outcome
                if not outcome.error.transient:
                    return outcome
            if outcome.kind == "ok":
                return outcome
            if outcome.final or (outcome.kind == "unknown" and not repeatable):
                break
            wait = policy.wait(number, self._luck(name, number))
            if policy.attempts is not None and number >= policy.attempts:
                break
            if end is not None and outcome.at + wait >= end:
                break
            if wait > 0:
                await self._clock.sleep(wait, self._journal.sleep)
        if policy.page is not None and not undoing:
            await self._page(name, path, policy.page)
        if operation.kind == "read":
            return declared or outcome
        if outcome.kind == "fail" and policy.attempts != 1:
            return Outcome("unknown", outcome.at, reason=str(outcome.error))
        return outcome

    async def _attempt(
        self,
        name: str,
        call: Call[Any],
        policy: Policy,
        number: int,
        end: int | None,
        repeatable: bool,
    ) -> Outcome:
        execution = self._execution

        async def go() -> dict[str, Any]:
            start = self._clock.now()
            if not repeatable and execution != self._journal.execution:
                return Outcome("unknown", start, reason="the process died meanwhile").to_json()
            limit = None if policy.timeout is None else milliseconds(policy.timeout)
            if end is not None:
                limit = end - start if limit is None else min(limit, end - start)
            silence = None if policy.heartbeat is None else milliseconds(policy.heartbeat)
            self.children.working[self.instance] += 1
            try:
                outcome = await attempt(call, self._services, self._clock, limit, silence)
            finally:
                self.children.working[self.instance] -= 1
            said = "ok" if outcome.kind == "ok" else str(outcome.error or outcome.reason)
            self._tell(
                "attempt",
                name,
                operation=call.operation.title,
                attempt=number,
                outcome="failed" if outcome.kind == "fail" else outcome.kind,
                detail="" if outcome.kind == "ok" else said,
                took=outcome.at - start,
            )
            return outcome.to_json()

        row = await self._journal.once(name + _nth(number), go)
        outcome = Outcome.from_json(call, row)
        self._clock.passed(outcome.at)
        return outcome

    def _luck(self, name: str, number: int) -> float:
        """Jitter that is the same whenever the instance is replayed: 0..1."""
        seed = f"{self.instance}\0{name}\0{number}".encode()
        return int.from_bytes(hashlib.sha256(seed).digest()[:4], "big") / 2**32

    # -- unwinding -------------------------------------------------------------------------

    async def unwind(self, scope: Scope) -> None:
        """Undo a scope, last effect first. What cannot be undone is stuck; the rest goes on."""
        if not any(True for _ in scope.flat()):
            return
        budget = self.limits.compensate_within
        if budget is not None:
            budget += await self._begin(f"{self.prefix}unwind")
        await self.unwind_within(scope, budget)

    async def unwind_within(self, scope: Scope, budget: int | None) -> None:
        """As `unwind`; nothing starts at or after the moment `budget`."""
        for entry in reversed(scope.entries):
            match entry:
                case Entry():
                    await self._undo(entry, budget)
                case Scope():
                    await self.unwind_within(entry, budget)
                case Fork():
                    await unwind_fork(self, entry, self._fresh("unwind"), budget)

    async def _undo(self, entry: Entry, budget: int | None) -> None:
        name = f"{entry.path} undo"
        began = await self._begin(name, entry.undo.call)
        if budget is not None and began >= budget:
            await self._stuck(name, entry, "no time left to compensate")
            return
        call, policy = entry.undo.call, entry.undo.policy
        outcome = await self._attempts(name, entry.path, call, policy, began, undoing=True)
        if outcome.kind != "ok":
            await self._stuck(name, entry, str(outcome.error or outcome.reason))

    def _fresh(self, word: str) -> str:
        """A path that this run has not used yet."""
        self._made += 1
        return f"{self.prefix}{word} {self._made}"

    async def _stuck(self, name: str, entry: Entry, reason: str) -> None:
        self.stuck.append(entry.path)

        async def tell() -> bool:
            title = entry.undo.call.operation.title
            self._tell("stuck", entry.path, operation=title, detail=reason)
            self._tell("page", entry.path, detail=entry.undo.policy.page or "the owner")
            return True

        await self._journal.once(f"{name} stuck", tell)

    # -- what runs side by side, and flows as steps ------------------------------------------

    async def parallel(self, path: str, *branches: Branch) -> None:
        """Run branches side by side. Raises the first one's error, when all have settled."""
        if branches:
            await run_all(self, self.prefix + path, branches)

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
        """Run another flow as one step and give its value.

        Raises the child's error, Cancelled or DeadlineExceeded at its start, and Halt if the
        child did not end clean.
        """
        path = self.prefix + name
        await self._begin(path, guarded=True)
        async with self.undo_on(*([] if otherwise is None else [FlowError])) as caught:
            value = await self._child(path, flow, given, kind)
            if callable(compensate):
                self.ledger.entries.append(Entry(path, compensate(value)))
            elif compensate is not None:
                self.ledger.entries.append(Entry(path, compensate))
            return value
        del caught
        return None if otherwise is None else otherwise()

    async def chosen(self, path: str, choose: Callable[[], str]) -> str:
        """A choice that is made once and then remembered under a path."""

        async def draw() -> str:
            return choose()

        return str(await self._journal.once(f"{path} flow", draw))

    async def _child(self, path: str, flow: str, given: Mapping[str, Any], kind: Any) -> Any:
        encoded = {name: encode(value) for name, value in given.items()}
        ending = await self.children.call(self, path, flow, encoded)
        self.passed(ending["at"])
        match ending["ending"]:
            case "Completed":
                return decode(kind, ending["value"])
            case "Compensated":
                raise read_error(ending["error"], self.children.errors)
            case word:
                raise Halt(path, f"{flow} ended {word}")

    # -- time ------------------------------------------------------------------------------

    async def wait(self, span: timedelta) -> None:
        """Let a span pass. Raises Cancelled or DeadlineExceeded as soon as it is so."""
        began = await self._begin(f"{self.prefix}wait", guarded=True)
        await self._sleep(began, began + milliseconds(span))

    async def wait_until(self, time: datetime) -> None:
        """Wait for a moment; one that has passed is not waited for."""
        began = await self._begin(f"{self.prefix}wait", guarded=True)
        await self._sleep(began, since_epoch(time))

    async def _sleep(self, began: int, end: int) -> None:
        due = None if self.committed else self.limits.due
        late = due is not None and due < end
        span = (due if late and due is not None else end) - began
        if span > 0:
            self.children.waiting[self.instance] += 1
            try:
                await self._clock.sleep(span, self._journal.sleep)
            finally:
                self.children.waiting[self.instance] -= 1
        if late:
            raise own(DeadlineExceeded())

    # -- the rest --------------------------------------------------------------------------

    async def commit(self) -> None:
        """The point of no return: what happened before stays. Raises as a step does."""
        await self._begin(f"{self.prefix}commit", guarded=True)
        self.ledger = Scope()
        self.committed = True

    async def now(self, name: str) -> datetime:
        """The time, drawn once under that name."""

        async def draw() -> int:
            return self._clock.now()

        return instant(await self._journal.once(self.prefix + name, draw))

    async def uuid(self, name: str) -> str:
        """A random UUID, drawn once under that name."""

        async def draw() -> str:
            from uuid import uuid4

            return str(uuid4())

        return str(await self._journal.once(self.prefix + name, draw))

    async def random(self, name: str) -> Decimal:
        """A random decimal in 0..1 with 6 places, drawn once under that name."""

        async def draw() -> int:
            from secrets import randbelow

            return randbelow(1_000_000)

        return Decimal(await self._journal.once(self.prefix + name, draw)).scaleb(-6)

    def halted(self, halt: Halt) -> dict[str, Any]:
        """The ending of a halted instance, with its whole ledger."""
        ledger = [entry.shown() for entry in self.ledger.flat()]
        return {"ending": "Halted", "step": halt.step, "reason": halt.reason, "ledger": ledger}

    async def _page(self, name: str, path: str, whom: str) -> None:
        async def tell() -> bool:
            self._tell("page", path, detail=whom)
            return True

        await self._journal.once(f"{name} page", tell)

    def _tell(self, kind: Kind, path: str, **said: Any) -> None:
        self._watcher(Event(kind, self.instance, path, **said))


def _nth(number: int) -> str:
    return "" if number == 1 else f" #{number}"


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
