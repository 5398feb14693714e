"""One attempt of a call: how it ended, as data that a journal keeps."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .calls import Call
from .clock import Clock, Cut
from .errors import FlowError, declared_error
from .values import WrongType, decode, encode, plain

Invoke = Callable[[str, str], Callable[..., Any]]


@dataclass(frozen=True)
class Outcome:
    """OK(value), FAIL(declared error) or UNKNOWN(reason).

    `final`: an UNKNOWN that is not tried again, as a value of the wrong type. `at` is the
    moment of its end.
    """

    kind: Literal["ok", "fail", "unknown"]
    at: int
    value: Any = None
    error: FlowError | None = None
    reason: str = ""
    final: bool = False

    def to_json(self) -> dict[str, Any]:
        """What the journal keeps."""
        match self.kind:
            case "ok":
                return {"ok": encode(self.value), "at": self.at}
            case "fail" if self.error is not None:
                return {"fail": self.error.to_json(), "at": self.at}
            case _:
                return {"unknown": self.reason, "final": self.final, "at": self.at}

    @staticmethod
    def from_json(call: Call[Any], row: Mapping[str, Any]) -> Outcome:
        """Read back a journal's row of that call."""
        if "ok" in row:
            return Outcome("ok", row["at"], value=decode(call.operation.result, row["ok"]))
        if "fail" in row:
            fail = row["fail"]
            kind = next(k for k in call.operation.raises if k.error_name == fail["name"])
            return Outcome(
                "fail", row["at"], error=kind.from_fields(fail["fields"], fail["message"])
            )
        return Outcome("unknown", row["at"], reason=row["unknown"], final=row["final"])


class Services:
    """Where the operations of services are found: attributes of an object, by service.

    With `dicts`, records go out as dictionaries, enums as text, times as ISO 8601 text and
    durations as milliseconds; what comes back may be typed or plain in either case.
    """

    def __init__(self, services: object, *, dicts: bool = False) -> None:
        self._services = services
        self._dicts = dicts

    async def invoke(self, call: Call[Any]) -> Any:
        """Call the operation: async functions on the loop, all others in a thread of their own."""
        operation = call.operation
        method = getattr(getattr(self._services, operation.service), operation.method)
        named = {n: plain(v) for n, v in call.arguments.items()} if self._dicts else call.arguments
        try:
            if inspect.iscoroutinefunction(method):
                return await method(**named)
            result = await in_thread(lambda: method(**named))
            return await result if inspect.isawaitable(result) else result
        except asyncio.CancelledError as stop:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise RuntimeError("CancelledError raised") from stop
        except (SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration) as stop:
            raise RuntimeError(f"{type(stop).__name__} raised") from stop


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


async def attempt(
    call: Call[Any], services: Services, clock: Clock, limit: int | None, heartbeat: int | None
) -> Outcome:
    """Make one attempt. Whatever the service does, an outcome comes back."""
    if limit is not None and limit <= 0:
        return Outcome("unknown", clock.now(), reason="its time ended before it began", final=True)
    try:
        returned = await clock.cut(services.invoke(call), limit, heartbeat)
    except Cut as cut:
        return Outcome("unknown", clock.now(), reason=str(cut))
    except Exception as raised:  # noqa: BLE001 - whatever a service raises is an outcome
        try:
            error = declared_error(raised, call.operation.raises)
        except WrongType as wrong:
            reason = f"{type(raised).__name__} with {wrong}"
            return Outcome("unknown", clock.now(), reason=reason, final=True)
        if error is None:
            return Outcome("unknown", clock.now(), reason=_unlisted(raised))
        return Outcome("fail", clock.now(), error=error)
    try:
        value = decode(call.operation.result, returned, "the result")
    except WrongType as wrong:
        return Outcome("unknown", clock.now(), reason=str(wrong), final=True)
    return Outcome("ok", clock.now(), value=value)


def _unlisted(raised: Exception) -> str:
    """An undeclared exception in one line."""
    said = ""
    with contextlib.suppress(Exception):
        said = " ".join(str(raised).split())
    said = said if len(said) <= 300 else said[:300] + "..."
    return f"{type(raised).__name__}: {said}" if said else type(raised).__name__
