"""`flowc graph` of a flow of 30 steps: whole processes, Graphviz with them."""

from __future__ import annotations

import os
from pathlib import Path

from bench import peers
from bench.inputs import long_flow
from bench.measure import Command, medians
from bench.table import Row, show

PROJECT = Path(__file__).parents[1]
STEPS = 30


def bench(work: Path, runs: int) -> bool:
    """Print the table; returns whether an SVG costs at most a second."""
    own = peers.install_flowc(work, PROJECT)
    folder = work / "draw"
    folder.mkdir(exist_ok=True)
    (folder / "long.flow").write_text(long_flow(STEPS))
    alone = {"PATH": f"{own}{os.pathsep}/nowhere"}  # no `dot`: the wheel draws
    costs = medians(
        {
            **{
                kind: Command([str(own / "flowc"), "graph", "long.flow", "-o", f"x.{kind}"], folder)
                for kind in ("mmd", "svg", "html", "png")
            },
            "svg, graphviz-pure": Command(
                [str(own / "flowc"), "graph", "long.flow", "-o", "y.svg"], folder, env=alone
            ),
        },
        runs,
    )
    return show(
        f"draw a flow of {STEPS} steps",
        costs,
        [Row("seconds of CPU for an SVG", costs["svg"].cpu / 1000, 1.0)],
    )
