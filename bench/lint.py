"""`flowc lint` beside a bare interpreter, buf lint, bpmnlint and miniwdl check."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench import inputs, peers
from bench.measure import Command, Cost, medians
from bench.table import Row, show

PROJECT = Path(__file__).parents[1]


def commands(
    folder: Path, tools: Path, cache: Path, own: Path, *, files: int
) -> dict[str, Command]:
    """One command a tool, over one file or over all."""
    env = {"FLOWC_CACHE_DIR": str(cache)}
    bin_ = tools / "node_modules" / ".bin"
    miniwdl = [str(tools / "venv" / "bin" / "miniwdl"), "check"]
    miniwdl += ["--suppress", "CommandShellCheck", "--no-quant-check"]
    one = files == 1
    flows = "order_0.flow" if one else "."
    protos = ["--path", "acme/orders0/v1/orders.proto"] if one else []
    bpmns = ["order_0.bpmn"] if one else [f"order_{n}.bpmn" for n in range(files)]
    wdls = ["order_0.wdl"] if one else [f"order_{n}.wdl" for n in range(files)]
    return {
        "python -c pass": Command([str(own / "python"), "-c", "pass"], folder),
        "flowc lint": Command(
            [str(own / "flowc"), "lint", flows],
            folder / "flow",
            before=lambda: shutil.rmtree(cache, ignore_errors=True),
            env=env,
        ),
        "buf lint": Command([str(bin_ / "buf"), "lint", *protos], folder / "proto"),
        "bpmnlint": Command([str(bin_ / "bpmnlint"), *bpmns], folder / "bpmn"),
        "miniwdl check": Command([*miniwdl, *wdls], folder / "wdl"),
    }


def bench(work: Path, runs: int) -> bool:
    """Print the tables; returns whether every promise holds."""
    tools, cache = work / "peers", work / "cache"
    peers.install(tools)
    own = peers.install_flowc(work, PROJECT)
    folder = work / "inputs"
    shutil.rmtree(folder, ignore_errors=True)
    inputs.write_all(folder, 200)
    kept = True
    one = medians(commands(folder, tools, cache, own, files=1), runs)
    bare = one["python -c pass"].cpu
    others = min(one[name].cpu for name in ("buf lint", "bpmnlint", "miniwdl check"))
    kept &= show(
        "lint one file, cold",
        one,
        [
            Row("CPU against a bare interpreter", one["flowc lint"].cpu / bare, 4.0),
            Row("CPU against the fastest peer", one["flowc lint"].cpu / others, 1.0),
        ],
    )
    many = medians(commands(folder, tools, cache, own, files=200), max(1, runs // 3))
    kept &= show(
        "lint 200 files, cold",
        many,
        [
            Row("CPU against miniwdl check", many["flowc lint"].cpu / many["miniwdl check"].cpu, 1),
            Row("CPU against buf lint", many["flowc lint"].cpu / many["buf lint"].cpu, 3.0),
        ],
    )
    again = medians(
        {
            "python -c pass": Command([str(own / "python"), "-c", "pass"], folder),
            "flowc lint": Command(
                [str(own / "flowc"), "lint", "."],
                folder / "flow",
                env={"FLOWC_CACHE_DIR": str(cache)},
            ),
        },
        runs,
    )
    ratio = again["flowc lint"].cpu / again["python -c pass"].cpu
    kept &= show(
        "lint 200 unchanged files", again, [Row("CPU against a bare interpreter", ratio, 2.0)]
    )
    return kept & growth(work, own, max(1, runs // 3))


def growth(work: Path, own: Path, runs: int) -> bool:
    """A flow of 1,000 and one of 10,000 steps: time grows with the length, memory stays small."""
    folder = work / "long"
    folder.mkdir(exist_ok=True)
    for steps in (1_000, 10_000):
        (folder / f"{steps}.flow").write_text(inputs.long_flow(steps))
    lint = [str(own / "flowc"), "lint", "--no-cache", "--ignore", "giant-flow"]
    costs: dict[str, Cost] = medians(
        {
            f"{steps:,} steps": Command([*lint, f"{steps}.flow"], folder, status=(0, 1))
            for steps in (1_000, 10_000)
        },
        runs,
    )
    few, all_ = costs["1,000 steps"], costs["10,000 steps"]
    return show(
        "lint one long flow",
        costs,
        [
            Row("CPU of 10 times the steps", all_.cpu / few.cpu, 12.0),
            Row("MB of 10,000 steps", all_.memory, 300.0),
        ],
    )
