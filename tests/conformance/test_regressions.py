"""What once was told differently, on every engine."""

from __future__ import annotations

import pytest

from tests.support.batches import slower
from tests.support.meaningful import PRELUDE
from tests.support.regressions import REGRESSIONS
from tests.support.suite import ENGINES, Stage, fresh


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_comes_back(engine: str) -> None:
    found: dict[str, list[str]] = {}
    with Stage(engine) as stage:
        for regression in REGRESSIONS:
            with stage.program(PRELUDE + regression.flows) as playing:
                flow = playing.of.program.find("main")
                assert flow is not None
                given = {"id": fresh(), "xs": ["p", "q", "r"]}
                held = playing.hold(flow, slower(regression.script, stage.unit), given)
                if held.found:
                    found[regression.name] = held.found
    assert found == {}
