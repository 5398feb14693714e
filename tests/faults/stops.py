"""Cancel, and the deadline, at every moment at which something begins, goes on or ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flowc.compiler.flow import Flow
from flowc.simulate.interpret import Story
from flowc.simulate.script import Moment, Script
from flowc.simulate.trace import CallEvent, FlowEvent, TimerEvent, events
from tests.faults.found import Found, every, unfinished
from tests.faults.scenes import FAILING, NEWEST, OLDER, PLAIN, flow_of, read, story
from tests.faults.statuses import desk, differing
from tests.support.engines.python import OnPython

SCENES = {scene.title: scene for scene in (*PLAIN, *FAILING)}


def shards() -> list[str]:
    return list(SCENES)


def run(shard: str, nth: int, folder: Path) -> Found:
    """One story, stopped everywhere; every nth moment."""
    scene = SCENES[shard]
    if scene.version != NEWEST[scene.example]:
        nth *= OLDER
    state = folder / "run.db"
    found = Found()
    engine = OnPython(read(scene.example, brief=True), state)
    with engine, desk(state) as looking:
        flow = flow_of(engine.of.program, scene)
        told = story(engine.of.program, flow, scene.script, scene.input("told"))
        cases = every(stops(flow, scene.script, told), nth, len(shard) % nth)
        for number, (kind, name, stopped, script) in enumerate(cases):
            given = scene.input(f"i{number}")
            differences = differing(engine, looking, stopped, script, given)
            found.case(f"{scene.example}: {kind}", f"{shard}, {name}", differences)
    found.case(f"{scene.example}: nothing lost", shard, unfinished(str(state)))
    return found


def stops(flow: Flow, script: Script, told: Story) -> Iterator[tuple[str, str, Flow, Script]]:
    """A kind, a name, the flow with its deadline, and the script with its cancel."""
    for ms, state in sorted(moments(told).items()):
        cancel = script.replace(cancel=Moment(at=ms))
        yield f"cancel {state}", f"cancelled after {ms} ms", flow, cancel
        if ms > 0 and (flow.deadline is None or ms < flow.deadline):
            due = flow.replace(deadline=ms)
            yield f"deadline {state}", f"due after {ms} ms", due, script


def moments(told: Story) -> dict[int, str]:
    """Every moment that matters, in ms after the start, and the state that it falls into."""
    found: dict[int, str] = {0: "at the start"}
    for event in events(told.trace):
        match event:
            case CallEvent(role=role):
                state = {"do": "in a step", "probe": "in a probe", "undo": "in a compensation"}[
                    role
                ]
            case TimerEvent(kind=kind):
                state = {"wait": "in a wait", "await": "in an await", "every": "in a pause"}[kind]
            case FlowEvent():
                state = "between steps"
            case _:
                continue
        at = event.at - told.start
        if isinstance(event, FlowEvent):
            found.setdefault(at, state)
            continue
        end = event.end - told.start
        for ms in (at, (at + end) // 2, end, end + 1):
            found[ms] = state
    return found
