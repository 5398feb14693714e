"""Generated stories on the reference interpreter and the Python target, as many as you ask for.

    python tools/conformance.py 2000 [--log FILE]

Works on both cores, shows how far it is, and goes on where the log ends: a seed that it has is not
run again. The log is for one state of the code; remove it after a change. Exit status 1 if any
story differs.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.batches import FLOWS, SCRIPTS, hold  # noqa: E402 - after the path is known

PROCESSES = 2
BATCHES_PER_PROCESS = 20  # compiled programs stay in memory


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("stories", type=int, nargs="?", default=500)
    parser.add_argument("--log", type=Path, default=ROOT / "build" / "conformance.jsonl")
    arguments = parser.parse_args()
    each = FLOWS * SCRIPTS
    seeds = range(1, -(-arguments.stories // each) + 1)
    arguments.log.parent.mkdir(parents=True, exist_ok=True)
    known = _read(arguments.log)
    left = [seed for seed in seeds if seed not in known]
    differing = sum(bool(known[seed]) for seed in seeds if seed in known)
    print(f"{len(seeds) * each} stories, {len(left) * each} of them to run; log: {arguments.log}")
    with (
        arguments.log.open("a", encoding="utf-8") as log,
        ProcessPoolExecutor(
            PROCESSES,
            mp_context=multiprocessing.get_context("spawn"),
            max_tasks_per_child=BATCHES_PER_PROCESS,
        ) as pool,
    ):
        running: dict[Future[list[str]], int] = {pool.submit(hold, seed): seed for seed in left}
        for count, done in enumerate(as_completed(running), 1):
            differences = done.result()
            log.write(json.dumps({"seed": running[done], "differences": differences}) + "\n")
            log.flush()
            for difference in differences:
                print(difference)
            differing += bool(differences)
            print(
                f"{count * each} of {len(left) * each} told, {differing} batches differ", flush=True
            )
    print(f"{len(seeds) * each} stories of {len(seeds) * FLOWS} flows: {differing} batches differ")
    return 1 if differing else 0


def _read(log: Path) -> dict[int, list[str]]:
    if not log.exists():
        return {}
    rows = (json.loads(line) for line in log.read_text(encoding="utf-8").splitlines())
    return {row["seed"]: row["differences"] for row in rows}


if __name__ == "__main__":
    sys.exit(main())
