"""Every engine against the reference interpreter: the clauses of the meaning, the examples under
faults, and generated flows.

    python tools/conformance.py 2000 [--log FILE] [--engine NAME]

Tells so many generated stories on the fast engines and a fifth of them on the others; on the dev
server, whose time is real, only the clauses. Shows how far it is, and goes on where the log ends:
what it has is not run again. The log is for one state of the code; remove it after a change. Exit
status 1 if any story differs.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support import batches, clauses, examples  # noqa: E402 - after the path is known
from tests.support.limits import LIMITS  # noqa: E402
from tests.support.suite import ENGINES, FAST, Stage  # noqa: E402

PROCESSES = 3  # on two cores: the servers of Temporal mostly wait
REAL = "dev"  # the engine whose time is real
ORDER = (REAL, "moto", "temporal", *FAST, "cadence", "environment")
TASKS_PER_PROCESS = 25  # compiled programs stay in memory
EVERY = 10  # the slower engines tell one pair of faults in so many
_stages: dict[str, Stage] = {}


def jobs(stories: int, engines: list[str]) -> list[str]:
    """What is to be told: `engine:clauses:rule`, `engine:example:kind`, or `engine:seed`; what
    takes longest comes first."""
    rules = sorted({row[0] for row in clauses.CLAUSES})
    found: list[str] = []
    for engine in sorted(engines, key=ORDER.index):
        if engine == REAL:
            found += [f"{engine}:clauses:{rule}" for rule in rules]
            continue
        found.append(f"{engine}:clauses:")
        for name in examples.NAMES:
            found += [f"{engine}:{name}:{kind}" for kind in examples.KINDS]
        share = stories if engine in FAST else -(-stories // 5)
        each = batches.FLOWS * batches.SCRIPTS
        found += [f"{engine}:{seed}" for seed in range(1, -(-share // each) + 1)]
    return found


def tell(job: str) -> dict[str, Any]:
    """Do one job; the engine stays for the next one of this process."""
    engine, *rest = job.split(":")
    if engine not in _stages:
        _stages[engine] = Stage(engine).__enter__()
        Finalize(None, _stages[engine].__exit__, (None, None, None), exitpriority=10)
    stage, began = _stages[engine], time.monotonic()
    if rest[0] == "clauses":
        told = clauses.hold(stage, [int(rest[1])] if rest[1] else [])
    elif len(rest) == 1:
        told = batches.hold(stage, int(rest[0]))
    else:
        every = EVERY if rest[1] == "pairs" and engine not in FAST else 1
        told = examples.hold(stage, rest[0], rest[1], every)
    took = round(time.monotonic() - began, 1)
    return {"job": job, "told": told.told, "hidden": told.hidden, "found": told.found, "s": took}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("stories", type=int, nargs="?", default=1500)
    parser.add_argument("--log", type=Path, default=ROOT / "build" / "conformance.jsonl")
    parser.add_argument("--engine", action="append", choices=ENGINES)
    given = parser.parse_args()
    given.log.parent.mkdir(parents=True, exist_ok=True)
    wanted = jobs(given.stories, given.engine or list(ENGINES))
    known = _read(given.log)
    left = [job for job in wanted if job not in known]
    print(f"{len(wanted)} batches, {len(left)} of them to run; log: {given.log}", flush=True)
    began = time.monotonic()
    with (
        given.log.open("a", encoding="utf-8") as log,
        ProcessPoolExecutor(
            PROCESSES,
            mp_context=multiprocessing.get_context("spawn"),
            max_tasks_per_child=TASKS_PER_PROCESS,
        ) as pool,
    ):
        for count, done in enumerate(as_completed(pool.submit(tell, job) for job in left), 1):
            row = done.result()
            known[row["job"]] = row
            log.write(json.dumps(row) + "\n")
            log.flush()
            for difference in row["found"]:
                print(f"{row['job'].partition(':')[0]}: {difference}")
            spent = time.monotonic() - began
            print(f"{count} of {len(left)} batches in {spent:.0f} s: {row['job']}", flush=True)
    return _report([known[job] for job in wanted])


def _report(rows: list[dict[str, Any]]) -> int:
    """Totals for each engine, with what it cannot show."""
    for engine in ENGINES:
        own = [row for row in rows if row["job"].partition(":")[0] == engine]
        told, hidden = sum(row["told"] for row in own), sum(row["hidden"] for row in own)
        differing = sum(len(row["found"]) for row in own)
        if told:
            share = f"{hidden} ({hidden / told:.1%}) that it cannot show"
            took = sum(row["s"] for row in own)
            print(f"{engine:11} {told:7,} stories, {share}, {differing} differences, {took:.0f} s")
    print(f"{'all':11} {sum(row['told'] for row in rows):7,} stories")
    for limit in LIMITS:
        print(f"{limit.engine:11} {limit.kind:10} {limit.what}: {limit.why}")
    return 1 if any(row["found"] for row in rows) else 0


def _read(log: Path) -> dict[str, dict[str, Any]]:
    if not log.exists():
        return {}
    rows = (json.loads(line) for line in log.read_text(encoding="utf-8").splitlines())
    return {row["job"]: row for row in rows}


if __name__ == "__main__":
    sys.exit(main())
