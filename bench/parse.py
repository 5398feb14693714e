"""How fast text becomes a tree, in a process of its own."""

from __future__ import annotations

import statistics
import time

from bench.inputs import long_flow
from bench.table import Row, show
from flowc.dsl.parser import parse
from flowc.source import Source


def bench(runs: int) -> bool:
    """Print the throughput; returns whether it is at least 500 KB/s of CPU time."""
    text = long_flow(2_000)
    speeds = []
    for _ in range(runs):
        start = time.process_time()
        parse(Source("long.flow", text))
        speeds.append(len(text) / 1000 / (time.process_time() - start))
    return show(
        "parse a long file",
        {},
        [Row("KB/s of CPU", statistics.median(speeds), 500, least=True)],
    )
