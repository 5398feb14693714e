"""The journal of an instance, kept by DBOS: rows are steps, and JSON."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

from dbos import DBOS
from dbos._serialization import Serializer

from .state import said


class StateFailure(BaseException):
    """The journal cannot be kept, or the process stops. No flow handles it, and the engine does
    not take it for an ending: the instance stays unfinished."""


STOPPED = "the process stops"
BEGINS = None  # a kept row that marks where a restart begins


class Json(Serializer):
    """Rows are JSON text, for every reader; nothing in a state is ever unpickled."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data, separators=(",", ":"), default=_error_text)

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "flow_json"


def _error_text(value: object) -> str:
    return f"{type(value).__name__}: {value}" if isinstance(value, BaseException) else repr(value)


class DurableJournal:
    """The journal of one workflow in this execution of it."""

    def __init__(
        self, lost: Callable[[], str | None], kept: Mapping[tuple[str, int], Any] | None = None
    ) -> None:
        """`lost` says why this process may not write the journal any more, if so; `kept` are
        rows that stay true through a restart, by name and the how manieth of that name it is."""
        self.execution = uuid4().hex
        self.restarting = False
        self._lost = lost
        self._kept = kept or {}
        self._counts: Counter[str] = Counter()

    @property
    def replays(self) -> bool:
        """Whether rows of before a restart stay true."""
        return bool(self._kept)

    async def once(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do the work and keep its result, or give the result that was kept.

        Raises StateFailure.
        """
        place = self._place(name)

        async def step() -> Any:
            if self._stays(place):
                return self._kept[place]
            try:
                result = await work()
            except asyncio.CancelledError:
                raise StateFailure(STOPPED) from None
            self._check()
            return result

        return await self._step(name, step)

    async def note(self, name: str, make: Callable[[], Any]) -> Any:
        """As `once`, for a row that is there without waiting. Raises StateFailure.

        The engine looks it up, makes it and writes it in one visit to a thread instead of three.
        """
        place = self._place(name)
        return await self._step(name, lambda: self._kept[place] if self._stays(place) else make())

    def _place(self, name: str) -> tuple[str, int]:
        self._counts[name] += 1
        return name, self._counts[name]

    def _stays(self, place: tuple[str, int]) -> bool:
        """Whether a row of before a restart stays true."""
        self._check()
        self.restarting = place in self._kept and self._kept[place] is BEGINS
        return place in self._kept and not self.restarting

    async def _step(self, name: str, step: Callable[[], Any]) -> Any:
        try:
            return await DBOS.run_step_async({"name": name}, step)
        except Exception as error:
            raise StateFailure(said(error)) from error
        except asyncio.CancelledError:
            raise StateFailure(STOPPED) from None

    def _check(self) -> None:
        why = self._lost()
        if why is not None:
            raise StateFailure(why)

    async def sleep(self, span: int) -> None:
        """Let milliseconds pass, through crashes. Raises StateFailure."""
        try:
            await DBOS.sleep_async(span / 1000)
        except Exception as error:
            raise StateFailure(said(error)) from error
        except asyncio.CancelledError:
            raise StateFailure(STOPPED) from None
