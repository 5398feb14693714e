"""One story on two engines: the reference interpreter, and the Python target on DBOS.

The services of the Python side play the same script: which step calls them, they learn from the
name under which the journal keeps the attempt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
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
_limit: ContextVar[int | None] = ContextVar("_limit", default=None)  # ms an attempt may take
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
    """A program on both engines. A deadline that a flow was given afterwards holds on both."""

    def __init__(self, text: str, state: Path | str, compiled: Compiled | None = None) -> None:
        self.program = check(Source("test.flow", text)).program
        compiled = compiled or Compiled(text)
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
        self.instance = ""
        self._flows = compiled.module("flows").FLOWS
        self.start = 1_704_067_200_000
        _tell_limits(self._clock.VirtualClock)
        _name_attempts(compiled.module("runtime.journal").DurableJournal)
        _script_records(compiled.module("runtime.run").Run, self._recorded)
        engine = compiled.module("runtime.engine")
        self.refused: type[Exception] = engine.Refused
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
        due = None if flow.deadline is None else timedelta(milliseconds=flow.deadline)
        object.__setattr__(made, "deadline", due)
        calls: list[tuple[str, int, str, str]] = []
        self._playing, self._outcomes, self._clocks = (script, calls), {}, []
        arguments = made.read_input(given)
        self.instance = f"{made.name}/{made.key(**arguments)}"
        self._post(self.instance, script)
        self._engine.start(made, arguments, self.start)
        ending = self.ending()
        took = max((clock.now() for clock in self._clocks), default=self.start) - self.start
        made_calls = [Called(*call, self._outcomes.get(call[:2], "nothing")) for call in calls]
        return Seen(ending, made_calls, took)

    def ending(self) -> dict[str, Any]:
        """How the instance that is being played has ended."""
        return dict(self._engine.ending(self.instance))

    def _post(self, instance: str, script: Script) -> None:
        """Send what the script sends, with the moment at which it arrives."""
        for sent in script.signals:
            assert sent.when.at is not None
            self._engine.mail.post(instance, sent.to, sent.value, script.start + sent.when.at)
        if script.cancel is not None:
            assert script.cancel.at is not None
            self._engine.mail.post(instance, "", None, script.start + script.cancel.at)

    def _recorded(self, path: str) -> str | None:
        written = None if self._playing is None else self._playing[0].recorded(path)
        return None if written is None else str(written)

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
        else:
            limit = _limit.get()
            pace = script.pace if limit is None else min(script.pace, limit)
            self._clock.spend(timedelta(milliseconds=pace))
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


def _tell_limits(clock: Any) -> None:
    """Let what is cut by a clock know after how long."""
    cut = clock.cut

    async def limited(self: Any, work: Any, limit: int | None, heartbeat: int | None) -> Any:
        token = _limit.set(limit)
        try:
            return await cut(self, work, limit, heartbeat)
        finally:
            _limit.reset(token)

    clock.cut = limited


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
    found = ending_differences(story, seen.ending)
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
        found += order_differences(story, seen.calls)
        if story.end - story.start != seen.took:
            took = story.end - story.start
            found.append(f"took {took} ms by the interpreter, {seen.took} ms by Python")
    return found


def ending_differences(story: Story, seen: dict[str, Any]) -> list[str]:
    """Where two endings part: kind, value or error, what is stuck, what a halt keeps."""
    found: list[str] = []
    ending = ending_json(story.flow, story.ending)
    for name in ("ending", "value", "error", "stuck", "step", "ledger"):
        ours, theirs = ending.get(name), seen.get(name)
        if name == "ledger" and theirs is not None:
            theirs = [entry["step"] for entry in theirs]
        if name == "stuck":
            ours, theirs = sorted(ours or ()), sorted(theirs or ())
        if ours != theirs:
            found.append(f"{name}: {ours!r} by the interpreter, {theirs!r} by Python")
    return found


def order_differences(story: Story, calls: Sequence[Called]) -> list[str]:
    """Where calls, all of which are the story's, are not in the order of its series."""
    found: list[str] = []
    order = {ordered(call): n for n, call in reversed(list(enumerate(calls)))}
    _ordered(only(story.trace, (CallEvent,)), order, found)
    return found


def ordered(call: Called) -> Called:
    """A call as its place is known: whatever came of it."""
    return call._replace(outcome="")


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
            place = order[ordered(called(term))]
            return place, place
    raise AssertionError(term)
