"""The Temporal target on its servers: the time-skipping one, or the dev server in real time.

Which step an activity belongs to travels in a header. Activities let the server's time pass, and
messages are sent at their moments of it. Every history, also those of children, is replayed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, Self, TypeVar

from temporalio import activity, client, converter, worker, workflow
from temporalio.exceptions import ApplicationError
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from flowc.cli.memory import import_package
from flowc.simulate.named import named
from flowc.simulate.script import without_rounds
from tests.support.agreement import Called, Told, same
from tests.support.engines.scripted import address, give, operations, takes
from tests.support.temporal import SCRIPTS, compiled, family

if TYPE_CHECKING:
    from flowc.compiler.check import Checked
    from flowc.compiler.flow import Flow
    from flowc.simulate.script import Script, Sent

T = TypeVar("T")
STEP = "flow-step"
BEFORE = timedelta(milliseconds=500)  # how long before its limit time skips no more
AFTER = timedelta(milliseconds=50)  # how long after its limit an attempt has surely been cut
_numbers = count()
_under_way: ContextVar[Called | None] = ContextVar("_under_way", default=None)


class Server:
    """A server, for any number of programs one after the other."""

    def __init__(self, *, skipping: bool = True) -> None:
        self.skipping = skipping
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> Self:
        logging.getLogger("temporalio").setLevel(logging.CRITICAL)
        self.environment: WorkflowEnvironment = self.run(self._start())
        return self

    async def _start(self) -> WorkflowEnvironment:
        quiet = LoggingConfig(filter=TelemetryFilter(core_level="ERROR", other_level="ERROR"))
        runtime = Runtime(telemetry=TelemetryConfig(logging=quiet))
        if self.skipping:
            return await WorkflowEnvironment.start_time_skipping(
                runtime=runtime, test_server_existing_path=str(SCRIPTS / "temporal-test-server")
            )
        return await WorkflowEnvironment.start_local(
            runtime=runtime, dev_server_existing_path=str(SCRIPTS / "temporal"), ui=False
        )

    def __exit__(self, *_: object) -> None:
        self.run(self.environment.shutdown())
        self._loop.close()

    async def sleep(self, span: timedelta) -> None:
        """Let the server's time pass."""
        if self.skipping:
            await self.environment.sleep(span)
        else:
            await asyncio.sleep(span.total_seconds())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)


class OnTemporal:
    """One program."""

    name = "temporal"

    def __init__(self, of: Checked, server: Server) -> None:
        self.of = of
        self._server = server
        self.package = f"agreeing_{next(_numbers)}"
        import_package(self.package, compiled(of.source.text))
        self._operations = operations(of.program)
        self._instances = count()
        self._histories: list[client.WorkflowHistory] = []
        self.root = ""
        self.script: Script | None = None
        self._flow: Flow | None = None
        self.calls: list[Called] = []
        self.outcomes: dict[str, str] = {}
        self.late: set[str] = set()  # attempts that answer after their limit
        self.slowest = 0.0

    def module(self, name: str) -> Any:
        from importlib import import_module

        return import_module(f"{self.package}.{name}")

    def __enter__(self) -> Self:
        self._server.run(self._launch())
        return self

    async def _launch(self) -> None:
        known = self._server.environment.client.config()
        known["data_converter"] = self.module("runtime.converter").DATA_CONVERTER
        known["interceptors"] = [*known["interceptors"], _Interceptor(self)]
        self.client = client.Client(**known)
        self.workflows = self.module("workflows").WORKFLOWS
        self._worker = self.module("runtime.worker").make_worker(
            self.client,
            self.package,
            self.workflows,
            _World(self),
            self.module("calls").OPERATIONS,
            pager=lambda *_: None,
        )
        await self._worker.__aenter__()

    def __exit__(self, *_: object) -> None:
        self._server.run(self._worker.__aexit__(None, None, None))

    def play(self, flow: Flow, script: Script, given: dict[str, Any]) -> Told:
        """One instance; its key must be a new one."""
        return self._server.run(self._play(flow, script, given))

    async def _play(self, flow: Flow, script: Script, given: dict[str, Any]) -> Told:
        self.script, self._flow, self.calls, self.outcomes = script, flow, [], {}
        self.late = set()
        self._roles = roles(self.of, flow)
        made = next(w.FLOW for w in self.workflows if w.FLOW.title == f"{flow.name}@{flow.version}")
        arguments = made.read_input(given)
        self.root = made.instance(arguments)
        self.began = await self._now()
        begun = time.monotonic()
        starter = self.module("runtime.starter")
        handle = await starter.start(self.client, made, arguments, self.package)
        for moment, send in messages(handle, script):
            left = self.began + timedelta(milliseconds=moment) - await self._now()
            if left > timedelta():
                await self._server.sleep(left)
            try:
                await send()
            except RPCError:  # it has ended
                break
        ending = dict(await handle.result())
        self.slowest = time.monotonic() - begun
        self._histories += await family(self.client, handle.id)
        calls = [call._replace(outcome=self.outcomes.get(call.name)) for call in self.calls]
        return Told(ending, calls)

    async def _now(self) -> datetime:
        return await self._server.environment.get_current_time()

    # -- histories -------------------------------------------------------------------------

    def replay(self) -> list[str]:
        """Replay every history so far; give what failed."""

        async def all_of_them() -> list[str]:
            async def histories() -> Any:
                for history in self._histories:
                    yield history

            replayer = worker.Replayer(
                workflows=list(self.workflows),
                data_converter=self.module("runtime.converter").DATA_CONVERTER,
            )
            results = await replayer.replay_workflows(histories(), raise_on_replay_failure=False)
            return [f"{run}: {error}" for run, error in results.replay_failures.items()]

        return self._server.run(all_of_them())

    # -- what the services do ----------------------------------------------------------------

    def begun(self, path: str, title: str, arguments: dict[str, Any]) -> Called:
        """An attempt begins."""
        role = self._roles[without_rounds(path), title]
        number = 1 + sum((c.path, c.role) == (path, role) for c in self.calls)
        called = Called(path, role, number, title, same(arguments))
        self.calls.append(called)
        return called

    async def answer(self, title: str) -> Any:
        """What the script gives to the attempt that is being made."""
        called, script = _under_way.get(), self.script
        assert called is not None and script is not None
        scripted = script.attempt(address(called.path, called.role), called.attempt)
        span = takes(script, scripted)
        limit = _limit()
        if span is None or timedelta(milliseconds=span) > limit:
            self.late.add(called.name)
            await self._until_cut(limit)
            raise ConnectionError("gone")
        if span:
            await self._server.sleep(timedelta(milliseconds=span))
        return give(self._operations[title], address(called.path, called.role), scripted)

    async def _until_cut(self, limit: timedelta) -> None:
        """Let time pass until the attempt has been cut.

        The server counts who holds its clock. A running attempt holds it, lets go of it for its
        sleep, and the server lets go of it once more when it cuts the attempt: so that the
        count is right, the sleep ends before, and what is left passes in real time.
        """
        cut = activity.info().started_time + limit
        left = cut - BEFORE - await self._now()
        if left > timedelta():
            await self._server.sleep(left)
        while await self._now() <= cut + AFTER:
            await asyncio.sleep(0.02)


