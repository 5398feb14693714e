"""Every operation fails, is unknown, hangs or gives nonsense, at every attempt that it has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flowc.compiler.flow import Call, Flow, Operation, Probe, Program, Step
from flowc.simulate.named import named
from flowc.simulate.script import Script, Scripted
from tests.faults.found import Found, every, unfinished
from tests.faults.scenes import NEWEST, NOTHING, OLDER, PLAIN, UNKNOWN, Scene, flow_of, read
from tests.faults.statuses import desk, differing
from tests.support.engines.python import OnPython

ATTEMPTS = 5


def shards() -> list[str]:
    return [scene.title for scene in PLAIN]


def run(shard: str, nth: int, folder: Path) -> Found:
    """The cases of one flow at one version; every nth of them."""
    scene = next(scene for scene in PLAIN if scene.title == shard)
    if scene.version != NEWEST[scene.example]:
        nth *= OLDER
    state = folder / "run.db"
    found = Found()
    engine = OnPython(read(scene.example), state)
    with engine, desk(state) as looking:
        flow = flow_of(engine.of.program, scene)
        cases = every(faults(engine.of.program, flow, scene), nth)
        for number, (kind, name, script) in enumerate(cases):
            given = scene.input(f"i{number}")
            differences = differing(engine, looking, flow, script, given)
            found.case(f"{scene.example}: {kind}", f"version {scene.version}, {name}", differences)
    found.case(f"{scene.example}: nothing lost", shard, unfinished(str(state)))
    return found


def faults(program: Program, flow: Flow, scene: Scene) -> Iterator[tuple[str, str, Script]]:
    """A kind, a name and a script. Before the fault so many attempts are unknown; after it all
    goes well, or it stays."""
    for path, operation in named(program, flow).operations.items():
        reached = because(flow, path)
        well = scene.script.steps.get(path, (Scripted(invented=True),))
        for kind, fault in kinds(path, operation).items():
            for before in range(ATTEMPTS):
                for after in (well, ()):
                    written = (*[UNKNOWN] * before, fault, *after)
                    steps = {**scene.script.steps, **reached, path: written}
                    again = "then ok" if after else "for ever"
                    name = f"{path} {fault.error or kind} at attempt {before + 1}, {again}"
                    yield kind, name, scene.script.replace(steps=steps)


def kinds(path: str, operation: Operation) -> dict[str, Scripted]:
    """What can go wrong with an attempt."""
    found = {
        "a step raises": Scripted("unknown", takes=200, message="boom"),
        "a step times out": Scripted("unknown"),
        "a step answers too late": Scripted(invented=True, takes=10**9),
        "a step gives the wrong type": Scripted("ok", {"odd": 1}),
        "a step raises an unlisted error": Scripted("fail", error="Odd"),
    }
    if operation.result is None:  # anything that it gives is taken for nothing
        del found["a step gives the wrong type"]
    for error in operation.raises:
        found[f"a step fails with {error.name}"] = Scripted("fail", invented=True, error=error.name)
    if path.endswith(" probe"):
        found["a probe finds nothing"] = NOTHING
    role = path.partition(" ")[2]
    if role:
        word = {"probe": "a probe", "undo": "a compensation"}[role]
        found = {kind.replace("a step", word): fault for kind, fault in found.items()}
    return found


def because(flow: Flow, path: str) -> dict[str, tuple[Scripted, ...]]:
    """What must happen for an operation to be called: a step unknown for its probe, the last one
    that is compensated for a compensation."""
    step, _, role = path.partition(" ")
    if role == "probe":
        return {step: (UNKNOWN,)}
    if role == "undo":
        last = next(
            step
            for step in reversed(list(flow.steps))
            if isinstance(step, Step) and isinstance(step.call, Call) and step.compensation
        )
        asked = {f"{last.name} probe": (NOTHING,)} if isinstance(last.unknown, Probe) else {}
        return {last.name: (UNKNOWN,), **asked}
    return {}
