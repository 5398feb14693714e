"""Emitted machines in sfnx's interpreter of Step Functions, in virtual time."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jsonata
from sfnx import testing
from sfnx.testing import Failure, run

from flowc.compiler.check import Checked
from flowc.compiler.flow import Flow
from flowc.simulate.script import Script
from flowc.targets.asl.target import Asl
from tests.support import agreement
from tests.support.scripted import MS, Answers, Clock, TaskFailed, Told


class _Kept:
    """The module `jsonata` with each expression parsed once: parsing is what a run spends its
    time on."""

    Jsonata = staticmethod(cache(jsonata.Jsonata))

    def __getattr__(self, name: str) -> Any:
        return getattr(jsonata, name)


def _checked_once(check: Any) -> Any:
    """Validate a definition when it is first run."""
    known: dict[int, Any] = {}

    def checked(definition: Any) -> None:
        if id(definition) not in known:
            check(definition)
            known[id(definition)] = definition  # and so its id is not given to another

    return checked


vars(testing)["jsonata"] = _Kept()
testing.check = _checked_once(testing.check)


def definitions(of: Checked) -> dict[str, dict[str, Any]]:
    """Each flow's definition, its tasks made to tell how long they may take."""
    target = Asl()
    program = of.program
    found = [gap.message for flow in program.flows for gap in target.gaps(flow, program)]
    assert not found, found
    files = target.emit(program)
    made = {
        path.removesuffix(".asl.json"): json.loads(text)
        for path, text in files.items()
        if path.endswith(".asl.json")
    }
    for definition in made.values():
        _tell_limits(definition)
    return made


def _tell_limits(machine: dict[str, Any]) -> None:
    for state in machine["States"].values():
        payload = state.get("Arguments", {}).get("Payload")
        if payload is not None:
            payload["limit"] = state.get("HeartbeatSeconds", state["TimeoutSeconds"])
        for inner in (*state.get("Branches", ()), state.get("ItemProcessor")):
            if inner is not None:
                _tell_limits(inner)


def ending_of(error: str | None, cause: str | None, output: Any) -> dict[str, Any]:
    """The ending of an execution: its output, or the cause that it failed with."""
    if error is None:
        assert isinstance(output, dict)
        return output
    assert error in ("flowc.Incomplete", "flowc.Halted"), (error, cause)
    told: dict[str, Any] = json.loads(cause or "")
    return told


class _Sides:
    """Branches and rounds of one fork begin at one moment: sfnx runs them one after another."""

    clock: Clock | None = None
    depth = 0  # 1: the next scope is a side


_sides = _Sides()
_attempt, _scope = testing.attempt, testing.scope


def _fork(state: Any, *rest: Any) -> Any:
    if state["Type"] == "Task" or _sides.clock is None:
        return _attempt(state, *rest)
    clock, before = _sides.clock, _sides.depth
    clock.fork()
    _sides.depth = 1
    try:
        return _attempt(state, *rest)
    finally:
        _sides.depth = before
        clock.join()


def _side(*given: Any) -> Any:
    if not _sides.depth or _sides.clock is None:
        return _scope(*given)
    _sides.clock.side()
    _sides.depth = 0
    try:
        return _scope(*given)
    finally:
        _sides.depth = 1


vars(testing).update(attempt=_fork, scope=_side)


class Sfnx:
    """Runs one program's machines."""

    def __init__(self, of: Checked) -> None:
        self.of = of
        self.definitions = definitions(of)

    def play(self, flow: Flow, given: dict[str, Any], script: Script, *, ordered: bool) -> Told:
        clock = Clock(script.start)
        answers = Answers(self.of, script, clock)
        ending = self._run(flow.name, given, answers)
        return Told(ending, answers.calls, ordered=ordered)

    def tell(self, flow: Flow, script: Script, given: dict[str, Any]) -> agreement.Told:
        """As `play`, with all that can be compared."""
        answers = Answers(self.of, script, Clock(script.start))
        ending = self._run(flow.name, given, answers)
        return agreement.Told(ending, answers.made, answers.clock.now - script.start)

    def _run(self, name: str, given: dict[str, Any], answers: Answers) -> dict[str, Any]:
        outside, _sides.clock = _sides.clock, answers.clock
        depth, _sides.depth = _sides.depth, 0
        try:
            return self._execute(name, given, answers)
        finally:
            _sides.clock, _sides.depth = outside, depth

    def _execute(self, name: str, given: dict[str, Any], answers: Answers) -> dict[str, Any]:
        clock = answers.clock

        def tasks(call: Any) -> Any:
            arguments = copy.deepcopy(call.arguments)
            if call.resource.endswith(":events:putEvents"):
                return {"FailedEntryCount": 0, "Entries": [{}]}
            if "startExecution" in call.resource:
                key = arguments["StateMachineArn"][2:-1].removeprefix("Flow").lower()
                child = next(n for n in self.definitions if n.replace("_", "") == key)
                try:
                    return {"Output": self._child(child, arguments["Input"], answers)}
                except TaskFailed as failed:
                    raise Failure(failed.name) from None
            try:
                if call.resource.endswith(".waitForTaskToken"):
                    return answers.signal(arguments["Payload"])
                return {"Payload": answers.answer(arguments["Payload"])}
            except TaskFailed as failed:
                raise Failure(failed.name) from None

        def wait(waited: Any) -> None:
            clock.now += waited.seconds * MS

        execution = run(
            self.definitions[name],
            given,
            tasks,
            functions={"millis": lambda *_: clock.now, "random": lambda *_: 1},
            on_wait=wait,
            start_time=datetime.fromtimestamp(clock.now / MS, UTC).isoformat(),
        )
        output = None if execution.error else execution.output
        return ending_of(execution.error, execution.cause, output)

    def _child(self, name: str, given: dict[str, Any], answers: Answers) -> dict[str, Any]:
        ending = self._run(name, given, answers)
        if ending["ending"] in ("Incomplete", "Halted"):
            raise TaskFailed("States.TaskFailed")
        return ending
