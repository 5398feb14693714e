"""The Python target on DBOS, in virtual time.

The services play the script: which step calls them, they learn from the name under which the
journal keeps the attempt. Messages lie in the mailbox from the beginning, each with its moment.
"""

from __future__ import annotations

from contextlib import suppress
from contextvars import ContextVar
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.support.agreement import Called, Told, same
from tests.support.durable import Compiled
from tests.support.engines.scripted import address, give, operations, takes

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc.compiler.check import Checked
    from flowc.compiler.flow import Flow
    from flowc.simulate.script import Script, Sent

_kept_as: ContextVar[str] = ContextVar("_kept_as", default="")
_clock: ContextVar[Any] = ContextVar("_clock", default=None)
_limit: ContextVar[int | None] = ContextVar("_limit", default=None)  # ms an attempt may take


class OnPython:
    """One program. A deadline that a flow was given afterwards holds here, too."""

    name = "python"

    def __init__(self, of: Checked, state: Path | str, compiled: Compiled | None = None) -> None:
        self.of = of
        self.compiled = compiled or Compiled(of.source.text)
        self._operations = operations(of.program)
        self._virtual = self.compiled.module("runtime.clock")
        self._values = self.compiled.module("runtime.values")
        self._flows = self.compiled.module("flows").FLOWS
        self._script: Script | None = None
        self.instance = ""  # that is being played, or was
        self.calls: list[Called] = []
        self._outcomes: dict[tuple[str, int], str] = {}
        self._clocks: list[Any] = []
        self._timed = _timed(self._virtual.VirtualClock)
        _name_attempts(self.compiled.module("runtime.journal").DurableJournal)
        _script_records(self.compiled.module("runtime.run").Run, self._recorded)
        engine = self.compiled.module("runtime.engine")
        self.refused: type[Exception] = engine.Refused
        self.engine = engine.Engine(
            self._flows,
            self.compiled.module("runtime.attempt").Services(_World(self), dicts=True),
            str(state),
            watcher=self._watch,
            clock=self._new_clock,
        )

    def __enter__(self) -> Self:
        self.engine.launch()
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.close()

    def play(self, flow: Flow, script: Script, given: dict[str, Any]) -> Told:
        """One instance; its key must be a new one."""
        made = next(f for f in self._flows if (f.name, f.version) == (flow.name, flow.version))
        self._script, self.calls, self._outcomes, self._clocks = script, [], {}, []
        due = None if flow.deadline is None else timedelta(milliseconds=flow.deadline)
        object.__setattr__(made, "deadline", due)
        arguments = made.read_input(given)
        self.instance = f"{made.name}/{made.key(**arguments)}"
        self._post(made, self.instance, script)
        self.engine.start(made, arguments, script.start)
        ending = self.ending()
        calls = [
            call._replace(
                outcome=self._outcomes.get((address(call.path, call.role), call.attempt))
                or "nothing"
            )
            for call in self.calls
        ]
        took = max((clock.now() for clock in self._clocks), default=script.start) - script.start
        return Told(ending, calls, took)

    def ending(self) -> dict[str, Any]:
        """How the instance that is being played has ended."""
        return dict(self.engine.ending(self.instance))

    def _recorded(self, path: str) -> str | None:
        written = None if self._script is None else self._script.recorded(path)
        return None if written is None else str(written)

    def _post(self, flow: Any, ident: str, script: Script) -> None:
        for sent in sorted(script.signals, key=_moment):
            with suppress(self._values.WrongType):  # refused to its sender
                kind = self.engine.awaited(flow, sent.to)
                value = self._values.encode(self._values.decode(kind, sent.value, closed=True))
                self.engine.mail.post(ident, sent.to, value, script.start + _moment(sent))
        if script.cancel is not None:
            assert script.cancel.at is not None
            self.engine.mail.post(ident, "", None, script.start + script.cancel.at)

    def _new_clock(self, start: int) -> Any:
        clock = self._timed(start)
        self._clocks.append(clock)
        return clock

    def _watch(self, event: Any) -> None:
        if event.kind == "attempt":
            outcome = {"failed": "fail"}.get(event.outcome, event.outcome)
            self._outcomes[event.path, event.attempt] = outcome

    async def answer(self, title: str, given: dict[str, Any]) -> Any:
        """What the script gives to the attempt that is being made."""
        name, _, number = _kept_as.get().partition(" #")
        path, _, role = name.partition(" ")
        script = self._script
        assert path and script is not None
        attempt, operation = int(number or 1), self._operations[title]
        arguments = self._values.encode(given)
        key = None if operation.key is None else same([arguments[k] for k in operation.key])
        at = _clock.get().now() - script.start
        called = Called(path, role or "do", attempt, title, same(arguments), key, at=at)
        self.calls.append(called)
        scripted = script.attempt(name, attempt)
        span = takes(script, scripted)
        if scripted.takes is None and span is not None:
            span = min(span, _limit.get() or span)  # an invented span is one that fits
        self._virtual.spend(None if span is None else timedelta(milliseconds=span))
        return give(operation, name, scripted)


class _World:
    """The services that a program calls: `world.<service>.<operation>(**given)`."""

    def __init__(self, engine: OnPython) -> None:
        self._engine = engine

    def __getattr__(self, service: str) -> Any:
        return _Service(self._engine, service)


class _Service:
    def __init__(self, engine: OnPython, name: str) -> None:
        self._engine = engine
        self._name = name

    def __getattr__(self, method: str) -> Any:
        async def answer(**given: Any) -> Any:
            return await self._engine.answer(f"{self._name}.{method}", given)

        return answer


def _moment(sent: Sent) -> int:
    assert sent.when.at is not None
    return sent.when.at


def _timed(virtual: Any) -> Any:
    """A virtual clock that is known to the services it times, with what they may take."""

    class Timed(virtual):  # type: ignore[misc]
        async def cut(self, work: Any, limit: int | None, heartbeat: int | None) -> Any:
            clock, span = _clock.set(self), _limit.set(limit)
            try:
                return await super().cut(work, limit, heartbeat)
            finally:
                _clock.reset(clock)
                _limit.reset(span)

    return Timed


def _name_attempts(journal: Any) -> None:
    """Let what runs under a journal's name know that name."""
    once = journal.once

    async def named(self: Any, name: str, work: Any) -> Any:
        async def known() -> Any:
            token = _kept_as.set(name)
            try:
                return await work()
            finally:
                _kept_as.reset(token)

        return await once(self, name, known)

    journal.once = named


def _script_records(run: Any, recorded: Callable[[str], str | None]) -> None:
    """Let a UUID be what the script says, if it says one."""
    drawn = run.uuid

    async def uuid(self: Any, name: str) -> Any:
        async def draw() -> str | None:
            return recorded(self.prefix + name)

        if recorded(self.prefix + name) is None:
            return await drawn(self, name)
        return await self.journal.once(self.prefix + name, draw)

    run.uuid = uuid
