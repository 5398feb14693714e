"""What a part of the matrix found: how many cases of each kind, and every difference."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import TypeVar

import psycopg

T = TypeVar("T")


class Found:
    """Filled while the cases run."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.differences: list[str] = []

    def case(self, kind: str, name: str, differences: Sequence[str]) -> None:
        """One case: `name` is how its differences are shown."""
        self.counts[kind] += 1
        self.differences += [f"{kind}, {name}: {each}" for each in differences]


def every(cases: Iterator[T], nth: int, first: int = 0) -> Iterator[T]:
    """Every nth case."""
    return islice(cases, first, None, nth)


def unfinished(state: str) -> list[str]:
    """Instances and branches that a state holds and that have not ended: lost, if nobody works."""
    asked = "SELECT workflow_uuid, status FROM {}workflow_status WHERE status <> 'SUCCESS'"
    rows: list[tuple[str, str]]
    if "://" in state:
        with psycopg.connect(state) as server:
            rows = server.execute(asked.format("dbos.").encode()).fetchall()
    else:
        with closing(sqlite3.connect(state)) as database:
            rows = database.execute(asked.format("")).fetchall()
    return [f"{name} was left {status}" for name, status in rows]
