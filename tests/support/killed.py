"""Runs instances in processes that are killed at each boundary of the journal, then finished.

`killed` tells, for each point, what the world saw and how the instance ended. All processes are
forks of one, so that the engine is imported once; each has a state file of its own, a copy of one
that was opened once.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import traceback
from pathlib import Path
from typing import Any

from tests.support.durable import Compiled
from tests.support.forked import pool

ABREAST = 6  # processes at once


class Simulated:
    """Services that write every call to a file and answer as the scenario says."""

    def __init__(self, log: Path, answers: dict[str, Any]) -> None:
        self._log = log
        self._answers = answers

    def __getattr__(self, service: str) -> Any:
        outer = self

        class Service:
            def __getattr__(self, method: str) -> Any:
                return lambda **given: outer.call(f"{service}.{method}", given)

        return Service()

    def call(self, title: str, given: dict[str, Any]) -> Any:
        with self._log.open("a") as log:
            log.write(json.dumps([title, *given.values()], default=str) + "\n")
        said = list(given.values())
        named = f"{title} {said[1]}" if len(said) > 1 else title
        answer = self._answers.get(named, self._answers.get(title))
        if isinstance(answer, dict) and "raise" in answer:
            raise type(answer["raise"], (Exception,), {})(*answer.get("args", []))
        return answer


OPENED = -1  # as `die`: only the state is made


def play(compiled: Compiled, folder: Path, scenario: dict[str, Any], die: int | None) -> None:
    """Start or finish the instance in this process; with `die`, be killed at that boundary.

    Boundaries are counted over the rows of the journal: before the work of a row, after it,
    and after it has been recorded.
    """
    engine_module = compiled.module("runtime.engine")
    clock = compiled.module("runtime.clock")
    journal: Any = compiled.module("runtime.journal").DurableJournal
    once, note = journal.once, journal.note
    passed = 0
    counting = threading.Lock()  # rows are made on several threads

    def boundary() -> None:
        nonlocal passed
        with counting:
            if passed == die:
                os.kill(os.getpid(), signal.SIGKILL)
            passed += 1

    async def watched(self: Any, name: str, work: Any) -> Any:
        async def working() -> Any:
            boundary()
            result = await work()
            boundary()
            return result

        row = await once(self, name, working)
        boundary()
        return row

    async def noted(self: Any, name: str, make: Any) -> Any:
        def making() -> Any:
            boundary()
            result = make()
            boundary()
            return result

        row = await note(self, name, making)
        boundary()
        return row

    if die is not None:
        journal.once, journal.note = watched, noted
    services = Simulated(folder / "calls.log", scenario["answers"])
    engine = engine_module.Engine(
        compiled.module("flows").FLOWS,
        compiled.module("runtime.attempt").Services(services, dicts=True),
        str(folder / "run.db"),
        clock=clock.VirtualClock,
    )
    flow = next(f for f in compiled.module("flows").FLOWS if f.name == scenario["flow"])
    engine.launch()
    if die == OPENED:
        engine.close()
        os._exit(0)
    ident = engine.start(flow, flow.read_input(scenario["input"]), 1_700_000_000_000)
    ending = engine.ending(ident)
    (folder / "ending.json").write_text(json.dumps([ending, passed]))
    os._exit(0)


def batch(jobs: list[tuple[Any, ...]], compiled: Compiled, scenario: dict[str, Any]) -> list[int]:
    """Run jobs in forks, some abreast; give how each process ended, in order."""
    waiting = list(enumerate(jobs))
    running: dict[int, int] = {}
    ended: dict[int, int] = {}
    while waiting or running:
        while waiting and len(running) < ABREAST:
            number, (folder, die) = waiting.pop(0)
            child = os.fork()
            if child == 0:
                try:
                    play(compiled, folder, scenario, die)
                finally:
                    traceback.print_exc()
                    os._exit(1)
            running[child] = number
        child, status = os.wait()
        ended[running.pop(child)] = os.waitstatus_to_exitcode(status)
    return [ended[number] for number in range(len(jobs))]


def killed(root: Path, **scenario: Any) -> dict[str, Any]:
    """Play a scenario in a process that can be forked."""
    with pool(1) as workers:
        return workers.submit(_killed, root, scenario).result()


def _killed(root: Path, scenario: dict[str, Any]) -> dict[str, Any]:
    compiled = Compiled(scenario["text"])
    for module in ("runtime.engine", "runtime.clock", "runtime.attempt", "flows"):
        compiled.module(module)
    whole = root / "whole"
    whole.mkdir()
    assert batch([(whole, 10**9)], compiled, scenario) == [0]
    ending, boundaries = json.loads((whole / "ending.json").read_text())
    points = range(0, boundaries, scenario.get("every", 1))
    folders = [root / str(point) for point in points]
    opened = root / "opened"
    opened.mkdir()
    assert batch([(opened, OPENED)], compiled, scenario) == [0]
    for folder in folders:
        shutil.copytree(opened, folder)
    killed = batch(list(zip(folders, points, strict=True)), compiled, scenario)
    assert set(killed) == {-signal.SIGKILL}, killed
    finished = batch([(folder, None) for folder in folders], compiled, scenario)
    assert set(finished) == {0}, finished
    return {
        "ending": ending,
        "calls": calls(whole),
        "points": [
            {
                "point": point,
                "ending": json.loads((folder / "ending.json").read_text())[0],
                "calls": calls(folder),
            }
            for point, folder in zip(points, folders, strict=True)
        ],
    }


def calls(folder: Path) -> list[list[Any]]:
    """Title and arguments of every call that was made."""
    log = folder / "calls.log"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
