"""Calls under their policies: attempts, waits between them, budgets; each kept in a journal."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

from .attempt import Outcome, Services, attempt
from .branches import Children
from .calls import Call, Policy, Undo
from .clock import Clock
from .errors import Cancelled, DeadlineExceeded
from .events import Event, Kind, Watcher
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
    ) -> int:
        """Record the intent of a call before anything happens; give the moment it was recorded.

        `guarded`: first look at cancel and deadline. Raises Cancelled, DeadlineExceeded.
        """
        guarded = guarded and not self.committed

        async def intend() -> dict[str, Any]:
            row: dict[str, Any] = {"at": self.clock.now(), "execution": self.journal.execution}
            if call is not None:
                row["call"] = call.to_json()
            if undo is not None:
                row["undo"] = undo.call.to_json()
            if guarded and self.cancelled:
                row["cancelled"] = True
            elif name == f"{self.prefix}commit":
                self.tell("commit", "")
            return row

        row = await self.journal.once(f"{name} intent" + _nth(attempt), intend)
        self.clock.passed(row["at"])
        self._execution = row["execution"]
        if guarded:
            if row.get("cancelled"):
                raise own(Cancelled())
            if self.limits.due is not None and row["at"] >= self.limits.due:
                raise own(DeadlineExceeded())
        return int(row["at"])

    async def attempts(
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
                await self.begin(name, call, attempt=number)
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
    ) -> Outcome:
        execution = self._execution

        async def go() -> dict[str, Any]:
            start = self.clock.now()
            if not repeatable and execution != self.journal.execution:
                return Outcome("unknown", start, reason="the process died meanwhile").to_json()
            limit = None if policy.timeout is None else milliseconds(policy.timeout)
            if end is not None:
                limit = end - start if limit is None else min(limit, end - start)
            silence = None if policy.heartbeat is None else milliseconds(policy.heartbeat)
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
            return outcome.to_json()

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
