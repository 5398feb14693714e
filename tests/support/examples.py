"""The examples under every fault, every pair of faults, and a cancel and a deadline at every
boundary of what happens when all goes well."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from flowc.simulate.interpret import Story, interpret
from flowc.simulate.invent import invent_fields
from flowc.simulate.script import Moment, Script, Sent
from flowc.simulate.trace import CallEvent, TimerEvent, events
from flowc.simulate.values import decode_fields
from tests.support.batches import Batch
from tests.support.durable import EXAMPLES
from tests.support.faults import pairs, single_faults
from tests.support.suite import fresh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Flow, Program
    from tests.support.suite import Stage

NAMES = ("order", "trip", "onboard")
KINDS = ("faults", "pairs", "cancels", "deadlines")
_DEADLINE = re.compile(r"deadline \w+, compensate within \w+")
_SUPPORTS = re.compile(r" supports \d+")
ANSWERED = 3600  # seconds after an await was reached


def text(name: str) -> str:
    """An example with waits of a fixed length, in whole seconds."""
    said = (EXAMPLES / f"{name}.flow").read_text(encoding="utf-8")
    return said.replace(" jitter", "").replace("500ms", "1s")


def with_deadlines(said: str, moments: list[int]) -> str:
    """A copy of the last flow for each deadline, ms."""
    begin = said.rindex("\nflow ")
    head, main = said[:begin], _SUPPORTS.sub("", said[begin:])
    name = main.split("(", 1)[0]
    copies = [
        _DEADLINE.sub(f"deadline {at}ms, compensate within 8h", main, count=1).replace(
            name, f"{name}_{n}", 1
        )
        for n, at in enumerate(moments)
    ]
    return head + "".join(copies)


def hold(stage: Stage, name: str, kind: str, every: int = 1) -> Batch:
    """Tell the stories of an example on an engine; of `every` so many only one."""
    made = text(name)
    with stage.program(made) as playing:
        flow = main(playing.of.program)
        base = script(playing.of.program, flow, stage.unit)
        story = _story(playing.of.program, flow, base)
        cases = list(_cases(kind, playing.of.program, flow, base, story, stage))[::every]
        if kind != "deadlines":
            told = [(case, playing.hold(flow, each, inputs(flow))) for case, each in cases]
            found = playing.close()
    if kind == "deadlines":
        moments = boundaries(story, stage)[::every]
        # the spans of the text are multiplied by the stage, these are not
        with stage.program(with_deadlines(made, moments)) as playing:
            program = playing.of.program
            flows = [f for f in program.flows if f.key is not None]
            told = [
                (f"deadline {at} ms", playing.hold(each, base, inputs(each)))
                for at, each in zip(moments, flows, strict=True)
            ]
            found = playing.close()
    for case, held in told:
        found += [f"{name}, {case}: {each}" for each in held.found]
    return Batch(len(told), sum(held.hidden for _, held in told), found)


def _cases(
    kind: str, program: Program, flow: Flow, base: Script, story: Story, stage: Stage
) -> Iterator[tuple[str, Script]]:
    match kind:
        case "faults":
            yield "nothing fails", base
            for case, each in single_faults(program, flow):
                yield case, base.replace(steps=each.steps)
        case "pairs":
            for case, each in pairs(program, flow):
                yield case, base.replace(steps=each.steps)
        case "cancels":
            for at in boundaries(story, stage):
                yield f"cancel after {at} ms", base.replace(cancel=Moment(at=at))


def boundaries(story: Story, stage: Stage) -> list[int]:
    """Every moment at which something begins or ends, where time is exact, and one between each
    two."""
    moments: set[int] = {0}
    for event in events(story.trace):
        if isinstance(event, CallEvent | TimerEvent):
            moments |= {event.at - story.start, event.end - story.start}
    found = sorted(moments)
    between = [(one + two) // 2 for one, two in pairwise([*found, found[-1] + 2000])]
    return sorted({*between, *(found[1:] if stage.late == 0 else ())})


def script(program: Program, flow: Flow, unit: float) -> Script:
    """All goes well, each call takes two seconds, and each await is answered after an hour."""
    made = Script(pace=round(2000 * unit))
    for _ in range(3):
        known = {sent.to for sent in made.signals}
        for event in events(_story(program, flow, made).trace):
            if isinstance(event, TimerEvent) and event.kind == "await":
                path, at = event.place.path, event.at - made.start + ANSWERED * 1000
                if path not in known:
                    sent = Sent(path, Moment(at=at), _answer(program, flow, path))
                    made = made.replace(signals=(*made.signals, sent))
    return made


def _answer(program: Program, flow: Flow, path: str) -> Any:
    from flowc.simulate.invent import invent
    from flowc.simulate.named import named
    from flowc.simulate.script import without_rounds

    node = named(program, flow).awaits[without_rounds(path)]
    return invent(node.type, node.name)


def _story(program: Program, flow: Flow, made: Script) -> Story:
    return interpret(program, flow, dict(decode_fields(flow.params, inputs(flow))), made)


def main(program: Program) -> Flow:
    """The flow of an example that can be started."""
    return next(flow for flow in program.flows if flow.key is not None)


def inputs(flow: Flow) -> dict[str, Any]:
    """Plausible values under a new key; a moment to wait for has passed."""
    given = invent_fields(flow.params, "")
    first = given[flow.params[0].name]
    first["id"] = fresh()
    if "starts_at" in first:
        first["starts_at"] = "2020-01-01T00:00:00Z"
    return given
