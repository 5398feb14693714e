"""Whether the suite notices that an engine means something else: `python -m tests.support.noticing
ENGINE`, with status 3 as soon as a story differs."""

from __future__ import annotations

import sys

from tests.support import batches, examples
from tests.support.meaningful import PRELUDE
from tests.support.regressions import REGRESSIONS
from tests.support.suite import Stage, fresh

SEEDS = range(1, 9)


def differs(engine: str) -> str:
    """The first difference, empty if there is none."""
    with Stage(engine) as stage:
        for regression in REGRESSIONS:
            with stage.program(PRELUDE + regression.flows) as playing:
                flow = playing.of.program.find("main")
                assert flow is not None
                script = batches.slower(regression.script, stage.unit)
                held = playing.hold(flow, script, {"id": fresh(), "xs": ["p", "q", "r"]})
                if held.found:
                    return f"{regression.name}: {held.found[0]}"
        for seed in SEEDS:
            if found := batches.hold(stage, seed).found:
                return found[0]
        for name, kind in (("order", "faults"), ("trip", "faults"), ("order", "deadlines")):
            if found := examples.hold(stage, name, kind, every=3).found:
                return found[0]
    return ""


if __name__ == "__main__":
    told = differs(sys.argv[1])
    print(told)
    sys.exit(3 if told else 0)
