"""The one seam to time: what now is, how to sleep, how an attempt is cut; real or virtual."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from .mailbox import Watch
from .values import milliseconds

T = TypeVar("T")
Sleep = Callable[[int], Awaitable[None]]
Arrivals = Callable[[], list[int]]
LONGEST_NAP = 3600.0  # seconds


class Cut(Exception):
    """The attempt was cut: its time ended or its heartbeat was lost."""


class Clock(Protocol):
    """All moments and spans are whole milliseconds."""

    def now(self) -> int:
        """The moment it is."""

    def passed(self, moment: int) -> None:
        """Learn from the journal that it is at least that moment."""

    async def sleep(self, span: int, durably: Sleep) -> None:
        """Let a span pass; the journal's own sleep survives a crash."""

    def arrived(self, at: int) -> bool:
        """Whether a message that was posted at a moment is here."""

    async def rest(self, until: int | None, watch: Watch, arrivals: Arrivals) -> None:
        """Let time pass until a moment, None: for ever; a message ends it. `arrivals` gives the
        moments of those that would."""

    async def cut(
        self, work: Coroutine[Any, Any, T], limit: int | None, heartbeat: int | None
    ) -> T:
        """Await work for at most `limit`, with no silence above `heartbeat`. Raises Cut."""


class _Pulse:
    """When an attempt last gave a sign of life."""

    def __init__(self) -> None:
        self.last = time.monotonic()


_pulse: ContextVar[_Pulse | None] = ContextVar("_pulse", default=None)


def heartbeat() -> None:
    """Say from inside a long action that it is alive; harmless anywhere else."""
    pulse = _pulse.get()
    if pulse is not None:
        pulse.last = time.monotonic()


class RealClock:
    """The clock on the wall."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def passed(self, moment: int) -> None:
        del moment

    async def sleep(self, span: int, durably: Sleep) -> None:
        await durably(span)

    def arrived(self, at: int) -> bool:
        del at
        return True

    async def rest(self, until: int | None, watch: Watch, arrivals: Arrivals) -> None:
        while True:
            watch.clear()
            left = LONGEST_NAP if until is None else min(LONGEST_NAP, (until - self.now()) / 1000)
            if left <= 0 or arrivals():
                return
            await watch.wait(left)

    async def cut(
        self, work: Coroutine[Any, Any, T], limit: int | None, heartbeat: int | None
    ) -> T:
        pulse = _Pulse()
        token = _pulse.set(pulse)
        task = asyncio.ensure_future(work)
        _pulse.reset(token)
        end = None if limit is None else pulse.last + limit / 1000
        try:
            while True:
                now = time.monotonic()
                waits = [] if end is None else [end - now]
                if heartbeat is not None:
                    waits.append(pulse.last + heartbeat / 1000 - now)
                done, _ = await asyncio.wait({task}, timeout=max(min(waits), 0) if waits else None)
                if done:
                    return task.result()
                now = time.monotonic()
                if end is not None and now >= end:
                    raise Cut("no answer in time")
                if heartbeat is not None and now >= pulse.last + heartbeat / 1000:
                    raise Cut("lost heartbeat")
        finally:
            if not task.done():
                task.add_done_callback(_swallow)
                task.cancel()


def _swallow(task: asyncio.Task[Any]) -> None:
    """Take the result of work that nobody waits for any longer."""
    if not task.cancelled():
        task.exception()


class _Meter:
    def __init__(self) -> None:
        self.spent: float = 0


_meter: ContextVar[_Meter | None] = ContextVar("_meter", default=None)


def spend(span: timedelta | None) -> None:
    """In a test's service: let virtual time pass inside an attempt; None is forever."""
    meter = _meter.get()
    if meter is None:
        raise RuntimeError("spend() needs an attempt under a virtual clock")
    meter.spent += float("inf") if span is None else milliseconds(span)


class VirtualClock:
    """Time that passes only where somebody waits: each instance has its own timeline."""

    def __init__(self, start: int) -> None:
        self._now = start

    def now(self) -> int:
        return self._now

    def passed(self, moment: int) -> None:
        self._now = max(self._now, moment)

    async def sleep(self, span: int, durably: Sleep) -> None:
        del durably
        self._now += span

    def arrived(self, at: int) -> bool:
        return at <= self._now

    async def rest(self, until: int | None, watch: Watch, arrivals: Arrivals) -> None:
        while True:
            watch.clear()
            first = min(arrivals(), default=None)
            moments = [moment for moment in (until, first) if moment is not None]
            if moments:
                self._now = max(self._now, min(moments))
                return
            await watch.wait(None)

    async def cut(
        self, work: Coroutine[Any, Any, T], limit: int | None, heartbeat: int | None
    ) -> T:
        del heartbeat
        meter = _Meter()
        token = _meter.set(meter)
        try:
            return await work
        finally:
            _meter.reset(token)
            over = limit is not None and meter.spent > limit
            if meter.spent == float("inf") and limit is None:
                raise RuntimeError("an attempt without a limit cannot take forever")
            self._now += limit if over and limit is not None else int(meter.spent)
            if over:  # whatever it gave or raised would have come too late
                raise Cut("no answer in time")
