"""A PostgreSQL server for the whole run, and states of both kinds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import Server, server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with server() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty state: a file's path, or a URL."""
    if request.param == "sqlite":
        return str(tmp_path / "run.db")
    running: Server = request.getfixturevalue("postgres")
    return running.database()
