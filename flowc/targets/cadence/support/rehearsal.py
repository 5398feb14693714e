"""Rehearse flows in the client's own test environment: simulated services, virtual time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from itertools import count
from typing import Any

from cadence import Registry  # type: ignore[import-untyped]
from cadence.testing import TestWorkflowEnvironment  # type: ignore[import-untyped]

from .activities import register
from .calls import Operation
from .converter import FlowDataConverter
from .engine import Source
from .flow import Flow
from .instance import Instance
from .samples import Simulated, sample
from .starter import start
from .values import encode

MOST = 1000  # answers that one instance may ask for


class Rehearsal:
    """Plays instances one after the other.

    The environment plays no retries of the server, no cancel, and its timers fire before a
    signal can come: what a flow awaits is answered before it begins, or when nothing else moves.
    """

    def __init__(
        self, workflows: Sequence[type[Instance]], operations: Sequence[Operation]
    ) -> None:
        logging.getLogger("cadence").setLevel(logging.CRITICAL)  # what fails here is meant to
        self._services = Simulated(operations)
        self._registry = Registry()
        register(self._registry, self._services, operations, lambda *_: None)
        for workflow in workflows:
            self._registry.workflow(name=workflow.FLOW.title)(_answered(workflow))
        self._numbers = count(1)

    def play(self, flow: Flow, lost: Operation | None = None) -> dict[str, Any]:
        """Run one instance on sample input; `lost` never answers. Gives how it ended."""
        self._services.lost = lost
        return asyncio.run(self._play(flow))

    async def _play(self, flow: Flow) -> dict[str, Any]:
        text = f"sample-{next(self._numbers)}"
        given = {field.attribute: sample(field.kind, text) for field in flow.params}
        converter = FlowDataConverter()
        with TestWorkflowEnvironment(self._registry, data_converter=converter) as environment:
            Source.read = environment.now
            instance = await start(environment.client, flow, given, "rehearsal")
            for _ in range(MOST):
                if environment.is_workflow_completed(instance):
                    break
                await _answer(environment, flow, instance)
            ending: dict[str, Any] = environment.get_workflow_result(dict, instance)
            return ending


def _answered(workflow: type[Instance]) -> type[Instance]:
    """The workflow with what it awaits already in its mail."""

    class Answered(workflow):  # type: ignore[valid-type,misc]
        def __init__(self) -> None:
            super().__init__()
            for path, kind in self.FLOW.awaits.items():
                if "/" not in path:
                    self.deliver(path, encode(sample(kind)))

    return Answered


async def _answer(environment: TestWorkflowEnvironment, flow: Flow, instance: str) -> None:
    """Answer what an instance waits for."""
    client = environment.client
    status = await client.query_workflow(instance, "", "status", result_type=dict)
    for at in status["at"]:
        path = at.partition(" from ")[0]
        kind = flow.awaited(path)
        if kind is not None:
            await client.signal_workflow(instance, "", "deliver", path, encode(sample(kind)))