def _limit() -> timedelta:
    """How long after its start the attempt that is being made will be cut."""
    info = activity.info()
    limits = [info.start_to_close_timeout]
    if info.schedule_to_close_timeout is not None:
        waited = info.started_time - info.scheduled_time
        limits.append(info.schedule_to_close_timeout - waited)
    return min(each for each in limits if each is not None)


def roles(of: Checked, flow: Flow) -> dict[tuple[str, str], str]:
    """The role of a call, by the path of its step and its operation."""
    found: dict[tuple[str, str], str] = {}
    for name, operation in named(of.program, flow).operations.items():
        path, _, role = name.partition(" ")
        assert found.setdefault((path, operation.title), role or "do") == (role or "do"), name
    return found


def messages(handle: Any, script: Script) -> list[tuple[int, Any]]:
    """What is sent to an instance and when, in ms from its start; first what comes first."""
    found = [
        (_moment(sent), partial(handle.signal, "deliver", args=[sent.to, sent.value]))
        for sent in script.signals
    ]
    if script.cancel is not None:
        assert script.cancel.at is not None
        found.append((script.cancel.at, handle.cancel))
    return sorted(found, key=lambda message: message[0])


def _moment(sent: Sent) -> int:
    assert sent.when.at is not None
    return sent.when.at


class _World:
    def __init__(self, engine: OnTemporal) -> None:
        self._engine = engine

    def __getattr__(self, service: str) -> Any:
        return _Service(self._engine, service)


class _Service:
    def __init__(self, engine: OnTemporal, name: str) -> None:
        self._engine = engine
        self._name = name

    def __getattr__(self, method: str) -> Any:
        async def answer(**_: Any) -> Any:
            return await self._engine.answer(f"{self._name}.{method}")

        return answer


class _Outbound(worker.WorkflowOutboundInterceptor):
    """Writes the step into a header of each activity: the code gives it as a summary."""

    def start_activity(self, input: worker.StartActivityInput) -> workflow.ActivityHandle[Any]:
        if input.summary:
            payload = converter.PayloadConverter.default.to_payloads([input.summary])[0]
            input.headers = {**input.headers, STEP: payload}
        return super().start_activity(input)


class _Workflows(worker.WorkflowInboundInterceptor):
    def init(self, outbound: worker.WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound))


class _Activities(worker.ActivityInboundInterceptor):
    """Notes each attempt, and how the emitted code judged it."""

    def __init__(self, inner: worker.ActivityInboundInterceptor, engine: OnTemporal) -> None:
        super().__init__(inner)
        self._engine = engine

    async def execute_activity(self, input: worker.ExecuteActivityInput) -> Any:
        info, engine = activity.info(), self._engine
        step = input.headers.get(STEP)
        ours = (info.workflow_id or "").split("/")[:2] == engine.root.split("/")[:2]
        if step is None or not ours:
            return await super().execute_activity(input)
        path = converter.PayloadConverter.default.from_payloads([step])[0]
        called = engine.begun(path, info.activity_type, input.args[0])
        outcomes = engine.outcomes
        outcomes[called.name] = "unknown"
        token = _under_way.set(called)
        try:
            result = await super().execute_activity(input)
        except ApplicationError as error:
            if called.name not in engine.late and error.type == "Transient":
                outcomes[called.name] = "fail"
            raise
        finally:
            _under_way.reset(token)
        if called.name not in engine.late:
            outcomes[called.name] = "ok" if "ok" in result else "fail"
        return result


class _Interceptor(client.Interceptor, worker.Interceptor):
    def __init__(self, engine: OnTemporal) -> None:
        self._engine = engine

    def intercept_activity(
        self, next: worker.ActivityInboundInterceptor
    ) -> worker.ActivityInboundInterceptor:
        return _Activities(next, self._engine)

    def workflow_interceptor_class(
        self, input: worker.WorkflowInterceptorClassInput
    ) -> type[worker.WorkflowInboundInterceptor]:
        del input
        return _Workflows
