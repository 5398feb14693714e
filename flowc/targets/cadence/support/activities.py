"""Operations of services as activities: an answer becomes data, all else a failure to retry."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
from collections.abc import Callable, Iterable
from typing import Any

from cadence import Registry, activity  # type: ignore[import-untyped]

from .calls import Operation
from .errors import declared_error
from .invoking import PAGE, Pager, beat_with, invoke, log_page, one_line
from .values import WrongType as Unfit
from .values import decode, encode


class Failed(Exception):
    """Why an activity failed. Cadence hands on the name of its class, and calls it the reason."""


class Transient(Failed):
    """A declared error that Cadence is to try again."""


class Unlisted(Failed):
    """What a service raised without having declared it."""


class WrongType(Failed):
    """A service gave what does not fit; it would again."""


def register(
    registry: Registry, services: object, operations: Iterable[Operation], pager: Pager = log_page
) -> None:
    """One activity for each operation, named `service.operation`, and one that pages.

    Their input is the step, which histories show then, the arguments by name, and whether Cadence
    tries them again.
    """

    def page(whom: str, instance: str, what: str) -> bool:
        pager(whom, instance, what)
        return True

    registry.activity(name=PAGE)(page)
    for operation in operations:
        method = getattr(getattr(services, operation.service), operation.method)
        if inspect.iscoroutinefunction(method):
            registry.activity(name=operation.title)(_async(services, operation))
        else:
            registry.activity(name=operation.title)(_sync(method, operation))


def _async(services: object, operation: Operation) -> Callable[..., Any]:
    async def call(step: str, arguments: dict[str, Any], again: bool) -> dict[str, Any]:
        del step
        beat_with(_sign_of_life())
        try:
            returned = await invoke(services, operation, _given(operation, arguments))
        except Exception as raised:  # noqa: BLE001 - whatever a service raises is an outcome
            return _failure(operation, raised, again=again)
        return _fitting(operation, returned)

    return call


def _sync(method: Callable[..., Any], operation: Operation) -> Callable[..., Any]:
    """The worker runs it in a thread of its pool."""

    def call(step: str, arguments: dict[str, Any], again: bool) -> dict[str, Any]:
        del step
        beat_with(activity.heartbeat)
        try:
            returned = method(**_given(operation, arguments))
            if inspect.isawaitable(returned):
                returned = asyncio.run(_awaited(returned))
        except (SystemExit, KeyboardInterrupt, GeneratorExit) as stop:
            raise Unlisted(f"{type(stop).__name__} raised") from stop
        except Exception as raised:  # noqa: BLE001 - whatever a service raises is an outcome
            return _failure(operation, raised, again=again)
        return _fitting(operation, returned)

    return call


async def _awaited(returned: Any) -> Any:
    return await returned


def _given(operation: Operation, arguments: dict[str, Any]) -> dict[str, Any]:
    return {
        name: decode(kind, arguments.get(name), name) for name, kind in operation.parameters.items()
    }


def _fitting(operation: Operation, returned: Any) -> dict[str, Any]:
    try:
        return {"ok": encode(decode(operation.result, returned, "the result"))}
    except Unfit as unfit:
        raise WrongType(str(unfit)) from None


def _failure(operation: Operation, raised: Exception, *, again: bool) -> dict[str, Any]:
    """A declared error as data. Raises what nobody understands, and what Cadence tries again."""
    try:
        error = declared_error(raised, operation.raises)
    except Unfit as unfit:
        raise WrongType(f"{type(raised).__name__} with {unfit}") from raised
    if error is None:
        raise Unlisted(one_line(raised)) from raised
    if error.transient and again:
        raise Transient(str(error)) from raised
    return {"error": error.to_json()}


def _sign_of_life() -> Callable[[], None]:
    """A heartbeat that also threads of the service may give."""
    loop, context = asyncio.get_running_loop(), contextvars.copy_context()

    def beat() -> None:
        with contextlib.suppress(RuntimeError):
            if asyncio.get_running_loop() is loop:
                activity.heartbeat()
                return
        loop.call_soon_threadsafe(lambda: context.copy().run(activity.heartbeat))

    return beat
