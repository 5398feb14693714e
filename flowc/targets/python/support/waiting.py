"""Waits and awaits: what ends them is decided once, and kept in the journal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from .errors import Cancelled, DeadlineExceeded, TimedOut
from .events import Kind
from .governed import Governed
from .mailbox import CANCEL, Message
from .seams import own
from .values import decode, milliseconds, since_epoch

if TYPE_CHECKING:
    from .run import Run


@dataclass(frozen=True)
class Remind:
    """What is done while nobody answers: after a span, or (`repeating`) every so often. `body`
    is given the number of the round, from 0."""

    span: timedelta
    body: Callable[[Run, int], Awaitable[None]]
    repeating: bool = False


@dataclass(frozen=True)
class Answered:
    """What came for an await."""

    value: Any


class Waiting(Governed):
    """The part of a run that lets time pass."""

    async def wait(self, span: timedelta, name: str = "wait", *, nth: int = 1) -> None:
        """Let a span pass; the pause of a loop is called `every`. `nth`: which of the waits in
        the flow's text it is. Raises Cancelled or DeadlineExceeded as soon as it is so."""
        path, length = self.prefix + name, milliseconds(span)
        began = await self.begin(path, guarded=True, within=length, nth=nth)
        await self._until(path, began, began + length)

    async def wait_until(self, time: datetime, name: str = "wait", *, nth: int = 1) -> None:
        """Wait for a moment; one that has passed is not waited for."""
        path, end = self.prefix + name, since_epoch(time)
        began = await self.begin(path, guarded=True, until=end, nth=nth)
        await self._until(path, began, end)

    async def _until(self, path: str, began: int, end: int) -> None:
        if end > began:
            self._stop(await self._rest(f"{path} end", began, end, path))

    async def answer(
        self,
        name: str,
        kind: Any,
        *,
        within: timedelta | None = None,
        who: str | None = None,
        remind: Sequence[Remind] = (),
        nth: int = 1,
    ) -> Any:
        """Wait for an answer of a type. `nth`: which of the awaits of that name in the flow's
        text it is. Raises TimedOut, Cancelled or DeadlineExceeded."""
        found = await self.answer_or_none(
            name, kind, within=within, who=who, remind=remind, nth=nth
        )
        if found is None:
            raise TimedOut(self.prefix + name)
        return found.value

    async def answer_or_none(
        self,
        name: str,
        kind: Any,
        *,
        within: timedelta | None = None,
        who: str | None = None,
        remind: Sequence[Remind] = (),
        nth: int = 1,
    ) -> Answered | None:
        """As `answer`, but None if nobody answered in time. A reminder that runs settles first;
        a timeout beats a reminder that is due at the same moment."""
        path = self.prefix + name
        length = None if within is None else milliseconds(within)
        began = await self.begin(path, guarded=True, awaits=who or "", within=length, nth=nth)
        end = None if length is None else began + length
        rounds = [0] * len(remind)
        woken = 0
        while True:
            due = [
                (began + milliseconds(each.span) * (rounds[n] + 1), n)
                for n, each in enumerate(remind)
                if each.repeating or not rounds[n]
            ]
            woken += 1
            nudge = min(due, default=None)
            moment = None if nudge is None else nudge[0]
            row = await self._rest(f"{path} woken {woken}", began, end, path, moment, who or "")
            if row["ended"] != "nudge" or nudge is None:
                break
            number = min(n for moment, n in due if moment <= row["at"])
            await remind[number].body(cast("Run", self), rounds[number])
            rounds[number] += 1
        self._stop(row)
        if row["ended"] == "due":
            return None
        return Answered(decode(kind, row["value"], closed=True))

    async def _rest(
        self,
        name: str,
        began: int,
        end: int | None,
        path: str,
        nudge: int | None = None,
        who: str | None = None,
    ) -> dict[str, Any]:
        """Rest until `end`, the moment `nudge`, cancel, deadline, or an answer to `path` where
        somebody is asked; give which it was, as the journal keeps it."""
        due = None if self.committed else self.limits.due

        def arrivals() -> list[int]:
            found = [] if who is None else [self.children.mail.find(self.instance, path)]
            if not self.committed and not self.deaf:
                found.append(self.children.mail.find(self.instance, CANCEL))
            return [message.at for message in found if message is not None]

        async def rest() -> dict[str, Any]:
            if path not in self._resting and not arrivals():
                self._resting.add(path)
                kind: Kind = "waits" if who is None else "awaits"
                self.tell(kind, path, detail=who or "", until=end)
            row = await wake()
            if row["ended"] != "nudge":
                self._resting.discard(path)
                self.tell("woken", path, outcome=row["ended"], took=row["at"] - began)
            return row

        async def wake() -> dict[str, Any]:
            moments = [moment for moment in (end, due, nudge) if moment is not None]
            self.children.waiting[self.instance] += 1
            try:
                with self.children.mail.watch(self.instance) as watch:
                    await self.clock.rest(min(moments, default=None), watch, arrivals)
            finally:
                self.children.waiting[self.instance] -= 1
            now = self.clock.now()
            answer = None if who is None else self._answer_to(path)
            if self.cancelled:
                return {"at": now, "ended": "cancelled"}
            if answer is not None:
                return {"at": now, "ended": "answer", "value": answer.payload}
            if end is not None and now >= end and (due is None or end <= due):
                return {"at": now, "ended": "due"}
            if due is not None and now >= due:
                return {"at": now, "ended": "deadline"}
            return {"at": now, "ended": "nudge"}

        row: dict[str, Any] = await self.journal.once(name, rest)
        self.passed(row["at"])
        return row

    def _answer_to(self, path: str) -> Message | None:
        found = self.children.mail.find(self.instance, path)
        return found if found is not None and self.clock.arrived(found.at) else None

    def _stop(self, row: dict[str, Any]) -> None:
        if row["ended"] == "cancelled":
            raise own(Cancelled())
        if row["ended"] == "deadline":
            raise own(DeadlineExceeded())
