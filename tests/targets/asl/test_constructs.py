"""Each construct as a state machine, with each step failing in each way, held against the
reference interpreter."""

from __future__ import annotations

import pytest

from flowc.cli.constructs import CONSTRUCTS
from flowc.compiler.flow import Await, Call, Flow
from flowc.simulate.script import Moment, Script, Scripted, Sent
from tests.support.moto_run import Moto
from tests.support.scripted import Told, checked, inputs, reference
from tests.support.sfnx_run import Sfnx
from tests.targets.asl.flows import FLOWS

TEXTS = {construct.name: construct.text for construct in CONSTRUCTS} | FLOWS
WAYS = {
    "unknown": Scripted("unknown", takes=0),
    "unknown once": Scripted("unknown", takes=0),
    "busy": Scripted("fail", error="Busy", invented=True),
    "gone": Scripted("fail", error="Gone", invented=True),
    "none": Scripted("ok", None),
}
GOOD = Scripted("ok", invented=True)
GRANTED = {"granted": True}


def scripts(flow: Flow) -> dict[str, Script]:
    """All going well, and each call going wrong in each way; each await in each way."""
    made = {"well": Script(answers=True, signals=_signals(flow, 1_500_000))}
    signals = made["well"].signals
    for step in flow.steps:
        if not isinstance(step.call, Call):
            continue
        for way, scripted in WAYS.items():
            told: tuple[Scripted, ...] = (scripted, GOOD) if way == "unknown once" else (scripted,)
            made[f"{step.name} {way}"] = Script(steps={step.name: told}, signals=signals)
            undo: dict[str, tuple[Scripted, ...]] = {
                step.name: told,
                f"{step.name} undo": (WAYS["unknown"],),
            }
            made[f"{step.name} {way}, stuck"] = Script(steps=undo, signals=signals)
    last = [step for step in flow.steps if isinstance(step.call, Call)][-1:]
    for step in last:
        for number in range(3):
            at: dict[str, tuple[Scripted, ...]] = {f"{step.name}[{number}]": (WAYS["unknown"],)}
            made[f"{step.name}[{number}] unknown"] = Script(steps=at, signals=signals)
    if signals:
        made["nobody answers"] = Script()
        made["cancelled"] = Script(cancel=Moment(at=1_000_000))
        made["answered at once"] = Script(signals=_signals(flow, 0))
    return made


def _signals(flow: Flow, asked: int) -> tuple[Sent, ...]:
    names = [node.name for node in flow.nodes if isinstance(node, Await)]
    return tuple(Sent(name, Moment(asked=asked), GRANTED) for name in names)


def play(machine: Sfnx | Moto, flow: Flow, script: Script) -> tuple[Told, Told]:
    given = inputs(flow, names=["x", "y", "z"], order="o")
    wanted, ordered = reference(machine.of, flow, given, script)
    return machine.play(flow, given, script, ordered=ordered), wanted


@pytest.mark.parametrize("construct", TEXTS)
def test_a_construct_means_what_the_reference_says(construct: str) -> None:
    machine = Sfnx(checked(TEXTS[construct]))
    flow = machine.of.program.find("shown")
    assert flow is not None
    for name, script in scripts(flow).items():
        got, wanted = play(machine, flow, script)
        assert (got.ending, got.calls) == (wanted.ending, wanted.calls), name


@pytest.mark.parametrize("construct", ["parallel", "carried through rounds"])
def test_moto_agrees_too(construct: str) -> None:
    machine = Moto(checked(TEXTS[construct]))
    flow = machine.of.program.find("shown")
    assert flow is not None
    named = scripts(flow)
    for name in list(named)[:3]:
        got, wanted = play(machine, flow, named[name])
        assert (got.ending, got.calls) == (wanted.ending, wanted.calls), name
