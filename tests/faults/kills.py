"""kill -9 at every boundary of the journal, in steps, compensations and waits; once and twice.

A boundary is before and after each commit: an effect has happened and is not recorded yet, or it is
recorded and the next one has not begun. All calls of all processes of a state are held against the
reference interpreter.
"""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

from flowc.simulate.script import Moment
from tests.faults.forks import Job, Player
from tests.faults.found import Found
from tests.faults.scenes import FAILING, NEWEST, PLAIN, H, varied

STOPPED = [
    varied("cancelled in an await", PLAIN[2], cancel=Moment(at=5 * H)),
    varied("cancelled in a wait", PLAIN[4], cancel=Moment(at=5 * H)),
]
SCENES = {
    scene.title: scene
    for scene in (*PLAIN, *FAILING, *STOPPED)
    if scene.version == NEWEST[scene.example] and scene.title != "trip@1 uncharged"
}


def shards() -> list[str]:
    return list(SCENES)


def run(shard: str, nth: int, folder: Path) -> Found:
    """One story, killed at every nth boundary."""
    scene = SCENES[shard]
    player = Player(scene)
    homes = player.homes(folder)
    whole = next(homes)
    assert player.batch([Job(whole, die=10**9)]) == [0]
    found = Found()
    found.case(f"{scene.example}: not killed", shard, player.survived(whole, 0))
    boundaries = int((whole / "boundaries").read_text())
    once: list[tuple[int, int | None]] = [(point, None) for point in range(0, boundaries, nth)]
    twice: list[tuple[int, int | None]] = [
        (point, (point * 7) % 23) for point in range(nth // 2, boundaries, 8 * nth)
    ]
    for word, points in (("killed", once), ("killed again", twice)):
        made = {next(homes): point for point in points}
        kills = dict.fromkeys(made, 0)
        first = [Job(home, die=die) for home, (die, _) in made.items()]
        second = [Job(home, die=die) for home, (_, die) in made.items() if die is not None]
        for jobs in (first, second):
            for job, ended in zip(jobs, player.batch(jobs), strict=True):
                kills[job.home] += ended == -signal.SIGKILL
        last = player.batch([Job(home, looks=True) for home in made])
        for (home, point), ended in zip(made.items(), last, strict=True):
            differences = [f"the last process ended with {ended}"] if ended else []
            differences = differences or player.survived(home, kills[home])
            kind = f"{word} {(home / 'killed in').read_text()}" if kills[home] else "not killed"
            found.case(f"{scene.example}: {kind}", f"{shard}, at boundary {point}", differences)
            shutil.rmtree(home)
    return found
