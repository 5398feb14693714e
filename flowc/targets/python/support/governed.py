"""Calls under their policies: attempts, waits between them, budgets; each kept in a journal."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

from .attempt import Outcome, Services, attempt
from .branches import Children
from .calls import Call, Policy, Undo
from .clock import Clock
from .errors import Cancelled, DeadlineExceeded
from .events import Event, Kind, Watcher
from .journal import STOPPED, StateFailure
from .ledger import Scope
from .mailbox import CANCEL
from .seams import Journal, Limits, own
from .values import milliseconds

T = TypeVar("T")


class Governed:
    """The part of a run that calls operations."""

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
        self.journal = journal
        self.clock = clock
        self._services = services
        self._watcher = watcher
        self._made = 0
        self._number = 0  # of the last attempt
        self._fresh = False  # the last attempt was made here, and not replayed
        self._resting: set[str] = set()  # waits of which has been told
        self.restarted = False  # the last intent is where a restart begins
        self.deaf = False  # the flow that called this one has committed

    @property
    def now_ms(self) -> int:
        """The moment it is, in milliseconds since 1970: for the journal's rows only."""
        return self.clock.now()

    @property
    def cancelled(self) -> bool:
        """Whether the instance was asked to stop, and still listens."""
        if self.committed or self.deaf:
            return False
        asked = self.children.mail.find(self.instance, CANCEL)
        return asked is not None and self.clock.arrived(asked.at)

    def passed(self, moment: int) -> None:
        """Learn from the journal that it is at least that moment."""
        self.clock.passed(moment)

    # -- attempts --------------------------------------------------------------------------

    async def begin(
        self,
        name: str,
        call: Call[Any] | None = None,
        *,
        undo: Undo | None = None,
        guarded: bool = False,
        attempt: int = 1,
        awaits: str | None = None,
        within: int | None = None,
        until: int | None = None,
        nth: int = 1,
    ) -> int:
        """Record the intent of a call before anything happens; give the moment it was recorded.

        `guarded`: first look at pause, cancel and deadline. `awaits` is who is asked for an
        answer, `within` or `until` how long. `nth`: which of the statements of that name in the
        flow's text it is. Raises Cancelled, DeadlineExceeded.
        """
        if guarded:
            await self._unpaused(name)
        guarded = guarded and not self.committed
        commits = False

        def intend() -> dict[str, Any]:
            row: dict[str, Any] = {"at": self.clock.now(), "execution": self.journal.execution}
            if call is not None:
                row["call"] = call.to_json()
            if undo is not None:
                row["undo"] = undo.call.to_json()
            if nth > 1:
                row["nth"] = nth
            if awaits is not None:
                row["awaits"] = awaits
            if until is not None or within is not None:
                row["until"] = row["at"] + within if within is not None else until
            if self.journal.restarting:
                row["restarted"] = True
            elif guarded and self.cancelled:
                row["cancelled"] = True
            elif guarded and self.limits.due is not None and row["at"] >= self.limits.due:
                row["late"] = True
            else:
                nonlocal commits
                commits = name == f"{self.prefix}commit"
            return row

        row = await self.journal.note(f"{name} intent" + _nth(attempt), intend)
        if commits:
            self.tell("commit", self.prefix[:-1])
        self.clock.passed(row["at"])
        self._execution = row["execution"]
        self.restarted = bool(row.get("restarted"))
        if row.get("cancelled"):
            raise own(Cancelled())
        if row.get("late"):
            raise own(DeadlineExceeded())
        return int(row["at"])

    async def _unpaused(self, name: str) -> None:
        """Wait while people hold the instance; cancel and deadline end that, too."""
        mail = self.children.mail
        if not mail.paused(self.instance):
            return
        due = None if self.committed else self.limits.due

        def arrivals() -> list[int]:
            held = mail.paused(self.instance) and not self.cancelled
            return [] if held else [self.clock.now()]

        self.tell("paused", name)
        self.children.waiting[self.instance] += 1
        try:
            with mail.watch(self.instance) as watch:
                await self.clock.rest(due, watch, arrivals)
        except asyncio.CancelledError:
            raise StateFailure(STOPPED) from None
        finally:
            self.children.waiting[self.instance] -= 1

    async def attempts(
        self,
        name: str,
        path: str,
        call: Call[T],
        policy: Policy,
        began: int,
        *,
        undoing: bool = False,
        freeze: Callable[[T], Undo] | None = None,
    ) -> Outcome:
        """Attempt a call until its policy has enough; give the outcome that stands. `freeze`
        makes the compensation of a value: it is recorded with it."""
        outcome = await self._settle(name, path, call, policy, began, undoing, freeze)
        if self._fresh:
            said = "" if outcome.kind == "ok" else str(outcome.error or outcome.reason)
            self.tell(
                "settled",
                name,
                operation=call.operation.title,
                attempt=self._number,
                outcome="failed" if outcome.kind == "fail" else outcome.kind,
                detail=said,
                took=outcome.at - began,
            )
        return outcome

    async def _settle(
        self,
        name: str,
        path: str,
        call: Call[T],
        policy: Policy,
        began: int,
        undoing: bool,
        freeze: Callable[[T], Undo] | None,
    ) -> Outcome:
        operation = call.operation
        repeatable = operation.repeatable or (undoing and operation.absorbing)
        end = None if policy.within is None else began + milliseconds(policy.within)
        declared: Outcome | None = None
        number = 0
        while True:
            number += 1
            if number > 1 and not repeatable:
                await self.begin(name, call, attempt=number)
            outcome = await self._attempt(name, call, policy, number, end, repeatable, freeze)
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
                if self._fresh:
                    self.tell("retry", name, attempt=number + 1, until=outcome.at + wait)
                await self.clock.sleep(wait, self.journal.sleep)
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
        freeze: Callable[[Any], Undo] | None,
    ) -> Outcome:
        execution = self._execution
        self._fresh = False
        self._number = number

        async def go() -> dict[str, Any]:
            self._fresh = True
            start = self.clock.now()
            if not repeatable and execution != self.journal.execution:
                return Outcome("unknown", start, reason="the process died meanwhile").to_json()
            limit = None if policy.timeout is None else milliseconds(policy.timeout)
            if end is not None:
                limit = end - start if limit is None else min(limit, end - start)
            silence = None if policy.heartbeat is None else milliseconds(policy.heartbeat)
            self.tell("begins", name, operation=call.operation.title, attempt=number)
            self.children.working[self.instance] += 1
            try:
                outcome = await attempt(call, self._services, self.clock, limit, silence)
            finally:
                self.children.working[self.instance] -= 1
            said = "ok" if outcome.kind == "ok" else str(outcome.error or outcome.reason)
            self.tell(
                "attempt",
                name,
                operation=call.operation.title,
                attempt=number,
                outcome="failed" if outcome.kind == "fail" else outcome.kind,
                detail="" if outcome.kind == "ok" else said,
                took=outcome.at - start,
            )
            row = outcome.to_json()
            if freeze is not None and outcome.kind == "ok" and outcome.value is not None:
                with contextlib.suppress(Exception):  # raised again where it is entered
                    row["undo"] = freeze(outcome.value).call.to_json()
            return row

        row = await self.journal.once(name + _nth(number), go)
        outcome = Outcome.from_json(call, row)
        self.clock.passed(outcome.at)
        return outcome

    def _luck(self, name: str, number: int) -> float:
        """Jitter that is the same whenever the instance is replayed: 0..1."""
        seed = f"{self.instance}\0{name}\0{number}".encode()
        return int.from_bytes(hashlib.sha256(seed).digest()[:4], "big") / 2**32

    async def _page(self, name: str, path: str, whom: str) -> None:
        async def tell() -> bool:
            self.tell("page", path, detail=whom)
            return True

        await self.journal.once(f"{name} page", tell)

    def tell(self, kind: Kind, path: str, **said: Any) -> None:
        self._watcher(Event(kind, self.instance, path, **said))


def _nth(number: int) -> str:
    return "" if number == 1 else f" #{number}"
