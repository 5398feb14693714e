"""Generated flows and scripts: every engine tells them as the reference interpreter does.

`make conformance N=2000` holds as many stories as you ask for.
"""

from __future__ import annotations

import pytest

from tests.support.batches import hold
from tests.support.suite import ENGINES, Stage


@pytest.mark.parametrize("engine", [name for name in ENGINES if name != "dev"])
def test_an_engine_tells_the_same_stories(engine: str) -> None:
    with Stage(engine) as stage:
        batch = hold(stage, 1)
    assert batch.found == []
    assert batch.told > batch.hidden
