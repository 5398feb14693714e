"""Generated flows and scripts: every engine tells them as the reference interpreter does.

`make conformance N=2000` holds as many stories as you ask for, and all of those on Temporal: its
time-skipping server now and then stops skipping under generated stories, which would fail runs that
changed nothing. The examples are told on it in every run, beside this.
"""

from __future__ import annotations

import pytest

from tests.support.batches import hold
from tests.support.suite import ENGINES, Stage


@pytest.mark.parametrize("engine", [each for each in ENGINES if each != "temporal"])
def test_an_engine_tells_the_same_stories(engine: str) -> None:
    with Stage(engine) as stage:
        batch = hold(stage, 1)
    assert batch.found == []
    assert batch.told > batch.hidden
