"""Processes that play one story on a state: forks of this one, with the engine imported."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from flowc.simulate.interpret import Story
from tests.faults.found import unfinished
from tests.faults.scenes import Scene, flow_of, read, story
from tests.faults.statuses import explained, status, under_way
from tests.support.agreement import Called, called, ending_differences, order_differences
from tests.support.durable import Compiled
from tests.support.engines.python import OnPython

ABREAST = 4  # processes at once
WIDTH = 3  # calls that may be in flight side by side
HUNG = 120  # seconds after which a process has hung
_ROLES = {"do": ""}  # as a status tells them
REFUSED = 3  # the exit status of a process whose state was refused
NOBODY = 65534


class Job(NamedTuple):
    """A process on a state. `die`: the boundary at which it is killed; `gate`: the call, from 0,
    that waits until its home has a file `go`; `limit`: bytes that a file may have; `plain`: it
    may not write where only others may. Without `plays` it only opens the state; `looks`: what
    `flowc status` tells is kept before it works on it."""

    home: Path
    die: int | None = None
    gate: int | None = None
    limit: int | None = None
    plain: bool = False
    plays: bool = True
    ident: str = "i"
    looks: bool = False


class Player:
    """Plays one story, in processes of its own. A home holds the state (unless that is a URL), the
    calls of all of its processes, and the ending."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.database: str | None = None  # a URL instead of a file in each home
        self._checked = read(scene.example, brief=True)
        self._compiled = Compiled(self._checked.source.text)
        for name in ("runtime.engine", "runtime.clock", "runtime.attempt", "runtime.run", "flows"):
            self._compiled.module(name)
        self._flow = flow_of(self._checked.program, scene)
        self.told = self.story("i")

    def story(self, ident: str) -> Story:
        """What the reference interpreter tells."""
        made = self._checked.program
        return story(made, self._flow, self.scene.script, self.scene.input(ident))

    def instance(self, ident: str) -> str:
        return f"{self._flow.name}/{ident}"

    def homes(self, folder: Path) -> Iterator[Path]:
        """Folders with a state that was opened once; that of the first never was."""
        template = folder / "template"
        template.mkdir()
        assert self.batch([Job(template, plays=False)]) == [0]
        number = 0
        while True:
            home = folder / str(number)
            if number:
                shutil.copytree(template, home)
            else:
                home.mkdir()
            number += 1
            yield home

    def state(self, home: Path) -> str:
        return self.database or str(home / "run.db")

    def batch(self, jobs: list[Job]) -> list[int]:
        """Run jobs, some abreast; give how each process ended, in order."""
        waiting = list(enumerate(jobs))
        running: dict[int, int] = {}
        ended: dict[int, int] = {}
        while waiting or running:
            while waiting and len(running) < ABREAST:
                number, job = waiting.pop(0)
                running[self.start(job)] = number
            child, status = os.wait()
            ended[running.pop(child)] = os.waitstatus_to_exitcode(status)
        return [ended[number] for number in range(len(jobs))]

    def start(self, job: Job) -> int:
        """Begin a job; give its process."""
        child = os.fork()
        if child == 0:
            try:
                signal.alarm(HUNG)
                self._play(job)
            finally:
                try:
                    traceback.print_exc()
                finally:
                    os._exit(1)
        return child

    def _play(self, job: Job) -> None:
        home = job.home
        calls = os.open(home / "calls", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        if job.plain and os.getuid() == 0:
            os.setuid(NOBODY)
        if job.limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (job.limit, resource.RLIM_INFINITY))
        if job.looks:
            before = status(self.state(home), self.instance(job.ident))
            (home / "before").write_text(json.dumps(before))
        engine = OnPython(self._checked, self.state(home), self._compiled)
        at = Boundaries(job.die, home)
        _log_calls(engine, calls, at, home, job.gate)
        at.watch(self._compiled)
        try:
            with engine:
                if not job.plays:
                    os._exit(0)
                ending = self._ending(engine, job.ident)
        except engine.refused as refused:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            os.write(calls, (json.dumps(["refused", str(refused)]) + "\n").encode())
            os._exit(REFUSED)
        (home / f"ending {job.ident}").write_text(json.dumps(ending))
        after = status(self.state(home), self.instance(job.ident))
        (home / f"status {job.ident}").write_text(json.dumps(after))
        (home / "boundaries").write_text(str(at.passed))
        os._exit(0)

    def _ending(self, engine: OnPython, ident: str) -> dict[str, Any]:
        try:
            return engine.play(self._flow, self.scene.script, self.scene.input(ident)).ending
        except engine.refused as refused:  # it had ended before the kill
            if "duplicates are rejected" not in str(refused):
                raise
            return engine.ending()

    def survived(self, home: Path, kills: int) -> list[str]:
        """Where an instance that was killed so often parts from its story: ending, calls, their
        order. What was in flight may have been called once more, with the same arguments."""
        if not (home / "ending i").exists():
            return ["it has no ending"]
        found = ending_differences(self.told, json.loads((home / "ending i").read_text()))
        made = [Called(*row[:5]) for row in rows(home) if row[0] != "refused"]
        ours = [Called(*call[:5]) for call in called(self.told)]
        times = Counter(made)
        found += [f"never called: {call}" for call in ours if call not in times]
        found += [f"called, and not in the story: {call}" for call in times if call not in ours]
        found += [
            f"called {count} times: {call}" for call, count in times.items() if count > 1 + kills
        ]
        repeated = sum(times.values()) - len(times)
        if repeated > kills * WIDTH:
            found.append(f"{repeated} calls were repeated after {kills} kills")
        if not found:
            found += order_differences(self.told, [call.name for call in dict.fromkeys(made)])
        found += explained(self.told, json.loads((home / "status i").read_text()))
        if (home / "before").exists():
            before = json.loads((home / "before").read_text())
            found += (
                []
                if before is None
                else under_way(
                    before, {(call.path, _ROLES.get(call.role, call.role)) for call in made}
                )
            )
        return found + unfinished(self.state(home))


