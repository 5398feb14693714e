"""Databases that are full, read-only or damaged: refused in words, and nothing is lost."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.faults.forks import NOBODY, REFUSED, Job, Player, rows
from tests.faults.found import Found
from tests.faults.scenes import FAILING, PLAIN

SCENES = {scene.title: scene for scene in (PLAIN[1], FAILING[3], PLAIN[2], PLAIN[4])}
PAGE = 4096
STEP = 3 * PAGE
LEAST = 5 * PAGE  # the calls are written to a file, too


def shards() -> list[str]:
    return [f"{what}: {title}" for what in ("full", "damaged", "read-only") for title in SCENES]


def run(shard: str, nth: int, folder: Path) -> Found:
    """One kind of trouble in one story."""
    what, _, title = shard.partition(": ")
    folder.chmod(0o755)
    player = Player(SCENES[title])
    homes = player.homes(folder)
    found = Found()
    match what:
        case "full":
            _full(player, homes, nth, found)
        case "damaged":
            _damaged(player, homes, nth, found)
        case _:
            _read_only(player, homes, found)
    return found


def _full(player: Player, homes: Iterator[Path], nth: int, found: Found) -> None:
    """No file may grow beyond a limit, then it may again."""
    whole = next(homes)
    assert player.batch([Job(whole)]) == [0]
    size = _bytes(next(homes))
    made = {next(homes): limit for limit in range(LEAST, size + 40 * STEP, STEP * nth)}
    first = player.batch([Job(home, limit=limit) for home, limit in made.items()])
    last = player.batch([Job(home) for home in made])
    for (home, limit), one, two in zip(made.items(), first, last, strict=True):
        differences = (
            _ended(one) + _ended(two, (0,)) + (player.survived(home, 1) if not two else [])
        )
        if one == REFUSED:
            differences += _said(home)
        kind = "disk full" if one == REFUSED else "disk large enough"
        found.case(f"{player.scene.example}: {kind}", f"{limit} bytes", differences)
        shutil.rmtree(home)


def _damaged(player: Player, homes: Iterator[Path], nth: int, found: Found) -> None:
    """Pages of a state in use are overwritten; the state as it was goes on. An empty file is left
    out: that is a state which was never used."""
    next(homes)
    begun = next(homes)
    player.batch([Job(begun, die=18)])
    with closing(sqlite3.connect(begun / "run.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    good = (begun / "run.db").read_bytes()
    chance = random.Random(len(good))
    kinds = {"zeros": bytes(PAGE), "noise": chance.randbytes(PAGE), "cut off": b""}
    pages = range(0, len(good) // PAGE, 2 * nth)
    damages = [(page, kind) for page in pages for kind in kinds if page or kind != "cut off"]
    made = {next(homes): damage for damage in damages}
    for home, (page, kind) in made.items():
        shutil.copy(begun / "calls", home)
        for path in home.glob("run.db-*"):  # the log holds pages, too
            path.unlink()
        rest = b"" if kind == "cut off" else good[(page + 1) * PAGE :]
        (home / "run.db").write_bytes(good[: page * PAGE] + kinds[kind] + rest)
    first = player.batch([Job(home) for home in made])
    for home in made:
        for path in home.glob("run.db*"):
            path.unlink()
        (home / "run.db").write_bytes(good)
    last = player.batch([Job(home) for home in made])
    for (home, (page, kind)), one, two in zip(made.items(), first, last, strict=True):
        differences = _ended(one) + (_ended(two, (0,)) or player.survived(home, 2))
        if one == REFUSED:
            differences += _said(home)
        harm = "noticed" if one == REFUSED else "without effect"
        name = f"page {page}, {kind}"
        found.case(f"{player.scene.example}: damage {harm}", name, differences)
        shutil.rmtree(home)


def _read_only(player: Player, homes: Iterator[Path], found: Found) -> None:
    """A state, its folder, or both may not be written."""
    for file, folder in ((0o444, 0o777), (0o444, 0o555), (0o666, 0o555)):
        for die in (None, 10, 20):
            next(homes)
            home = next(homes)
            if die is not None:
                player.batch([Job(home, die=die)])
            os.chown(home, NOBODY, -1) if folder == 0o777 and os.getuid() == 0 else None
            (home / "calls").touch()
            if file == 0o666:  # nothing is wrong with what is there, but nothing can be made
                (home / "run.db.lock").unlink()
            for path in home.iterdir():
                path.chmod(file)
            home.chmod(folder)
            (one,) = player.batch([Job(home, plain=True)])
            differences = _ended(one, (REFUSED,))
            if not differences:
                differences += _said(home)
            home.chmod(0o755)
            for path in home.iterdir():
                path.chmod(0o644)
            (two,) = player.batch([Job(home)])
            differences += _ended(two, (0,)) or player.survived(home, 1)
            found.case(
                f"{player.scene.example}: read-only", f"{file:o} in {folder:o}, {die}", differences
            )


def _ended(status: int, right: tuple[int, ...] = (0, REFUSED)) -> list[str]:
    return [] if status in right else [f"a process ended with {status}"]


def _said(home: Path) -> list[str]:
    """What is wrong with the words of a refusal."""
    said = [row[1] for row in rows(home) if row[0] == "refused"]
    if not said:
        return ["it was refused without a word"]
    return [f"not for people: {text}" for text in said if "Traceback" in text or "\n" in text]


def _bytes(home: Path) -> int:
    return sum(path.stat().st_size for path in home.glob("run.db*"))
