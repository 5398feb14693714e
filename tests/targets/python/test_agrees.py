"""The Python target against the reference interpreter: the same scripts, the same stories."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flowc.compiler.check import check
from flowc.compiler.flow import Call, Flow, Probe, Program
from flowc.simulate.interpret import Story, interpret
from flowc.simulate.script import START, Script, Scripted
from flowc.simulate.trace import CallEvent, Fork, Series, events
from flowc.simulate.values import decode_fields, encode, encode_fields
from flowc.source import Source
from tests.support.durable import EXAMPLES, Bench, Compiled, World

SEEDS = int(os.environ.get("FLOWC_STORIES", "30"))
COMPOUND = Path(__file__).parent / "data" / "compound.flow"
ORDER = {"email": "e", "items": [{"sku": "a", "quantity": 1}], "total": 20}
TRIP = {"legs": ["x", "y", "z"], "car": True}


class Stage:
    """A program compiled both ways, its engine launched."""

    def __init__(self, text: str, state: Path) -> None:
        text = text.replace(" jitter", "")
        self.program: Program = check(Source("test.flow", text)).program
        self.bench = Bench(Compiled(text), state, {})
        self.services = Retold(self.bench.clock)
        attempt = self.bench.compiled.module("runtime.attempt")
        self.bench.engine._workflows._services = attempt.Services(self.services, dicts=True)


class Retold(World):
    """Services that answer each call as a story told it."""

    def __init__(self, clock: Any) -> None:
        super().__init__(clock, {})
        self.left: dict[str, list[CallEvent]] = {}
        self.made: list[tuple[Any, ...]] = []

    def tell(self, story: Story) -> None:
        self.left, self.made = {}, []
        for event in calls(story):
            self.left.setdefault(known(event.operation, dict(event.arguments)), []).append(event)

    async def answer(self, title: str, given: dict[str, Any]) -> Any:
        planned = self.left.get(known(title, given))
        if not planned:
            self.made.append((title, given, "not in the story"))
            raise RuntimeError("not in the story")
        event = planned.pop(0)
        self.made.append(call(event))
        self._spend(timedelta(milliseconds=event.end - event.at))
        if event.outcome == "fail":
            assert event.error is not None
            raised = type(event.error.name, (Exception,), {})(event.error.message)
            for name, value in event.error.fields:
                setattr(raised, name, value)
            raise raised
        if "expected" in event.reason:
            return {"odd": 1}
        if event.outcome == "unknown":
            raise RuntimeError(event.reason)
        return event.value


def known(title: str, given: dict[str, Any]) -> str:
    return title + json.dumps(given, sort_keys=True, default=number)


def number(value: Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)


def calls(story: Story) -> list[CallEvent]:
    return [event for event in events(story.trace) if isinstance(event, CallEvent)]


def call(event: CallEvent) -> tuple[Any, ...]:
    return (event.operation, known("", dict(event.arguments)), event.attempt, event.outcome)


def forked(term: Any) -> bool:
    return isinstance(term, Fork) or (isinstance(term, Series) and any(map(forked, term.parts)))


def ending_of(story: Story) -> dict[str, Any]:
    """The ending in the words of the engine."""
    ending = story.ending
    told: dict[str, Any] = {"ending": ending.kind, "flow": story.flow.name}
    if ending.kind == "Halted":
        return {**told, "step": ending.step, "ledger": sorted(ending.ledger)}
    if ending.error is not None:
        error = ending.error
        kinds = {e.name: e for e in story.flow.errors}
        declared = kinds[error.name].fields if error.name in kinds else ()
        fields = encode_fields(error.fields, declared)
        told["error"] = {"name": error.name, "message": error.message, "fields": fields}
    else:
        told["value"] = encode(ending.value, story.flow.result)
    if ending.stuck:
        told["stuck"] = sorted(ending.stuck)
    return told


def ending_in_same_words(ending: dict[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in ending.items() if name not in ("version", "reason")}
    if "ledger" in told:
        told["ledger"] = sorted(entry["step"] for entry in told["ledger"])
    if "stuck" in told:
        told["stuck"] = sorted(told["stuck"])
        if not told["stuck"]:
            del told["stuck"]
    return told


def paths(flow: Flow, program: Program, prefix: str = "") -> Iterator[tuple[str, Call]]:
    """Every call of a flow by its path without rounds, those of its sub-flows too."""
    for step in flow.steps:
        name = prefix + step.name
        if isinstance(step.call, Call):
            yield name, step.call
        else:
            child = program.find(step.call.flow)
            assert child is not None
            yield from paths(child, program, f"{name}/")
        if isinstance(step.unknown, Probe):
            yield f"{name} probe", step.unknown.call
        if step.compensation is not None:
            yield f"{name} undo", step.compensation.call


def script(flow: Flow, program: Program, chance: random.Random) -> Script:
    """A story in which a few calls go wrong."""
    steps: dict[str, tuple[Scripted, ...]] = {}
    every = list(paths(flow, program))
    for path, made in chance.sample(every, min(len(every), chance.choice([1, 1, 2, 3, 5]))):
        outcomes = []
        for _ in range(chance.randint(1, 3)):
            takes = chance.choice([None, 0, 700, 4_000, 9_000, 20_000])
            kind = chance.choice(["ok", "fail", "unknown", "unknown", "wrong"])
            raises = made.operation.raises
            if kind == "fail" and raises:
                error = chance.choice(raises)
                fields = tuple((field.name, "x") for field in error.fields)
                outcomes.append(
                    Scripted("fail", error=error.name, fields=fields, message="m", takes=takes)
                )
            elif kind == "wrong" and made.operation.result is not None:
                outcomes.append(Scripted("ok", value={"odd": 1}, takes=takes))
            elif kind == "ok":
                outcomes.append(Scripted("ok", invented=True, takes=takes))
            else:
                outcomes.append(Scripted("unknown", takes=takes))
        steps[path] = tuple(outcomes)
    return Script(steps=steps, pace=chance.choice([0, 1_000]))


@pytest.fixture(scope="module", params=["order", "compound"])
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    path = EXAMPLES / "order.flow" if request.param == "order" else COMPOUND
    made = Stage(path.read_text(), tmp_path_factory.mktemp("state") / "run.db")
    with made.bench:
        yield made


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_engine_tells_the_interpreters_story(stage: Stage, seed: int) -> None:
    chance = random.Random(seed)
    flows = [flow for flow in (*stage.program.flows, *stage.program.older) if flow.key]
    for flow in chance.sample(flows, min(len(flows), 3)):
        ident = f"{flow.name}-{flow.version}-{seed}"
        given: dict[str, Any] = {"id": ident}
        if flow.params[0].name == "order":
            given = {"order": {"id": ident, **ORDER}}
        elif flow.params[0].name == "trip":
            given = {"trip": {"id": ident, **TRIP}}
        elif len(flow.params) == 2:
            given["until_time"] = "2024-01-01T05:00:00Z"
        told = script(flow, stage.program, chance)
        values = dict(decode_fields(flow.params, given))
        story = interpret(stage.program, flow, values, told)
        stage.services.tell(story)
        engine, made = stage.bench.engine, stage.bench.flow(flow.name, flow.version)
        ending = engine.ending(engine.start(made, made.read_input(given), START))
        assert ending_in_same_words(ending) == ending_of(story), told
        expected = [call(event) for event in calls(story)]
        if forked(story.trace):
            assert sorted(stage.services.made) == sorted(expected), told
        else:
            assert stage.services.made == expected, told
