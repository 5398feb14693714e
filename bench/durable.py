"""Durable runs: journal writes and CPU per step against a DBOS workflow written by hand, and 1,000
instances that wait for an approval.

`python -m bench.durable PART FOLDER` is one measured process; `bench` runs them all.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from bench.table import Row, show

INSTANCES = 60  # sagas that a process runs, one after the other
WAITING = 1000
IDLE = 60.0  # seconds
STEP = """\
  step s{n} = things.hold(id, "place {n}") with once
    compensate things.free(id, "place {n}") with once
"""
SAGA = """\
policy once { timeout 10s }
service things {
  action hold(id: text, place: text) -> text writes places key id, place
  action free(id: text, place: text) writes places key id, place absorbing
}
flow saga(id: text) {
  version 1
  owner "bench" runbook "none"
  key id on duplicate attach

STEPS}
"""
APPROVAL = """\
flow approval(id: text) -> bool {
  version 1
  owner "bench" runbook "none"
  key id on duplicate attach

  await word: bool from "somebody" within 30d
  return word
}
"""


class Services:
    """Actions that take no time."""

    def __init__(self) -> None:
        self.things = self

    async def hold(self, id: str, place: str) -> str:  # noqa: A002
        return f"{id} {place}"

    async def free(self, id: str, place: str) -> None:  # noqa: A002
        del id, place


def bench(work: Path, runs: int) -> bool:
    """Print the figures; returns whether every promise is kept."""
    numbers = count()

    def measured(part: str, folder: Path | None = None) -> dict[str, Any]:
        folder = folder or work / f"durable-{os.getpid()}-{next(numbers)}"
        folder.mkdir(exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "bench.durable", part, str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    ours, theirs = [], []
    for _ in range(runs):
        ours.append(measured("flow"))
        theirs.append(measured("peer"))
    cpu = min(row["cpu"] for row in ours) / min(row["cpu"] for row in theirs)
    kept = show(
        "a saga of ten steps on SQLite",
        {},
        [
            Row("journal writes a step", ours[0]["writes"], theirs[0]["writes"]),
            Row("CPU against a hand-written one, per cent", cpu * 100, 125),
        ],
    )
    idle = measured("wait")
    resumed = measured("resume", Path(idle["folder"]))
    return kept & show(
        "1,000 instances wait for an approval",
        {},
        [
            Row("CPU seconds a minute", idle["cpu"] * 60 / IDLE, 1),
            Row("MB", max(idle["memory"], resumed["memory"]), 300),
            Row("seconds until all are resumed, killed", resumed["seconds"], 60),
        ],
    )


# -- measured processes --------------------------------------------------------------------


@contextmanager
def _engine(text: str, folder: Path) -> Iterator[Any]:
    from flowc.cli.run import Program
    from flowc.compiler.check import check
    from flowc.source import Source
    from flowc.targets.python.target import Python

    program = Program(Python().emit(check(Source("bench.flow", text)).program))
    services = program.module("runtime.attempt").Services(Services())
    made = program.module("runtime.engine").Engine(program.flows, services, str(folder / "run.db"))
    made.launch()
    try:
        yield made, program.flows[0]
    finally:
        made.close()


class _Writes:
    """Counts commits that write, and CPU seconds, from when it is made."""

    def __init__(self) -> None:
        from sqlalchemy.engine.default import DefaultDialect

        self.number = 0
        commit: Any = DefaultDialect.do_commit

        def counted(dialect: Any, connection: Any) -> None:
            self.number += bool(getattr(connection, "in_transaction", False))
            commit(dialect, connection)

        DefaultDialect.do_commit = counted  # type: ignore[method-assign]
        self._began = time.process_time()

    def told(self, steps: int) -> dict[str, float]:
        cpu = time.process_time() - self._began
        return {"writes": round(self.number / steps, 1), "cpu": cpu}


def flow(folder: Path) -> dict[str, Any]:
    """The saga as flowc compiles it."""
    from bench.saga_peer import STEPS

    steps = "".join(STEP.replace("{n}", str(n)) for n in range(STEPS))
    with _engine(SAGA.replace("STEPS", steps), folder) as (engine, saga):
        engine.ending(engine.start(saga, {"id_": "warm"}))
        writes = _Writes()
        for number in range(INSTANCES):
            ended = engine.ending(engine.start(saga, {"id_": f"i{number}"}))
            assert ended["ending"] == "Completed"
        return writes.told(INSTANCES * STEPS)


def peer(folder: Path) -> dict[str, Any]:
    """The saga written by hand."""
    import sqlite3

    from dbos import DBOS, SetWorkflowID

    from bench import saga_peer

    with sqlite3.connect(folder / "run.db") as database:
        database.execute("PRAGMA journal_mode=wal").fetchone()
    DBOS(
        config={
            "name": "bench-peer",
            "system_database_url": f"sqlite:///{folder / 'run.db'}",
            "application_version": "1",
            "log_level": "CRITICAL",
        }
    )
    DBOS.launch()
    warm: Any = DBOS.start_workflow(saga_peer.saga, "warm")
    warm.get_result()
    writes = _Writes()
    for number in range(INSTANCES):
        with SetWorkflowID(f"i{number}"):
            handle: Any = DBOS.start_workflow(saga_peer.saga, f"i{number}")
        ended = handle.get_result()
        assert ended["ending"] == "Completed"
    told = writes.told(INSTANCES * saga_peer.STEPS)
    DBOS.destroy()
    return told


def wait(folder: Path) -> dict[str, Any]:
    """Instances wait; what that costs. The process is killed and leaves them waiting."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        told: dict[str, Any] = json.loads((folder / "told").read_text())
        return told
    with _engine(APPROVAL, folder) as (engine, approval):
        for number in range(WAITING):
            engine.start(approval, {"id_": f"i{number}"})
        _all_wait(engine)
        time.sleep(2)  # what starting left to do
        began = time.process_time()
        time.sleep(IDLE)
        cpu = time.process_time() - began
        told = {"cpu": cpu, "memory": _memory(), "folder": str(folder)}
        (folder / "told").write_text(json.dumps(told))
        os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def resume(folder: Path) -> dict[str, Any]:
    """The instances that `wait` left wait again."""
    began = time.monotonic()
    with _engine(APPROVAL, folder) as (engine, _):
        assert len(engine.resumed) == WAITING
        _all_wait(engine)
        return {"seconds": time.monotonic() - began, "memory": _memory()}


def _all_wait(engine: Any) -> None:
    while sum(engine._workflows.waiting.values()) < WAITING:
        time.sleep(0.1)


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


PARTS = {"flow": flow, "peer": peer, "wait": wait, "resume": resume}

if __name__ == "__main__":
    print(json.dumps(PARTS[sys.argv[1]](Path(sys.argv[2]))))
