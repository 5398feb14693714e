"""What Temporal gives a flow beside its activities: time, waits, draws, and pages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from .state import State

PAGING = RetryPolicy(maximum_attempts=10, maximum_interval=timedelta(minutes=1))


def now() -> datetime:
    """The time, the same at every replay."""
    return workflow.now()


def late(state: State) -> bool:
    """Whether the deadline has passed."""
    return state.due is not None and workflow.now() >= state.due


async def pause(enough: Callable[[], bool], left: timedelta | None = None) -> None:
    """Until it is enough, or so much time has passed."""
    with contextlib.suppress(asyncio.TimeoutError):
        await workflow.wait_condition(enough, timeout=left)


def uuid() -> str:
    """A random UUID, the same at every replay."""
    return str(workflow.uuid4())


def random() -> float:
    """A random number from 0 to below 1, the same at every replay."""
    return workflow.random().random()


async def page(whom: str, instance: str, what: str) -> None:
    """Tell somebody; that it fails is nothing to the flow."""
    with contextlib.suppress(Exception):
        await workflow.execute_activity(
            "flow.page",
            args=[whom, instance, what],
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=PAGING,
        )
