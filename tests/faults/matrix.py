"""The kinds of faults, and their parts, each of which runs in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.found import Found
from tests.support.forked import pool

# Kind -> in words. Each is a module here with `shards()` and `run(shard, nth, folder)`.
KINDS = {
    "attempts": "every operation fails in every way, at every attempt",
    "stops": "cancel, and the deadline, at every moment",
    "kills": "kill -9 at every boundary of the journal",
    "rivals": "two processes on one database",
    "databases": "databases that are full, read-only or damaged",
    "services": "services that raise, hang, print, are wrong or missing",
}
PROCESSES = 3  # one more than cores: some wait for a lock, or for each other


def parts(kind: str, most: int | None = None) -> list[tuple[str, str]]:
    """Kind and shard of every part; `most`: so many of them, from all over."""
    shards: list[str] = import_module(_module(kind)).shards()
    apart = 1 if most is None else -(-len(shards) // most)
    return [(kind, shard) for shard in shards[::apart]]


def told(todo: Sequence[tuple[str, str]], nth: int) -> Iterator[tuple[str, str, Found]]:
    """Run parts side by side, every nth of their cases; each as it ends."""
    with pool(PROCESSES) as workers:
        running = {workers.submit(run, *part, nth): part for part in todo}
        for done in as_completed(running):
            yield *running[done], done.result()


def run(kind: str, shard: str, nth: int) -> Found:
    """One part; every nth of its cases."""
    with TemporaryDirectory(prefix="flowc-faults-") as folder:
        found: Found = import_module(_module(kind)).run(shard, nth, Path(folder))
    return found


def _module(kind: str) -> str:
    return f"tests.faults.{kind}"
