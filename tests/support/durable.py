"""Flows on the real engine: compiled in memory, with scripted services and virtual time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import FunctionType
from typing import Any, Self

from flowc.cli.memory import import_package
from flowc.compiler.check import check
from flowc.source import Source
from flowc.targets.python.target import Python

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
_numbers = count()


class Compiled:
    """A program, compiled and imported under a name of its own."""

    def __init__(self, text: str) -> None:
        source = Source("test.flow", text)
        checked = check(source)
        errors = [d.finding.message for d in checked.diagnostics if d.severity == "error"]
        assert not errors, errors
        target = Python()
        for flow in (*checked.program.flows, *checked.program.older):
            found = list(target.gaps(flow, checked.program))
            assert not found, [finding.message for finding in found]
        self.files = target.emit(checked.program)
        self.package = f"compiled_{next(_numbers)}"
        import_package(self.package, self.files)

    def module(self, name: str) -> Any:
        from importlib import import_module

        return import_module(f"{self.package}.{name}")


class Hang:
    """An attempt that never answers."""


class Script:
    """What happens to one instance: outcomes by operation, one an attempt, the last repeated.

    An outcome is a value, an exception, or Hang; a pair (seconds, outcome) takes so long; a
    function makes one of the arguments.
    """

    def __init__(self, **outcomes: Any) -> None:
        self.outcomes = {name.replace("__", "."): list(o) for name, o in outcomes.items()}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.lock = threading.Lock()

    @property
    def titles(self) -> list[str]:
        """The operations called, in order; repeats in a row once."""
        names: list[str] = []
        for title, _ in self.calls:
            if not names or names[-1] != title:
                names.append(title)
        return names

    def count(self, title: str) -> int:
        return sum(name == title for name, _ in self.calls)

    def next(self, title: str, given: dict[str, Any], default: Any) -> Any:
        with self.lock:
            self.calls.append((title, given))
            left = self.outcomes.get(title)
            if not left:
                return default
            outcome = left.pop(0) if len(left) > 1 else left[0]
        return outcome(given) if isinstance(outcome, FunctionType) else outcome


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

    def __init__(self, clock: Any, defaults: dict[str, Any]) -> None:
        self._spend = clock.spend
        self._defaults = defaults
        self.scripts: dict[str, Script] = {}

    def __getattr__(self, service: str) -> _Service:
        return _Service(self, service)

    async def answer(self, title: str, given: dict[str, Any]) -> Any:
        from datetime import timedelta

        script = self.scripts[next(iter(given.values()))]
        outcome = script.next(title, given, self._defaults.get(title))
        if isinstance(outcome, tuple):
            seconds, outcome = outcome
            self._spend(timedelta(seconds=seconds))
        if outcome is Hang:
            self._spend(None)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


class Bench:
    """A launched engine: `play` runs one instance and gives how it ended."""

    def __init__(self, compiled: Compiled, state: Path | str, defaults: dict[str, Any]) -> None:
        self.compiled = compiled
        self.clock = compiled.module("runtime.clock")
        self.world = World(self.clock, defaults)
        self.events: list[Any] = []
        self.start = 1_700_000_000_000
        engine = compiled.module("runtime.engine")
        self.refused: type[Exception] = engine.Refused
        self.engine = engine.Engine(
            compiled.module("flows").FLOWS,
            compiled.module("runtime.attempt").Services(self.world, dicts=True),
            str(state),
            watcher=self.events.append,
            clock=self.clock.VirtualClock,
        )

    def __enter__(self) -> Self:
        self.engine.launch()
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.close()

    def flow(self, name: str, version: int | None = None) -> Any:
        flows = [f for f in self.compiled.module("flows").FLOWS if f.name == name]
        if version is not None:
            return next(f for f in flows if f.version == version)
        return max(flows, key=lambda flow: flow.version)

    def play(
        self,
        name: str,
        script: Script,
        *,
        version: int | None = None,
        instance: str | None = None,
        **given: Any,
    ) -> dict[str, Any]:
        """Run one instance to its end. Its input's first text, or `instance`, names it."""
        flow = self.flow(name, version)
        known = instance or next(iter(given.values()))
        self.world.scripts[known] = script
        ident = self.engine.start(flow, flow.read_input(given), self.start)
        ending: dict[str, Any] = self.engine.ending(ident)
        return ending
