"""Ten times the steps is ten times the work: counted in calls, not in seconds."""

from __future__ import annotations

import cProfile
import pstats

from bench.inputs import long_flow
from flowc.compiler.check import check
from flowc.lint.engine import lint
from flowc.source import Source


def calls(steps: int) -> int:
    """How many calls a check and all rules make on a flow of so many steps."""
    source = Source("long.flow", long_flow(steps))
    profile = cProfile.Profile()
    profile.enable()
    found = lint(check(source))
    profile.disable()
    assert {d.name for d in found} <= {"giant-flow"}
    return sum(row[1] for row in pstats.Stats(profile).stats.values())  # type: ignore[attr-defined]


def test_work_grows_with_the_length_of_a_flow() -> None:
    calls(20)  # what is loaded and compiled once is counted in neither
    assert calls(2_000) <= 11 * calls(200)