def rows(home: Path) -> list[Any]:
    """The calls and refusals of a home, in the order in which they came."""
    return [json.loads(line) for line in (home / "calls").read_text().splitlines()]


def until(reached: Callable[[], object]) -> None:
    """Wait for something that must come."""
    for _ in range(HUNG * 50):
        if reached():
            return
        time.sleep(0.02)
    raise AssertionError("it never came")


def _log_calls(engine: OnPython, calls: int, at: Boundaries, home: Path, gate: int | None) -> None:
    """Every call is written to a file before it is answered."""
    answer = engine.answer
    made = 0

    async def logged(title: str, given: dict[str, Any]) -> Any:
        nonlocal made
        try:
            return await answer(title, given)
        finally:
            row = engine.calls[-1]
            os.write(calls, (json.dumps(row) + "\n").encode())
            at.state = "in a compensation" if row.role == "undo" else "in a step"
            made += 1
            if made - 1 == gate:
                until((home / "go").exists)

    engine.answer = logged  # type: ignore[method-assign]


class Boundaries:
    """Counts boundaries, before and after each commit that writes, and kills this process at one
    of them."""

    def __init__(self, die: int | None, home: Path) -> None:
        self._die = die
        self._home = home
        self.passed = 0
        self.state = "at the start"

    def reached(self) -> None:
        if self.passed == self._die:
            (self._home / "killed in").write_text(self.state)
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed += 1

    def watch(self, compiled: Compiled) -> None:
        """Know of every commit that writes, and of what is being done then."""
        from sqlalchemy.engine.default import DefaultDialect

        journal = compiled.module("runtime.journal").DurableJournal
        once: Callable[..., Any] = journal.once

        async def watched(run: Any, name: str, work: Any) -> Any:
            async def working() -> Any:
                self.state = _state(name)
                return await work()

            return await once(run, name, working)

        journal.once = watched
        commit: Any = DefaultDialect.do_commit

        def committed(dialect: Any, connection: Any) -> None:
            wrote = getattr(connection, "in_transaction", False)
            if wrote:
                self.reached()
            commit(dialect, connection)
            if wrote:
                self.reached()

        DefaultDialect.do_commit = committed  # type: ignore[method-assign]


def _state(row: str) -> str:
    """What an instance is at, by the name of the row that it writes."""
    if " woken " in row:
        return "in an await"
    if row.endswith("wait end"):
        return "in a wait"
    if " undo" in row or "unwind" in row:
        return "in a compensation"
    return "before a step" if " intent" in row else "in a step"
