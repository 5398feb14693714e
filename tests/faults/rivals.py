"""Two processes on one database, SQLite and PostgreSQL: one works, the other is told so."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import ExitStack
from pathlib import Path

from flowc.simulate.trace import CallEvent, events
from tests.faults.forks import REFUSED, Job, Player, rows, until
from tests.faults.found import Found
from tests.faults.scenes import FAILING, PLAIN
from tests.support.postgres import server

SCENES = {scene.title: scene for scene in (PLAIN[1], FAILING[3], PLAIN[2], PLAIN[4])}


def shards() -> list[str]:
    return [f"{where}: {title}" for where in ("SQLite", "PostgreSQL") for title in SCENES]


def run(shard: str, nth: int, folder: Path) -> Found:
    """The second process comes while the first is in each of its calls; then the first goes on, or
    is killed and the second comes again."""
    where, _, title = shard.partition(": ")
    found = Found()
    with ExitStack() as stack:
        postgres = None
        if where == "PostgreSQL":
            postgres = stack.enter_context(server())
        player = Player(SCENES[title])
        calls = sum(isinstance(event, CallEvent) for event in events(player.told.trace))
        for killed in (False, True):
            for gate in range(0, calls, nth):
                home = folder / f"{gate} {killed}"
                home.mkdir()
                player.database = postgres.database() if postgres else None
                differences = _together(player, home, gate, killed=killed)
                ending = "the first is killed" if killed else "the first goes on"
                found.case(f"{where}: {ending}", f"{title}, in call {gate}", differences)
                shutil.rmtree(home)
    return found


def _together(player: Player, home: Path, gate: int, *, killed: bool) -> list[str]:
    first = player.start(Job(home, gate=gate))
    until(lambda: (home / "calls").exists() and len(rows(home)) > gate)
    (second,) = player.batch([Job(home)])
    differences = [] if second == REFUSED else [f"the second process ended with {second}"]
    said = [row[1] for row in rows(home) if row[0] == "refused"]
    if not any("another process is at work on" in text for text in said):
        differences.append(f"the second process was not told of the first: {said}")
    if killed:
        os.kill(first, signal.SIGKILL)
    (home / "go").touch()
    _, status = os.waitpid(first, 0)
    if not killed and status:
        differences.append(f"the first process ended with {status}")
    (third,) = player.batch([Job(home)])
    if third:
        differences.append(f"the third process ended with {third}")
    return differences or player.survived(home, int(killed))
