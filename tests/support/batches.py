"""Generated flows and scripts, in batches that share a program: one seed, one engine."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from flowc.compiler.check import check
from flowc.source import Source
from tests.support.meaningful import (
    PRELUDE,
    draw_outside,
    draw_script,
    flow,
    given,
    sub_flow,
)
from tests.support.suite import fresh

if TYPE_CHECKING:
    from flowc.simulate.script import Script
    from tests.support.suite import Stage

FLOWS, SCRIPTS = 5, 5


class Batch(NamedTuple):
    """How many stories were told, how many could not be, and where the engine differs."""

    told: int
    hidden: int
    found: list[str]


def text(random: Random, *, outside: bool = False) -> str:
    """A file with so many flows, each with two that it calls; with `outside`
    half of them wait for people."""
    parts = [PRELUDE]
    for n in range(FLOWS):
        awaits = outside and n % 2 == 0
        subs = (f"one{n}", f"two{n}")
        while True:
            made = [sub_flow(random, sub, awaits) for sub in subs]
            made.append(flow(random, f"main{n}", subs, awaits=awaits))
            if not check(Source("made.flow", "\n".join([PRELUDE, *made]))).failed:
                break  # now and then a name that may be none cannot be after all
        parts += made
    return "\n".join(parts)


def hold(stage: Stage, seed: int) -> Batch:
    """Tell the stories of a seed on an engine."""
    random = Random(seed)
    found: list[str] = []
    hidden = 0
    with stage.program(text(random, outside=True)) as playing:
        for n in range(FLOWS):
            main = playing.of.program.find(f"main{n}")
            assert main is not None
            for k in range(SCRIPTS):
                values: dict[str, Any] = given(random, fresh())
                script = slower(draw_script(random, playing.of.program, main), stage.unit)
                script = draw_outside(
                    random, playing.of.program, main, script, values, stage.late, stage.unit
                )
                held = playing.hold(main, script, values)
                hidden += held.hidden
                found += [f"seed {seed}, main{n}, script {k}: {each}" for each in held.found]
        found += [f"seed {seed}: {each}" for each in playing.close()]
    return Batch(FLOWS * SCRIPTS, hidden, found)


def slower(script: Script, unit: float) -> Script:
    """The script with seconds that last so many."""
    steps = {
        name: tuple(
            each if each.takes is None else each.replace(takes=round(each.takes * unit))
            for each in outcomes
        )
        for name, outcomes in script.steps.items()
    }
    signals = tuple(
        each.replace(when=each.when.replace(at=round((each.when.at or 0) * unit)))
        for each in script.signals
    )
    cancel = script.cancel
    if cancel is not None:
        cancel = cancel.replace(at=round((cancel.at or 0) * unit))
    return script.replace(steps=steps, signals=signals, cancel=cancel)
