"""One story on two engines: the reference interpreter, and the Python target on DBOS.

The services of the Python side play the same script: which step calls them, they learn from the
name under which the journal keeps the attempt.
"""

from __future__ import annotations

import json
import re
from contextvars import ContextVar
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Self

from flowc.compiler.check import check
from flowc.compiler.flow import Flow, Operation
from flowc.simulate.as_json import ending_json
from flowc.simulate.attempting import invented
from flowc.simulate.interpret import Story, interpret
from flowc.simulate.invent import invent
from flowc.simulate.script import Script
from flowc.simulate.trace import CallEvent, Fork, Series, Term, events, only
from flowc.simulate.values import decode_fields
from flowc.source import Source
from tests.support.durable import Compiled

_kept_as: ContextVar[str] = ContextVar("_kept_as", default="")
_ATTEMPT = re.compile(r"(.+?)(?: #(\d+))?")


class Called(NamedTuple):
    """An attempt, told alike by both engines; `arguments` are sorted pairs as text."""

    path: str
    attempt: int
    operation: str
    arguments: str
    outcome: str


class Seen(NamedTuple):
    """What the Python side showed: its ending, its calls in the order in which they were made,
    and how many ms it took."""

    ending: dict[str, Any]
    calls: list[Called]
    took: int


class Twins:
    """A program on both engines."""

    def __init__(self, text: str, state: Path) -> None:
        self.program = check(Source("test.flow", text)).program
        compiled = Compiled(text)
        self._clock = compiled.module("runtime.clock")
        self._operations = {
            operation.title: operation
            for flow in self.program.flows
            for service in flow.services
            for operation in service.operations
        }
        self._playing: tuple[Script, list[tuple[str, int, str, str]]] | None = None
        self._outcomes: dict[tuple[str, int], str] = {}
        self._clocks: list[Any] = []
        self._flows = compiled.module("flows").FLOWS
        self.start = 1_704_067_200_000
        _name_attempts(compiled.module("runtime.journal").DurableJournal)
        engine = compiled.module("runtime.engine")
        self._engine = engine.Engine(
            self._flows,
            compiled.module("runtime.attempt").Services(_World(self), dicts=True),
            str(state),
            watcher=self._watch,
            clock=self._new_clock,
        )

    def __enter__(self) -> Self:
        self._engine.launch()
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.close()

    def differences(self, flow: Flow, script: Script, given: dict[str, Any]) -> list[str]:
        """Where the two stories of one script part; none if they agree."""
        values = dict(decode_fields(flow.params, given))
        story = interpret(self.program, flow, values, script)
        return compare(story, self.play(flow, script, given))

    def play(self, flow: Flow, script: Script, given: dict[str, Any]) -> Seen:
        """The story on DBOS."""
        made = next(f for f in self._flows if (f.name, f.version) == (flow.name, flow.version))
        calls: list[tuple[str, int, str, str]] = []
        self._playing, self._outcomes, self._clocks = (script, calls), {}, []
        instance = self._engine.start(made, made.read_input(given), self.start)
        ending = dict(self._engine.ending(instance))
        made_calls = [Called(*call, self._outcomes.get(call[:2], "nothing")) for call in calls]
        return Seen(ending, made_calls, max(clock.now() for clock in self._clocks) - self.start)

    def _new_clock(self, start: int) -> Any:
        clock = self._clock.VirtualClock(start)
        self._clocks.append(clock)
        return clock

    def _watch(self, event: Any) -> None:
        if event.kind == "attempt":
            outcome = {"failed": "fail"}.get(event.outcome, event.outcome)
            self._outcomes[event.path, event.attempt] = outcome

    async def answer(self, title: str, given: dict[str, Any]) -> Any:
        """What the script gives to the attempt that is being made."""
        found = _ATTEMPT.fullmatch(_kept_as.get())
        assert found is not None and self._playing is not None
        path, number = found[1], int(found[2] or 1)
        script, calls = self._playing
        calls.append((path, number, title, shown(given)))
        scripted = script.attempt(path, number)
        if scripted.takes is not None:
            self._clock.spend(timedelta(milliseconds=scripted.takes))
        elif scripted.outcome == "unknown":
            self._clock.spend(None)
        operation = self._operations[title]
        match scripted.outcome:
            case "ok":
                return invented(operation, path) if scripted.invented else scripted.value
            case "fail":
                raise _raised(operation, scripted.error, dict(scripted.fields), scripted.message)
        raise ConnectionError(scripted.message or "gone")


