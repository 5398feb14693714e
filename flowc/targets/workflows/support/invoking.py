"""A service's operation as it is called: async on the loop, all others in a thread of their own."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from .calls import Operation

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


def beat_with(beat: Callable[[], None]) -> None:
    """How the engine of the action that runs here is told that it is alive."""
    _beat.set(beat)


def log_page(whom: str, instance: str, what: str) -> None:
    """A pager that only logs: give the worker one that wakes somebody."""
    _logger.error("page %s: %s %s", whom, instance, what)


async def invoke(services: object, operation: Operation, given: Mapping[str, Any]) -> Any:
    """Call the operation: async functions on the loop, all others in a thread of their own."""
    method = getattr(getattr(services, operation.service), operation.method)
    try:
        if inspect.iscoroutinefunction(method):
            return await method(**given)
        result = await in_thread(lambda: method(**given))
        return await result if inspect.isawaitable(result) else result
    except (SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration) as stop:
        raise RuntimeError(f"{type(stop).__name__} raised") from stop


def one_line(raised: Exception) -> str:
    """What was raised, for people to read."""
    said = ""
    with contextlib.suppress(Exception):
        said = " ".join(str(raised).split())
    said = said if len(said) <= 300 else said[:300] + "..."
    return f"{type(raised).__name__}: {said}" if said else type(raised).__name__


async def in_thread(work: Callable[[], Any]) -> Any:
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
