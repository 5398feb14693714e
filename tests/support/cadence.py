"""The Cadence target under a script: on a server of one thread, and in the client's environment.

`Server` shows all of a story; the environment leaves some of it out, and `lacks` says what.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from importlib import import_module
from itertools import count
from typing import TYPE_CHECKING, Any

from cadence import Registry
from cadence.error import ActivityFailure
from cadence.testing import TestWorkflowEnvironment

from flowc.cli.memory import import_package
from flowc.compiler.check import check
from flowc.simulate.named import named
from flowc.simulate.script import without_rounds
from flowc.source import Source
from flowc.targets.cadence.target import Cadence
from tests.support.agreement import Called, Told, same
from tests.support.cadence_server import Server, Stalled
from tests.support.emitted import emitted
from tests.support.engines.scripted import give, operations, takes

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc.compiler.flow import Flow
    from flowc.simulate.script import Script, Scripted, Sent

_numbers = count()
MS = timedelta(milliseconds=1)


class Attempt:
    """One that is being made: of which step, as what (``, `probe` or `undo`), the how manieth (from
    1), of which operation, with which arguments as JSON, how many ms after the start."""

    def __init__(
        self, step: str, role: str, number: int, title: str, given: dict[str, Any], at: int
    ) -> None:
        self.step, self.role, self.number = step, role, number
        self.title, self.given, self.at = title, given, at
        self.outcome = "unknown"

    @property
    def path(self) -> str:
        """As scripts name it."""
        return f"{self.step} {self.role}" if self.role else self.step


class OnCadence:
    """One program, compiled and imported under a name of its own."""

    def __init__(self, text: str) -> None:
        self.program = check(Source("test.flow", text)).program
        self.package = f"cadence_{next(_numbers)}"
        import_package(self.package, emitted(Cadence(), text))
        self.operations = operations(self.program)
        self.workflows = self.module("workflows").WORKFLOWS
        self.pages: list[tuple[str, str, str]] = []
        self.script: Script | None = None
        self.attempts: list[Attempt] = []
        self._roles: dict[tuple[str, str], str] = {}

    def module(self, name: str) -> Any:
        return import_module(f"{self.package}.{name}")

    def registry(self) -> Any:
        """Everything that a worker would register, with services that play the script."""
        registry = Registry()
        self.module("runtime.activities").register(
            registry, _World(self), self.module("calls").OPERATIONS, self._page
        )
        for workflow in self.workflows:
            registry.workflow(name=workflow.FLOW.title)(workflow)
        return registry

    def _page(self, whom: str, instance: str, what: str) -> None:
        self.pages.append((whom, instance, what))

    def flow(self, flow: Flow) -> Any:
        """The emitted flow."""
        return next(w.FLOW for w in self.workflows if w.FLOW.title == f"{flow.name}@{flow.version}")

    def begin(self, flow: Flow, script: Script) -> None:
        """Forget the story before."""
        self.script, self.attempts, self.pages = script, [], []
        self._roles = {}
        for name, operation in named(self.program, flow).operations.items():
            path, _, role = name.partition(" ")
            self._roles[path, operation.title] = role

    def attempt(self, step: str, title: str, arguments: dict[str, Any]) -> Attempt:
        """An attempt begins."""
        role = self._roles[without_rounds(step), title]
        made_before = sum((a.step, a.role) == (step, role) for a in self.attempts)
        made = Attempt(step, role, made_before + 1, title, arguments, self.passed())
        self.attempts.append(made)
        return made

    def passed(self) -> int:
        """How many ms have passed since the story began."""
        raise NotImplementedError

    def scripted(self, attempt: Attempt) -> Scripted:
        assert self.script is not None
        return self.script.attempt(attempt.path, attempt.number)

    def takes(self, attempt: Attempt) -> int | None:
        """How long it lasts, in ms; None: as long as it may."""
        assert self.script is not None
        return takes(self.script, self.scripted(attempt))

    def give(self, attempt: Attempt) -> Any:
        """What the script gives to the attempt that is being made. Raises its error."""
        return give(self.operations[attempt.title], attempt.path, self.scripted(attempt))

    def told(self, ending: dict[str, Any], took: int) -> Told:
        calls = [
            Called(a.step, a.role or "do", a.number, a.title, same(a.given), outcome=a.outcome)
            for a in self.attempts
        ]
        return Told(dict(ending), calls, took)


class OnServer(OnCadence):
    """Stories on a server of one thread: cancel, signals, retries, children and replays."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._watched = _watched(self.registry(), self._begun, self._ended)
        self._now: Attempt | None = None
        self.server = self.serve()

    def serve(self) -> Server:
        """A server on which nothing has happened yet."""
        converter = self.module("runtime.converter").FlowDataConverter()
        made = Server(self._watched, converter, self._spent)
        made.timed_out = self._timed_out
        return made

    def play(self, flow: Flow, script: Script, given: dict[str, Any]) -> Told:
        """The story of one instance; its key must be a new one. Raises Stalled."""
        made, server = self.flow(flow), self.server
        self.begin(flow, script)
        server.now = script.start
        self.module("runtime.engine").Source.read = server.time
        arguments = made.read_input(given)
        ident = made.instance(arguments)
        values = [arguments[field.attribute] for field in made.params]
        execution = server.start(made.title, ident, values)
        for sent in script.signals:
            assert sent.when.at is not None
            server.later(script.start + sent.when.at, _sending(server, ident, sent))
        if script.cancel is not None:
            assert script.cancel.at is not None
            server.later(script.start + script.cancel.at, lambda: server.cancel(ident))
        ending = server.run(execution)
        return self.told(ending, execution.end - script.start)

    def passed(self) -> int:
        assert self.script is not None
        return self.server.now - self.script.start

    def _begun(self, title: str, step: str, arguments: dict[str, Any]) -> None:
        self._now = self.attempt(step, title, arguments)

    def _ended(self, outcome: str) -> None:
        assert self._now is not None
        self._now.outcome = outcome

    def _timed_out(self) -> None:
        assert self._now is not None
        self._now.outcome = "unknown"

    def _spent(self, name: str) -> int | None:
        if name not in self.operations:  # a page
            return 0
        assert self._now is not None
        return self.takes(self._now)

    async def answer(self, title: str) -> Any:
        del title
        assert self._now is not None
        return self.give(self._now)


