"""What Cadence gives a flow beside its activities: time, waits, draws, and pages."""

from __future__ import annotations

import asyncio
import contextlib
import random as dice
import uuid as ids
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from . import workflow
from .invoking import PAGE
from .state import State
from .values import instant, since_epoch

LONGEST = timedelta(days=3650)  # what has no limit of its own
PAGING = {
    "initial_interval": timedelta(seconds=1),
    "backoff_coefficient": 2.0,
    "maximum_interval": timedelta(minutes=1),
    "maximum_attempts": 10,
}


class Source:
    """Where the time comes from. Rehearsals put the clock of their environment here."""

    read: Callable[[], datetime] = staticmethod(lambda: datetime.now(UTC))


@dataclass
class _Clock:
    """One instance's: the moment of its last waking, if somebody asked, and its deadline."""

    moment: datetime | None = None
    past: bool = False
    alarm: asyncio.Task[None] | None = None


_clock: ContextVar[_Clock] = ContextVar("_clock")


def begin() -> None:
    """Give the instance that begins here a clock; its branches share it."""
    _clock.set(_Clock())


def now() -> datetime:
    """The time, the same at every replay, in whole milliseconds.

    The client has no clock for workflows: what it calls the current time differs between a
    decision and its replay. The first who asks after a waking writes a marker into the history.
    """
    clock = _clock.get()
    if clock.moment is None:
        clock.moment = instant(workflow.side_effect(lambda: since_epoch(Source.read()), int))
    return clock.moment


def set_deadline(due: datetime) -> None:
    """Start the timer of the deadline."""
    clock, left = _clock.get(), due - now()
    clock.past = left <= timedelta()
    if not clock.past:
        clock.alarm = asyncio.create_task(sleep(left))


def late(state: State) -> bool:
    """Whether the deadline has passed."""
    del state
    clock = _clock.get()
    return clock.past or (clock.alarm is not None and clock.alarm.done())


def woken() -> None:
    """Something came from outside: time may have passed.

    Not for `finally`: what is left of a discarded replay ends there, while another one runs.
    """
    _clock.get().moment = None


def whole(span: timedelta) -> timedelta:
    """Whole seconds, rounded up: what Cadence counts in."""
    return timedelta(seconds=ceil(span / timedelta(seconds=1)))


async def sleep(span: timedelta) -> None:
    """Let a span pass."""
    await workflow.sleep(whole(span))
    woken()


async def pause(enough: Callable[[], bool], left: timedelta | None = None) -> None:
    """Until it is enough, or so much time has passed."""
    if enough():
        return
    if left is None:
        await workflow.wait_condition(enough)
    else:
        timer = asyncio.create_task(sleep(left))
        await workflow.wait_condition(lambda: enough() or timer.done())
        timer.cancel()
    woken()


def uuid() -> str:
    """A random UUID, the same at every replay."""
    return workflow.side_effect(lambda: str(ids.uuid4()), str)


def random() -> float:
    """A random number from 0 to below 1, the same at every replay."""
    return workflow.side_effect(dice.random, float)


async def page(whom: str, instance: str, what: str) -> None:
    """Tell somebody; that it fails is nothing to the flow."""
    with contextlib.suppress(Exception):
        await workflow.execute_activity(
            PAGE,
            bool,
            whom,
            instance,
            what,
            options={
                "schedule_to_start_timeout": timedelta(days=1),
                "start_to_close_timeout": timedelta(seconds=30),
                "schedule_to_close_timeout": timedelta(days=1),
                "retry_policy": PAGING,
            },
        )
