"""The examples under every single fault, as the reference interpreter tells it; `make conformance`
adds pairs of faults, and a cancel and a deadline at every boundary, on every engine."""

from __future__ import annotations

import pytest

from tests.support.examples import NAMES, hold
from tests.support.suite import Stage


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("engine", ["python", "sfnx"])
def test_every_single_fault(engine: str, name: str) -> None:
    with Stage(engine) as stage:
        assert hold(stage, name, "faults", every=2).found == []


@pytest.mark.parametrize("kind", ["cancels", "deadlines"])
@pytest.mark.parametrize("engine", ["python", "cadence"])
def test_a_cancel_and_a_deadline_at_some_boundaries(engine: str, kind: str) -> None:
    with Stage(engine) as stage:
        assert hold(stage, "order", kind, every=3).found == []
