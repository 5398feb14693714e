"""What emitting costs, and what is emitted beside the same process written by hand."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from bench import by_hand
from bench.inputs import ORDER, long_flow
from bench.table import Row, show
from flowc.compiler.check import check
from flowc.compiler.flow import Program
from flowc.source import Source
from flowc.targets.asl.history import EXECUTION, STATE, TASK, least
from flowc.targets.asl.logical import Logical
from flowc.targets.asl.machine import machine
from flowc.targets.registry import NAMES, find

STEPS = 5  # of the order example
_LONG = 1_000


def bench(runs: int) -> bool:
    """Print the tables; returns whether every promise holds."""
    kept = _emission(runs)
    program = check(Source("order.flow", ORDER)).program
    return _temporal() & _asl(program) & kept


def _emission(runs: int) -> bool:
    program = check(Source("long.flow", long_flow(_LONG))).program
    rows = []
    for name in NAMES:
        costs = []
        for _ in range(runs):
            target = find(name)
            assert target is not None
            start = time.process_time()
            target.emit(program)
            costs.append(time.process_time() - start)
        rows.append(Row(f"{name}: seconds of CPU", statistics.median(costs), 1.0))
    return show(f"emit a flow of {_LONG:,} steps", {}, rows)


def _temporal() -> bool:
    """Measured in a process of its own: the SDK's threads outlive what they worked for."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.histories"], capture_output=True, text=True, check=True
    )
    emitted, hand = map(int, done.stdout.splitlines()[-1].split())
    return show(
        "history of an order on Temporal",
        {},
        [
            Row("events, by hand", hand, hand),
            Row("events, emitted", emitted, hand),
        ],
    )


def _asl(program: Program) -> bool:
    flow = program.flows[0]
    made = machine(flow, "", Logical((flow,)), called=False).definition["States"]
    written = by_hand.machine()["States"]
    assert isinstance(made, dict) and isinstance(written, dict)
    # started, ended; the Pass, the Choice and the Succeed; a Task for each step
    events = EXECUTION + 3 * STATE + STEPS * TASK
    return show(
        "an order on Step Functions",
        {},
        [
            Row("states a step, by hand", len(written) / STEPS, 13),
            Row("states a step, emitted", len(made) / STEPS, 13),
            Row("events a step, by hand", events / STEPS, 13),
            Row("events a step, emitted", least(flow) / STEPS, 13),
        ],
    )
