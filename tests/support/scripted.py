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

SeenCall = tuple[str, str, int, str, str]  # path, role, attempt, operation, arguments
MS = 1000


class Clock:
    """Virtual time, ms since 1970."""

    def __init__(self, now: int) -> None:
        self.now = now


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
        self.asked: dict[str, int] = {}  # when an await was first asked for

    def answer(self, payload: dict[str, Any]) -> Any:
        """The reply to a call; `limit` is what its task may take, in seconds. Raises TaskFailed."""
        path, role, number = payload["step"], payload["role"], int(payload["attempt"])
        operation = self.operations[payload["operation"]]
        self.calls.append((path, role, number, operation.title, same(payload["arguments"])))
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
        coming = [
            (began + sent.when.asked, "", sent.value)
            for sent in self.script.signals
            if sent.to in names and sent.when.asked is not None
        ]
        cancel = self.script.cancel
        if cancel is not None and cancel.at is not None:
            coming.append((self.script.start + cancel.at, "Cancelled", None))
        at, error, value = min(coming, default=(self.clock.now + limit + 1, "", None))
        if at > self.clock.now + limit:
            self.clock.now += limit
            raise TaskFailed("States.Timeout")
        self.clock.now = max(self.clock.now, at)
        if error:
            raise TaskFailed(error)
        del self.asked[path]
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


def same(value: Any) -> str:
    """A JSON value as text: equal for equal values, 20 and 20.0 alike."""
    match value:
        case bool() | None | str():
            return repr(value)
        case int() | float():
            return f"{value:.6f}".rstrip("0").rstrip(".")
        case list():
            return f"[{', '.join(map(same, value))}]"
        case dict():
            return f"{{{', '.join(f'{k}: {same(value[k])}' for k in sorted(value))}}}"
    raise TypeError(value)


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
