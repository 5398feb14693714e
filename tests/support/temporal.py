"""Flows on Temporal's test server: compiled in memory, with scripted services."""

from __future__ import annotations

import asyncio
import logging
import sysconfig
from collections.abc import Awaitable, Callable, Coroutine
from itertools import count
from pathlib import Path
from typing import Any, Self, TypeVar

from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from flowc.cli.memory import import_package
from flowc.targets.target import Files
from flowc.targets.temporal.target import Temporal
from tests.support.durable import Script
from tests.support.emitted import emitted

T = TypeVar("T")
SCRIPTS = Path(sysconfig.get_path("scripts"))
_numbers = count()


def compiled(text: str, name: str = "test.flow") -> Files:
    """The files of a program that has neither errors nor gaps."""
    return emitted(Temporal(), text, name)


async def family(client: Client, ident: str) -> list[WorkflowHistory]:
    """The history of a workflow, then those of its children and theirs."""
    found = [await client.get_workflow_handle(ident).fetch_history()]
    for event in found[0].events:
        if event.HasField("child_workflow_execution_started_event_attributes"):
            child = event.child_workflow_execution_started_event_attributes
            found += await family(client, child.workflow_execution.workflow_id)
    return found


class _Service:
    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name

    def __getattr__(self, method: str) -> Callable[..., Any]:
        async def answer(**given: Any) -> Any:
            return await self._world.answer(f"{self._name}.{method}", given)

        return answer


class World:
    """The services of all instances. An instance is known by its call's first argument."""

    def __init__(self, defaults: dict[str, Any]) -> None:
        self._defaults = defaults
        self.scripts: dict[str, Script] = {}
        self.pages: list[tuple[str, str, str]] = []

    def __getattr__(self, service: str) -> _Service:
        return _Service(self, service)

    def page(self, whom: str, instance: str, what: str) -> None:
        self.pages.append((whom, instance, what))

    async def answer(self, title: str, given: dict[str, Any]) -> Any:
        script = self.scripts[str(next(iter(given.values())))]
        outcome = script.next(title, given, self._defaults.get(title))
        if isinstance(outcome, Meanwhile):
            await outcome.work(script)
            outcome = outcome.then
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


class Meanwhile:
    """An outcome before which something happens, while the attempt runs."""

    def __init__(self, work: Callable[[Script], Awaitable[object]], then: Any) -> None:
        self.work = work
        self.then = then


class Bench:
    """A test server and a worker; `play` runs one instance, and replays it and its children."""

    def __init__(self, text: str, defaults: dict[str, Any], *, cached: int = 1000) -> None:
        self.package = f"workflows_{next(_numbers)}"
        import_package(self.package, compiled(text))
        self.world = World(defaults)
        self.histories: list[Any] = []
        self._cached = cached
        self._loop = asyncio.new_event_loop()

    def module(self, name: str) -> Any:
        from importlib import import_module

        return import_module(f"{self.package}.{name}")

    async def environment(self) -> WorkflowEnvironment:
        return await WorkflowEnvironment.start_time_skipping(
            data_converter=self.module("runtime.converter").DATA_CONVERTER,
            test_server_existing_path=str(SCRIPTS / "temporal-test-server"),
        )

    def __enter__(self) -> Self:
        logging.getLogger("temporalio").setLevel(logging.CRITICAL)
        self.run(self._start())
        return self

    async def _start(self) -> None:
        self._environment = await self.environment()
        self.client: Client = self._environment.client
        self.workflows = self.module("workflows").WORKFLOWS
        self._worker = self.module("runtime.worker").make_worker(
            self.client,
            "queue",
            self.workflows,
            self.world,
            self.module("calls").OPERATIONS,
            pager=self.world.page,
            max_cached_workflows=self._cached,
        )
        await self._worker.__aenter__()

    def __exit__(self, *_: object) -> None:
        self.run(self._stop())
        self._loop.close()

    async def _stop(self) -> None:
        await self._worker.__aexit__(None, None, None)
        await self._environment.shutdown()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def flow(self, name: str, version: int | None = None) -> Any:
        flows = [w.FLOW for w in self.workflows if w.FLOW.name == name]
        if version is not None:
            return next(f for f in flows if f.version == version)
        return max(flows, key=lambda flow: flow.version)

    async def start(
        self, name: str, script: Script, instance: str, given: dict[str, Any], version: int | None
    ) -> WorkflowHandle[Any, dict[str, Any]]:
        flow = self.flow(name, version)
        self.world.scripts[instance] = script
        started = await self.module("runtime.starter").start(
            self.client, flow, flow.read_input(given), "queue"
        )
        assert isinstance(started, WorkflowHandle)
        return started

    def play(
        self,
        name: str,
        script: Script,
        *,
        instance: str,
        version: int | None = None,
        meanwhile: Callable[[WorkflowHandle[Any, Any]], Coroutine[Any, Any, object]] | None = None,
        **given: Any,
    ) -> dict[str, Any]:
        """Run one instance to its end, with something that happens `meanwhile`."""

        async def all_of_it() -> dict[str, Any]:
            handle = await self.start(name, script, instance, given, version)
            if meanwhile is not None:
                await meanwhile(handle)
            ending = await handle.result()
            found = await family(self.client, handle.id)
            self.histories.append(found[0])
            for history in found:
                await self.replayer().replay_workflow(history)
            return ending

        return self.run(all_of_it())

    def replayer(self) -> Replayer:
        converter = self.module("runtime.converter").DATA_CONVERTER
        return Replayer(workflows=list(self.workflows), data_converter=converter)
