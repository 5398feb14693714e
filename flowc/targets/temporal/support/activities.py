"""Operations of services as activities: an answer becomes data, all else a failure to retry."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Iterable
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from .calls import Operation
from .errors import declared_error
from .invoking import PAGE, Pager, beat_with, in_thread, invoke, log_page, one_line
from .values import WrongType, decode, encode


def activities(
    services: object, operations: Iterable[Operation], pager: Pager = log_page
) -> list[Callable[..., Any]]:
    """What a worker registers: one activity for each operation, named `service.operation`."""

    @activity.defn(name=PAGE)
    async def page(whom: str, instance: str, what: str) -> None:
        await in_thread(lambda: pager(whom, instance, what))

    return [page, *(_activity(services, operation) for operation in operations)]


def _activity(services: object, operation: Operation) -> Callable[..., Any]:
    @activity.defn(name=operation.title)
    async def call(arguments: dict[str, Any]) -> dict[str, Any]:
        beat_with(_sign_of_life())
        given = {
            name: decode(kind, arguments.get(name), name)
            for name, kind in operation.parameters.items()
        }
        try:
            returned = await invoke(services, operation, given)
        except Exception as raised:  # noqa: BLE001 - whatever a service raises is an outcome
            return _failure(operation, raised)
        try:
            return {"ok": encode(decode(operation.result, returned, "the result"))}
        except WrongType as wrong:
            raise ApplicationError(str(wrong), type="WrongType", non_retryable=True) from None

    return call


def _sign_of_life() -> Callable[[], None]:
    loop, context = asyncio.get_running_loop(), contextvars.copy_context()
    return lambda: _later(loop, context)


def _later(loop: asyncio.AbstractEventLoop, context: contextvars.Context) -> None:
    loop.call_soon_threadsafe(lambda: context.copy().run(activity.heartbeat))


def _failure(operation: Operation, raised: Exception) -> dict[str, Any]:
    """A declared error as data. Raises what is to be tried again, or what nobody understands."""
    try:
        error = declared_error(raised, operation.raises)
    except WrongType as wrong:
        said = f"{type(raised).__name__} with {wrong}"
        raise ApplicationError(said, type="WrongType", non_retryable=True) from raised
    if error is None:
        raise ApplicationError(one_line(raised), type="Unlisted") from raised
    if error.transient:
        raise ApplicationError(str(error), error.to_json(), type="Transient") from raised
    return {"error": error.to_json()}
