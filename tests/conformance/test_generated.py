"""Generated flows and scripts, on the Python target as by the reference interpreter.

`make conformance N=2000` holds as many stories as you ask for.
"""

from __future__ import annotations

import pytest

from tests.support.batches import hold


@pytest.mark.parametrize("seed", [1, 2])
def test_both_engines_tell_the_same_stories(seed: int) -> None:
    assert hold(seed) == []
