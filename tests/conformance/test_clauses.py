"""Every clause of the meaning, on the engines: its small stories are told as by the reference.

`make conformance` tells all of them on all engines, `make mutate` breaks each clause in turn.
"""

from __future__ import annotations

import pytest

from tests.support.clauses import hold
from tests.support.suite import Stage

SLOWER = {"moto": (7, 11), "environment": (7, 11), "dev": (9,)}  # rules that are told here


@pytest.mark.parametrize("engine", ["python", "sfnx", "cadence"])
def test_every_clause(engine: str) -> None:
    with Stage(engine) as stage:
        assert hold(stage).found == []


@pytest.mark.parametrize("engine", SLOWER)
def test_clauses_of_some_rules(engine: str) -> None:
    with Stage(engine) as stage:
        assert hold(stage, SLOWER[engine]).found == []
