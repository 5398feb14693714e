"""The same script for the reference interpreter and for a machine: what is answered, and what is
compared."""

from __future__ import annotations

from typing import Any

from flowc.compiler.check import Checked, check
from flowc.compiler.flow import Call, Flow, Operation, Step
from flowc.simulate.as_json import ending_json
from flowc.simulate.interpret import interpret
from flowc.simulate.invent import invent
from flowc.simulate.script import Script, Scripted, without_rounds
from flowc.simulate.trace import CallEvent, Fork, events
from flowc.simulate.values import decode
from flowc.source import Source
from tests.support.agreement import Called, same

SeenCall = tuple[str, str, int, str, str]  # path, role, attempt, operation, arguments
MS = 1000


class Clock:
    """Virtual time, ms since 1970. Both interpreters run side by side what forks, one side after
    the other: each begins at the moment of the fork, and all end with the last of them."""

    def __init__(self, now: int) -> None:
        self.now = now
        self._forks: list[list[int]] = []  # begin and latest end

    def fork(self) -> None:
        """Sides begin here."""
        self._forks.append([self.now, self.now])

    def side(self) -> None:
        """The next side begins."""
        self._forks[-1][1] = max(self._forks[-1][1], self.now)
        self.now = self._forks[-1][0]

    def join(self) -> None:
        """All sides have ended."""
        self.now = max(self._forks.pop()[1], self.now)


class TaskFailed(Exception):  # noqa: N818 - named as the event
    """An attempt that the engine sees fail."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def checked(text: str) -> Checked:
    made = check(Source("test.flow", text))
    errors = [d.finding.message for d in made.diagnostics if d.severity == "error"]
    assert not errors, errors
    return made


def operations(program_of: Checked) -> dict[str, Operation]:
    found: dict[str, Operation] = {}
    program = program_of.program
    for flow in (*program.flows, *program.imported):
        for service in flow.services:
            for operation in service.operations:
                found[operation.title] = operation
    return found


class Answers:
    """Answers a machine's tasks as a script says, and writes down what was asked."""

    def __init__(self, of: Checked, script: Script, clock: Clock) -> None:
        self.operations = operations(of)
        self.script = script
        self.clock = clock
        self.calls: list[SeenCall] = []
        self.made: list[Called] = []
        self.asked: dict[str, int] = {}  # when an await was first asked for
        self.taken: set[tuple[str, int]] = set()  # messages that an await was given

    def answer(self, payload: dict[str, Any]) -> Any:
        """The reply to a call; `limit` is what its task may take, in seconds. Raises TaskFailed."""
        path, role, number = payload["step"], payload["role"], int(payload["attempt"])
        operation = self.operations[payload["operation"]]
        arguments, key = same(payload["arguments"]), payload["key"]
        self.calls.append((path, role, number, operation.title, arguments))
        at = self.clock.now - self.script.start
        shown = None if key is None else same(key)
        self.made.append(Called(path, role, number, operation.title, arguments, shown, at=at))
        address = path if role == "do" else f"{path} {role}"
        scripted = self.script.attempt(address, number)
        limit = int(payload["limit"]) * MS
        takes = self._takes(scripted, limit)
        if takes > limit:
            self.clock.now += limit
            raise TaskFailed("States.Timeout")
        self.clock.now += takes
        match scripted.outcome:
            case "ok":
                return {"value": self._value(operation, path, scripted)}
            case "fail":
                error = next((e for e in operation.raises if e.name == scripted.error), None)
                fields = dict(scripted.fields)
                if scripted.invented and error is not None:
                    fields = {f.name: invent(f.type, f.name) for f in error.fields} | fields
                return {"error": {"name": scripted.error, "fields": fields}}
        raise TaskFailed("States.Timeout")

    def signal(self, payload: dict[str, Any]) -> Any:
        """The signal for an await, as the function that asks would pass it on. Raises
        TaskFailed: nobody answers in time, or somebody cancels."""
        path, limit = payload["await"], int(payload["limit"]) * MS
        began = self.asked.setdefault(path, self.clock.now)
        names = (path, without_rounds(path))
        coming: list[tuple[int, str, int, Any]] = []
        for number, sent in enumerate(self.script.signals):
            if sent.to in names and (path, number) not in self.taken:
                when = sent.when
                start = self.script.start if when.asked is None else began
                at = when.at if when.asked is None else when.asked
                assert at is not None
                coming.append((start + at, "signal", number, sent.value))
        cancel = self.script.cancel
        if cancel is not None and cancel.at is not None and (path, -1) not in self.taken:
            coming.append((self.script.start + cancel.at, "cancel", -1, None))
        found = min(coming, key=_sooner(self.clock.now), default=None)
        if found is None or found[0] > self.clock.now + limit:
            self.clock.now += limit
            raise TaskFailed("States.Timeout")
        at, kind, number, value = found
        self.clock.now = max(self.clock.now, at)
        self.taken.add((path, number))
        if kind == "cancel":
            raise TaskFailed("Cancelled")
        return value

    def _takes(self, scripted: Scripted, limit: int) -> int:
        if scripted.takes is not None:
            return scripted.takes
        return limit if scripted.outcome == "unknown" else min(self.script.pace, limit)

    def _value(self, operation: Operation, path: str, scripted: Scripted) -> Any:
        if not scripted.invented:
            return scripted.value
        name = path.rpartition("/")[2].replace("[", "-").replace("]", "")
        return invent(operation.result, name)


def _sooner(now: int) -> Any:
    """What has come is taken in its order, a cancel before all else."""

    def order(message: tuple[int, str, int, Any]) -> tuple[int, bool, int]:
        at, kind, number, _ = message
        return max(at, now), kind != "cancel", number

    return order


def inputs(flow: Flow, **given: Any) -> dict[str, Any]:
    """An input: what is given, and whatever fits for the rest."""
    return {p.name: given.get(p.name, invent(p.type, p.name)) for p in flow.params}


class Told:
    """How a story ended and what was called, in a form that can be compared."""

    def __init__(self, ending: dict[str, Any], calls: list[SeenCall], *, ordered: bool) -> None:
        self.ending = {
            "ending": ending["ending"],
            "value": same(ending.get("value")),
            "error": ending["error"]["name"] if ending.get("error") else None,
            "fields": same(ending["error"]["fields"]) if ending.get("error") else None,
            "stuck": sorted(ending.get("stuck", ())),
            "step": ending.get("step"),
        }
        self.calls = calls if ordered else sorted(calls)


def reference(of: Checked, flow: Flow, given: dict[str, Any], script: Script) -> tuple[Told, bool]:
    """What the interpreter tells, and whether all of it happened one after the other."""
    values = {p.name: decode(p.type, given[p.name]) for p in flow.params}
    story = interpret(of.program, flow, values, script)
    calls: list[SeenCall] = [
        (e.place.path, e.role, e.attempt, e.operation, same(dict(e.arguments)))
        for e in events(story.trace)
        if isinstance(e, CallEvent)
    ]
    ordered = not any(isinstance(part, Fork) for part in story.trace.parts)
    return Told(ending_json(flow, story.ending), calls, ordered=ordered), ordered


def calls_of(flow: Flow) -> list[tuple[str, Step]]:
    """The addresses that a script may say something about, with their step."""
    found: list[tuple[str, Step]] = []
    for step in flow.steps:
        if not isinstance(step.call, Call):
            continue
        found.append((step.name, step))
    return found
