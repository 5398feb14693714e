"""One instance of a flow as it runs: steps with their outcomes, the ledger, and unwinding."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, TypeVar, overload

from .attempt import Outcome, Services, attempt
from .calls import Blind, Call, Happened, Policy, Probe, Stop, Undo
from .clock import Clock
from .errors import Cancelled, DeadlineExceeded, FlowError, Halt, Unknown
from .events import Event, Kind, Watcher
from .ledger import Entry, Scope
from .values import instant, milliseconds

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
    """When an instance is due and how long unwinding may take, in milliseconds."""

    deadline: int | None = None
    compensate_within: int | None = None


class Run:
    """What the code of a flow is handed. Everything that is not pure goes through it."""

    def __init__(
        self,
        instance: str,
        journal: Journal,
        started: int,
        clock: Clock,
        services: Services,
        watcher: Watcher,
        limits: Limits,
    ) -> None:
        self.instance = instance
        self.ledger = Scope()
        self.committed = False
        self.stuck: list[str] = []
        self._journal = journal
        self._clock = clock
        self._services = services
        self._watcher = watcher
        self._limits = limits
        self._started = started

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
        frozen = compensate if isinstance(compensate, Undo) else None
        began = await self._begin(name, call, undo=frozen, guarded=True)
        if otherwise is None:
            return await self._effect(name, call, policy, on_unknown, compensate, began)
        outer, self.ledger = self.ledger, Scope()
        inner = self.ledger
        try:
            value = await self._effect(name, call, policy, on_unknown, compensate, began)
        except FlowError:
            self.ledger = outer
            await self.unwind(inner)
            return otherwise()
        except BaseException:
            outer.entries.append(inner)
            self.ledger = outer
            raise
        outer.entries.append(inner)
        self.ledger = outer
        return value

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
            elif name == "commit":
                self._tell("commit", "")
            return row

        row = await self._journal.once(f"{name} intent" + _nth(attempt), intend)
        self._clock.passed(row["at"])
        self._execution = row["execution"]
        if guarded:
            if row.get("cancelled"):
                raise Cancelled
            deadline = self._limits.deadline
            if deadline is not None and row["at"] >= self._started + deadline:
                raise DeadlineExceeded
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
            outcome = await attempt(call, self._services, self._clock, limit, silence)
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
        budget: int | None = None
        for entry in reversed(list(scope.flat())):
            name = f"{entry.path} undo"
            began = await self._begin(name, entry.undo.call)
            if budget is None and self._limits.compensate_within is not None:
                budget = began + self._limits.compensate_within
            if budget is not None and began >= budget:
                await self._stuck(name, entry, "no time left to compensate")
                continue
            call, policy = entry.undo.call, entry.undo.policy
            outcome = await self._attempts(name, entry.path, call, policy, began, undoing=True)
            if outcome.kind != "ok":
                await self._stuck(name, entry, str(outcome.error or outcome.reason))

    async def _stuck(self, name: str, entry: Entry, reason: str) -> None:
        self.stuck.append(entry.path)

        async def tell() -> bool:
            title = entry.undo.call.operation.title
            self._tell("stuck", entry.path, operation=title, detail=reason)
            self._tell("page", entry.path, detail=entry.undo.policy.page or "the owner")
            return True

        await self._journal.once(f"{name} stuck", tell)

    # -- the rest --------------------------------------------------------------------------

    async def commit(self) -> None:
        """The point of no return: what happened before stays. Raises as a step does."""
        await self._begin("commit", guarded=True)
        self.ledger = Scope()
        self.committed = True

    async def now(self, name: str) -> datetime:
        """The time, drawn once under that name."""

        async def draw() -> int:
            return self._clock.now()

        return instant(await self._journal.once(name, draw))

    async def uuid(self, name: str) -> str:
        """A random UUID, drawn once under that name."""

        async def draw() -> str:
            from uuid import uuid4

            return str(uuid4())

        return str(await self._journal.once(name, draw))

    async def random(self, name: str) -> Decimal:
        """A random decimal in 0..1 with 6 places, drawn once under that name."""

        async def draw() -> int:
            from secrets import randbelow

            return randbelow(1_000_000)

        return Decimal(await self._journal.once(name, draw)).scaleb(-6)

    def halted(self, halt: Halt) -> dict[str, Any]:
        """The ending of a halted instance, with its whole ledger."""
        ledger = [entry.to_json() for entry in self.ledger.flat()]
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