class OnEnvironment(OnCadence):
    """Stories in the client's own test environment. What it does not play is played here: how
    long an attempt takes, and that it is cut."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._now: Attempt | None = None
        self._open: dict[tuple[str, str], Attempt] = {}
        self._retried = False

    def lacks(self, script: Script) -> str:
        """What of a story the environment cannot show, empty if it shows all."""
        if script.cancel is not None:
            return "cancel"
        if script.signals or script.answers:
            return "a signal against a timer"
        return "a retry of the server" if self._retried else ""

    def play(self, flow: Flow, script: Script, given: dict[str, Any]) -> Told | None:
        """The story of one instance, None if the environment cannot show it."""
        self._retried = False
        if self.lacks(script):
            return None
        seen = asyncio.run(self._play(flow, script, given))
        return None if self.lacks(script) else seen

    async def _play(self, flow: Flow, script: Script, given: dict[str, Any]) -> Told:
        made = self.flow(flow)
        self.begin(flow, script)
        converter = self.module("runtime.converter").FlowDataConverter()
        registry = _watched(self.registry(), self._begun, self._ended)
        seam = self.module("runtime.workflow")
        execute = seam.execute_activity
        start = self._moment(script.start)
        with TestWorkflowEnvironment(
            registry, data_converter=converter, start_time=start
        ) as environment:
            self.module("runtime.engine").Source.read = environment.now
            seam.execute_activity = self._timed(execute, seam.sleep)
            try:
                ident = await self.module("runtime.starter").start(
                    environment.client, made, made.read_input(given), "list"
                )
            finally:
                seam.execute_activity = execute
            if not environment.is_workflow_completed(ident):
                raise Stalled
            ending = environment.get_workflow_result(dict, ident)
            return self.told(ending, (environment.now() - start) // MS)

    def passed(self) -> int:
        assert self.script is not None
        read = self.module("runtime.engine").Source.read
        return int((read() - self._moment(self.script.start)) // MS)

    def _moment(self, ms: int) -> Any:
        return self.module("runtime.values").instant(ms)

    def _timed(self, execute: Any, sleep: Any) -> Any:
        """Activities that take their time, as on a server."""

        async def timed(name: str, kind: Any, *arguments: Any, options: Any) -> Any:
            if name not in self.operations:
                return await execute(name, kind, *arguments, options=options)
            made = self.attempt(arguments[0], name, arguments[1])
            limit = min(options["start_to_close_timeout"], options["schedule_to_close_timeout"])
            takes = self.takes(made)
            try:
                if takes is None or takes * MS > limit:
                    await sleep(limit)
                    raise ActivityFailure("START_TO_CLOSE")
                await sleep(takes * MS)
                self._open[arguments[0], name] = made
                given = await execute(name, kind, *arguments, options=options)
            except Exception:
                self._retried = self._retried or "retry_policy" in options
                raise
            return given

        return timed

    def _begun(self, title: str, step: str, arguments: dict[str, Any]) -> None:
        """The attempt was noted when its time began."""
        del arguments
        self._now = self._open[step, title]

    def _ended(self, outcome: str) -> None:
        assert self._now is not None
        self._now.outcome = outcome

    async def answer(self, title: str) -> Any:
        del title
        assert self._now is not None
        return self.give(self._now)


def _watched(
    registry: Any, begun: Callable[[str, str, dict[str, Any]], None], ended: Callable[[str], None]
) -> Any:
    """The registry, with activities that tell how they were judged."""
    for name, definition in registry._activities.items():
        if name != "flow.page":
            definition._wrapped = _watching(name, definition.impl_fn, begun, ended)
    return registry


def _watching(name: str, call: Any, begun: Any, ended: Any) -> Any:
    async def watching(step: str, arguments: dict[str, Any], again: bool) -> Any:
        begun(name, step, arguments)
        try:
            row = await call(step, arguments, again)
        except Exception as raised:
            ended("fail" if type(raised).__name__ == "Transient" else "unknown")
            raise
        ended("ok" if "ok" in row else "fail")
        return row

    return watching


def _sending(server: Server, ident: str, sent: Sent) -> Callable[[], None]:
    def send() -> None:
        if not server.executions[ident].closed:  # what does not fit, the instance refuses
            server.signal(ident, "deliver", sent.to, sent.value)

    return send


class _World:
    """The services that a program calls: `world.<service>.<operation>(**given)`."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def __getattr__(self, service: str) -> Any:
        return _Service(self._engine, service)


class _Service:
    def __init__(self, engine: Any, name: str) -> None:
        self._engine = engine
        self._name = name

    def __getattr__(self, method: str) -> Any:
        async def answer(**_: Any) -> Any:
            return await self._engine.answer(f"{self._name}.{method}")

        return answer
