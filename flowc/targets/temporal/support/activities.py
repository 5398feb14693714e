"""Operations of services as activities: an answer becomes data, all else a failure to retry."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from .calls import Operation
from .errors import declared_error
from .values import WrongType, decode, encode

Pager = Callable[[str, str, str], None]  # whom, the instance, what about
PAGE = "flow.page"

_logger = logging.getLogger(__name__)
_beat: contextvars.ContextVar[Callable[[], None] | None] = contextvars.ContextVar(
    "_beat", default=None
)


def heartbeat() -> None:
    """Say from inside a long action that it is alive; harmless anywhere else."""
    beat = _beat.get()
    if beat is not None:
        beat()


def log_page(whom: str, instance: str, what: str) -> None:
    """A pager that only logs: give the worker one that wakes somebody."""
    _logger.error("page %s: %s %s", whom, instance, what)


def activities(
    services: object, operations: Iterable[Operation], pager: Pager = log_page
) -> list[Callable[..., Any]]:
    """What a worker registers: one activity for each operation, named `service.operation`."""

    @activity.defn(name=PAGE)
    async def page(whom: str, instance: str, what: str) -> None:
        await _in_thread(lambda: pager(whom, instance, what))

    return [page, *(_activity(services, operation) for operation in operations)]


def _activity(services: object, operation: Operation) -> Callable[..., Any]:
    @activity.defn(name=operation.title)
    async def call(arguments: dict[str, Any]) -> dict[str, Any]:
        _beat.set(_sign_of_life())
        given = {
            name: decode(kind, arguments.get(name), name)
            for name, kind in operation.parameters.items()
        }
        try:
            returned = await _invoke(services, operation, given)
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


async def _invoke(services: object, operation: Operation, given: Mapping[str, Any]) -> Any:
    """Call the operation: async functions on the loop, all others in a thread of their own."""
    method = getattr(getattr(services, operation.service), operation.method)
    try:
        if inspect.iscoroutinefunction(method):
            return await method(**given)
        result = await _in_thread(lambda: method(**given))
        return await result if inspect.isawaitable(result) else result
    except (SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration) as stop:
        raise RuntimeError(f"{type(stop).__name__} raised") from stop


def _failure(operation: Operation, raised: Exception) -> dict[str, Any]:
    """A declared error as data. Raises what is to be tried again, or what nobody understands."""
    try:
        error = declared_error(raised, operation.raises)
    except WrongType as wrong:
        said = f"{type(raised).__name__} with {wrong}"
        raise ApplicationError(said, type="WrongType", non_retryable=True) from raised
    if error is None:
        raise ApplicationError(_one_line(raised), type="Unlisted") from raised
    if error.transient:
        raise ApplicationError(str(error), error.to_json(), type="Transient") from raised
    return {"error": error.to_json()}


def _one_line(raised: Exception) -> str:
    said = ""
    with contextlib.suppress(Exception):
        said = " ".join(str(raised).split())
    said = said if len(said) <= 300 else said[:300] + "..."
    return f"{type(raised).__name__}: {said}" if said else type(raised).__name__


async def _in_thread(work: Callable[[], Any]) -> Any:
    """Run blocking work in a daemon thread, so that work which never ends holds up nothing."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def settle(result: Any, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)
        elif isinstance(error, StopIteration):
            future.set_exception(RuntimeError("StopIteration raised"))
        else:
            future.set_exception(error)

    def run() -> None:
        result, failed = None, None
        try:
            result = context.run(work)
        except BaseException as error:  # noqa: BLE001 - handed to who waits
            failed = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, failed)

    threading.Thread(target=run, daemon=True, name="flow-service").start()
    return await future