class _World:
    """The services that a program calls: `world.<service>.<operation>(**given)`."""

    def __init__(self, twins: Twins) -> None:
        self._twins = twins

    def __getattr__(self, service: str) -> Any:
        return _Service(self._twins, service)


class _Service:
    def __init__(self, twins: Twins, name: str) -> None:
        self._twins = twins
        self._name = name

    def __getattr__(self, method: str) -> Any:
        async def answer(**given: Any) -> Any:
            return await self._twins.answer(f"{self._name}.{method}", given)

        return answer


def _name_attempts(journal: Any) -> None:
    """Let what runs under a journal's name know that name."""
    once = journal.once

    async def named(self: Any, name: str, work: Any) -> Any:
        token = _kept_as.set(name)
        try:
            return await once(self, name, work)
        finally:
            _kept_as.reset(token)

    journal.once = named


def _raised(operation: Operation, name: str, fields: dict[str, Any], message: str) -> Exception:
    """An exception whose class is called like the error."""
    error = next((each for each in operation.raises if each.name == name), None)
    if error is not None:
        fields = {f.name: invent(f.type, f.name) for f in error.fields} | fields
    made: Exception = type(name, (Exception,), {})(message or name)
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def shown(given: dict[str, Any]) -> str:
    """Arguments as text, the same for both engines: a number is a number."""
    return json.dumps(given, sort_keys=True, default=_number)


def _number(value: Decimal) -> float:
    return int(value) if value == int(value) else float(value)


def called(event: CallEvent) -> Called:
    path = event.place.path if event.role == "do" else f"{event.place.path} {event.role}"
    arguments = shown(dict(event.arguments))
    return Called(path, event.attempt, event.operation, arguments, event.outcome)


def compare(story: Story, seen: Seen) -> list[str]:
    """Ending, value or error, what is stuck, the calls and their partial order, and the time."""
    found: list[str] = []
    ending = ending_json(story.flow, story.ending)
    for name in ("ending", "value", "error", "stuck", "step", "ledger"):
        ours, theirs = ending.get(name), seen.ending.get(name)
        if name == "ledger" and theirs is not None:
            theirs = [entry["step"] for entry in theirs]
        if name == "stuck":
            ours, theirs = sorted(ours or ()), sorted(theirs or ())
        if ours != theirs:
            found.append(f"{name}: {ours!r} by the interpreter, {theirs!r} by Python")
    ours_called = [called(e) for e in events(story.trace) if isinstance(e, CallEvent)]
    for call in ours_called:
        if call not in seen.calls:
            found.append(f"not called by Python: {call}")
    for call in seen.calls:
        if call not in ours_called:
            found.append(f"called by Python alone: {call}")
    if len(seen.calls) != len(set(seen.calls)):
        found.append("Python made a call twice")
    if not found:
        order = {call: n for n, call in enumerate(seen.calls)}
        _ordered(only(story.trace, (CallEvent,)), order, found)
        if story.end - story.start != seen.took:
            took = story.end - story.start
            found.append(f"took {took} ms by the interpreter, {seen.took} ms by Python")
    return found


def _ordered(term: Term, order: dict[Called, int], found: list[str]) -> tuple[int, int]:
    """First and last place of a term's calls; what is in series must not overlap."""
    match term:
        case Series() | Fork():
            places = [_ordered(part, order, found) for part in term.parts]
            places = [place for place in places if place[1] >= 0]
            if isinstance(term, Series):
                for (_, last), (first, _) in pairwise(places):
                    if last > first:
                        found.append(f"out of order around place {first}")
            if not places:
                return 0, -1
            return min(first for first, _ in places), max(last for _, last in places)
        case CallEvent():
            place = order[called(term)]
            return place, place
    raise AssertionError(term)
