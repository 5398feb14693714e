"""Where instances are remembered: a SQLite file or a PostgreSQL database, held by one process."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

DRIVER = "postgresql+psycopg"
CONNECT_WITHIN = 10  # seconds
LOOK_EVERY = 1.0  # seconds between looks whether a database is still held
_LOCK = int.from_bytes(b"flowc", "big")  # the advisory lock of a PostgreSQL database
_TABLES = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'workflow_status'"


class Refused(Exception):
    """The engine will not do that; the text says why and what would help."""


@contextlib.contextmanager
def usable() -> Iterator[None]:
    """What a state refuses to do is told in one line. Raises Refused."""
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        raise Refused(f"the state failed: {said(error)}") from error


class State(Protocol):
    """A place for instances. `url` is how SQLAlchemy knows it, `name` how people do."""

    url: str
    name: str

    def open(self) -> bool:
        """Take it for this process. True: nothing was ever started in it, also where a process
        was killed before it had made its tables. Raises Refused."""

    def look(self) -> None:
        """See to it that it is there and was used before. Raises Refused."""

    def held(self) -> bool:
        """Whether a process is at work on it."""

    def lost(self) -> str | None:
        """Why this process does not hold it any more, if so."""

    def close(self) -> None:
        """Let other processes take it."""


class _Lock(Protocol):
    def close(self) -> None: ...


def find_state(said: str) -> State:
    """The state of that name: a file's path, or a `sqlite:///` or `postgresql://` URL. Raises
    Refused."""
    scheme, marked, rest = said.partition("://")
    if not marked:
        return SqliteState(Path(said))
    if scheme == "sqlite":
        return SqliteState(Path(rest.removeprefix("/")))
    if scheme in ("postgres", "postgresql", DRIVER):
        return PostgresState(said)
    raise Refused(
        f"a state is a SQLite file's path or a `postgresql://` URL; nothing is kept in {scheme!r}"
    )


class SqliteState:
    """A file; whoever works on it holds the lock of the file beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = str(path)
        self.url = sa.URL.create("sqlite", database=str(path.resolve())).render_as_string()
        self._lock: _Lock | None = None

    def open(self) -> bool:
        path = self._path
        if not path.parent.is_dir():
            raise Refused(f"there is no folder {str(path.parent)!r} for the state file")
        if path.is_dir():
            raise Refused(f"{str(path)!r} is a folder, not a state file")
        self._lock = _file_lock(path)
        try:
            with contextlib.closing(sqlite3.connect(path, timeout=CONNECT_WITHIN)) as database:
                database.execute("PRAGMA journal_mode=wal").fetchone()
                found = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
                if found != "ok":
                    raise sqlite3.DatabaseError(" ".join(found.split()))
                return database.execute(_TABLES).fetchone() is None
        except sqlite3.DatabaseError as error:
            self.close()
            raise Refused(f"{str(path)!r} is no usable state file: {error}") from None

    def look(self) -> None:
        path = self._path
        if not path.exists():
            raise Refused(
                f"there is no state {str(path)!r}: `--state` names the one that `run` was given"
            )
        if path.is_dir():
            raise Refused(f"{str(path)!r} is a folder, not a state file")
        try:
            with contextlib.closing(sqlite3.connect(path, timeout=CONNECT_WITHIN)) as database:
                used = database.execute(_TABLES).fetchone() is not None
        except sqlite3.DatabaseError as error:
            raise Refused(f"{str(path)!r} is no usable state file: {error}") from None
        if not used:
            raise Refused(f"nothing was ever started in {str(path)!r}")

    def held(self) -> bool:
        return _is_held(self._path)

    def lost(self) -> str | None:
        return None

    def close(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


class PostgresState:
    """A database; whoever works on it holds an advisory lock there, on a connection of its own.

    A connection that breaks gives the lock back. It is taken again as soon as the server answers;
    if another process was faster, this one has lost the state and must stop.
    """

    def __init__(self, said: str) -> None:
        try:
            url = sa.make_url(said).set(drivername=DRIVER)
        except (sa.exc.ArgumentError, ValueError) as error:
            raise Refused(f"the state's URL cannot be read: {error}") from None
        if not url.database:
            raise Refused(
                f"{_shown(url)!r} names no database: end it with `/NAME`, of one that is there"
            )
        self.name = _shown(url)
        self.url = url.render_as_string(hide_password=False)
        self._engine = sa.create_engine(
            url,
            poolclass=sa.NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"connect_timeout": CONNECT_WITHIN},
        )
        self._held: sa.Connection | None = None
        self._lost: str | None = None
        self._closed = threading.Event()
        self._watch: threading.Thread | None = None

    def open(self) -> bool:
        try:
            if not self._take():
                raise Refused(f"another process is at work on {self.name!r}")
            fresh = not sa.inspect(self._engine).has_table("workflow_status", schema="dbos")
        except sa.exc.SQLAlchemyError as error:
            self.close()
            raise Refused(f"{self.name!r} cannot be used: {said(error)}") from None
        except Refused:
            self.close()
            raise
        self._watch = threading.Thread(target=self._hold, name="state", daemon=True)
        self._watch.start()
        return fresh

    def look(self) -> None:
        try:
            used = sa.inspect(self._engine).has_table("workflow_status", schema="dbos")
        except sa.exc.SQLAlchemyError as error:
            raise Refused(f"{self.name!r} cannot be used: {said(error)}") from None
        if not used:
            raise Refused(f"nothing was ever started in {self.name!r}")

    def held(self) -> bool:
        # as the server shows a lock on one 64-bit number: its two halves
        query = sa.text(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
            "AND classid = :high AND objid = :low AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        halves = {"high": _LOCK >> 32, "low": _LOCK & 0xFFFFFFFF}
        with self._engine.connect() as connection:
            return connection.execute(query, halves).first() is not None

    def lost(self) -> str | None:
        return self._lost

    def close(self) -> None:
        self._closed.set()
        if self._watch is not None:
            self._watch.join()
            self._watch = None
        self._let_go()

    def _take(self) -> bool:
        self._held = self._engine.connect()
        taken = self._held.execute(sa.select(sa.func.pg_try_advisory_lock(_LOCK))).scalar()
        return bool(taken)

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            with contextlib.suppress(sa.exc.SQLAlchemyError):
                held.close()

    def _hold(self) -> None:
        """Look after the lock until the state is closed or lost."""
        while not self._closed.wait(LOOK_EVERY) and self._lost is None:
            try:
                if self._held is None:
                    if not self._take():
                        self._lost = f"another process took {self.name!r} while it was out of reach"
                        self._let_go()
                else:
                    self._held.execute(sa.select(1)).scalar()
            except sa.exc.SQLAlchemyError:
                self._let_go()


def _shown(url: sa.URL) -> str:
    """A URL without its password, as people write it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=True)


def said(error: BaseException) -> str:
    """What went wrong, as the database said it, in one line."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig else error
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    return lines[0] if lines else type(cause).__name__


def _file_lock(path: Path) -> _Lock | None:
    """Hold the file's lock until this process ends, however it does. Raises Refused."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        file = path.with_name(path.name + ".lock").open("w")
    except OSError as error:
        raise Refused(f"{str(path)!r} cannot be locked: {error.strerror or error}") from None
    for patience in (*[0.05] * 20, None):  # somebody may only look whether it is held
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except OSError:
            if patience is None:
                file.close()
                raise Refused(f"another process is at work on {str(path)!r}") from None
            time.sleep(patience)
    return None


def _is_held(path: Path) -> bool:
    """Whether another process holds the file's lock."""
    try:
        import fcntl
    except ImportError:
        return False
    try:
        with path.with_name(path.name + ".lock").open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
