"""The order process as an engineer would write it for Temporal by hand, beside what is emitted.

Compensations are entered before their step, a cancel cannot stop them, every call has limits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError, is_cancelled_exception

CALL = timedelta(seconds=10)
STEP = timedelta(minutes=5)
UNDO = timedelta(hours=2)
FORWARD = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    maximum_interval=timedelta(seconds=30),
    maximum_attempts=5,
    non_retryable_error_types=["OutOfStock", "CardDeclined"],
)
BACKWARD = RetryPolicy(maximum_interval=timedelta(minutes=10))
TITLES = (
    *("inventory.reserve", "fraud.score", "payments.charge", "shipping.create", "mail.confirm"),
    *("inventory.release", "payments.refund", "shipping.cancel"),
)


def _activity(title: str) -> Callable[..., Any]:
    @activity.defn(name=title)
    async def perform(order: str) -> str:
        return f"{title} {order}"

    return perform


ACTIVITIES = [_activity(title) for title in TITLES]


@workflow.defn(name="OrderByHand")
class OrderByHand:
    """Hold the stock, score, charge, ship, confirm; undo in reverse what was done."""

    def __init__(self) -> None:
        self._undo: list[str] = []
        self._status = "started"

    @workflow.query
    def status(self) -> str:
        """Where it stands."""
        return self._status

    @workflow.run
    async def run(self, order: str) -> str:
        """Run the order to its end. Raises what it failed with, after all was undone."""
        try:
            await self._step("inventory.reserve", order, undo="inventory.release")
            if (await self._step("fraud.score", order)).startswith("high"):
                raise ApplicationError("suspicious", type="FraudSuspected", non_retryable=True)
            await self._step("payments.charge", order, undo="payments.refund")
            tracking = await self._step("shipping.create", order, undo="shipping.cancel")
        except BaseException as error:
            if not (workflow.is_failure_exception(error) or is_cancelled_exception(error)):
                raise
            await self._compensate(order)
            raise
        self._status = "done"
        await self._step("mail.confirm", order)
        return tracking

    async def _step(self, title: str, order: str, undo: str | None = None) -> str:
        self._status = title
        if undo is not None:
            self._undo.append(undo)
        result: str = await workflow.execute_activity(
            title,
            order,
            result_type=str,
            start_to_close_timeout=CALL,
            schedule_to_close_timeout=STEP,
            retry_policy=FORWARD,
        )
        return result

    async def _compensate(self, order: str) -> None:
        task = asyncio.create_task(self._unwind(order))
        while not task.done():
            try:
                await asyncio.shield(task)
            except asyncio.CancelledError:
                continue

    async def _unwind(self, order: str) -> None:
        self._status = "compensating"
        undo: Awaitable[Any]
        while self._undo:
            undo = workflow.execute_activity(
                self._undo.pop(),
                order,
                start_to_close_timeout=timedelta(seconds=30),
                schedule_to_close_timeout=UNDO,
                retry_policy=BACKWARD,
            )
            await undo
