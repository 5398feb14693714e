"""Messages to instances, kept beside the journal: signals by their await's path, and cancel."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from .state import usable
from .tables import FACTS, KEPT, MESSAGES, NOTES, PAUSES, PRINTED, TABLES

CANCEL = ""  # the path of a cancel: no await has it
LOOK_EVERY = 0.2  # seconds between looks for what another process posted
_COUNT = ""  # no instance is called that
_HELD_AND_COUNT = sa.union_all(  # one query, as it is made five times a second
    sa.select(PAUSES.c.instance, PAUSES.c.at),
    sa.select(sa.literal(_COUNT), sa.func.count()).select_from(MESSAGES),
)


@dataclass(frozen=True)
class Message:
    """`at` is the moment it was posted, in milliseconds; `payload` is its JSON value."""

    payload: Any
    at: int


class Watch:
    """Wakes who waits for messages to one instance."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def clear(self) -> None:
        """Begin to look again: what arrives from now on wakes."""
        self._event.clear()

    async def wait(self, seconds: float | None) -> None:
        """Wait for a message, at most that long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), seconds)

    def wake(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._event.set)


class Mailbox:
    """The messages of one state.

    The path of an await is reached once in an instance, so the first message to it is the one
    that it consumes, however early it came; no second one is taken.
    """

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url)
        self._found: dict[str, dict[str, Message]] = {}
        self._paused: dict[str, int] = {}
        self._watches: dict[str, set[Watch]] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Make the tables where they are missing, and read what has been posted."""
        TABLES.create_all(self._engine)
        self.look()

    def listen(self) -> None:
        """From now on learn what other processes post."""
        self._thread = threading.Thread(target=self._listen, name="mailbox", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Learn nothing more."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()
        self._engine.dispose()

    @usable()
    def post(self, instance: str, path: str, payload: Any, at: int) -> bool:
        """Keep a message durably; False if there is one for that path already. Raises Refused."""
        row = {"instance": instance, "path": path, "payload": json.dumps(payload), "at": at}
        try:
            with self._engine.begin() as connection:
                connection.execute(MESSAGES.insert().values(**row))
        except sa.exc.IntegrityError:
            return False
        self.look()
        return True

    def find(self, instance: str, path: str) -> Message | None:
        """The message to a path of an instance, as far as is known here."""
        return self._found.get(instance, {}).get(path)

    def paused(self, instance: str) -> bool:
        """Whether an instance is to start no further step."""
        return instance in self._paused

    def kept(self, workflow: str) -> dict[tuple[str, int], Any]:
        """The rows of a workflow that stay true through its restart."""
        query = sa.select(KEPT).where(KEPT.c.workflow == workflow)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return {(row.name, row.nth): json.loads(row.row) for row in rows}

    def remember(self, title: str, fingerprint: str, facts: Any, at: int) -> None:
        """Keep what there is to know about a flow, for those who have no file of it."""
        row = {"title": title, "fingerprint": fingerprint, "at": at, "facts": json.dumps(facts)}
        with contextlib.suppress(sa.exc.IntegrityError), self._engine.begin() as connection:
            connection.execute(FACTS.insert().values(**row))

    def note(self, name: str, value: str) -> None:
        """Keep what is good to know of the state, instead of what was noted before."""
        with self._engine.begin() as connection:
            connection.execute(NOTES.delete().where(NOTES.c.name == name))
            connection.execute(NOTES.insert().values(name=name, value=value))

    def was_printed(self, instance: str) -> bool:
        """Whether somebody was told how the instance ended."""
        query = sa.select(PRINTED.c.at).where(PRINTED.c.instance == instance)
        with self._engine.connect() as connection:
            return connection.execute(query).first() is not None

    def printed(self, instance: str, at: int) -> None:
        """Keep that somebody was told how the instance ended."""
        with contextlib.suppress(sa.exc.IntegrityError), self._engine.begin() as connection:
            connection.execute(PRINTED.insert().values(instance=instance, at=at))

    @contextlib.contextmanager
    def watch(self, instance: str) -> Iterator[Watch]:
        """What wakes when the instance gets a message."""
        watch = Watch()
        with self._lock:
            self._watches.setdefault(instance, set()).add(watch)
        try:
            yield watch
        finally:
            with self._lock:
                self._watches[instance].discard(watch)
                if not self._watches[instance]:
                    del self._watches[instance]

    def look(self) -> None:
        """Read what is new."""
        with self._engine.connect() as connection:
            held = {row.instance: row.at for row in connection.execute(_HELD_AND_COUNT)}
            known = sum(map(len, self._found.values()))
            count = held.pop(_COUNT)
            new = connection.execute(sa.select(MESSAGES)).all() if count != known else ()
        woken = set(self._paused) - set(held)
        with self._lock:
            self._paused = held
            for row in new:
                found = self._found.setdefault(row.instance, {})
                if row.path not in found:
                    found[row.path] = Message(json.loads(row.payload), row.at)
                    woken.add(row.instance)
            watches = [watch for name in woken for watch in self._watches.get(name, ())]
        for watch in watches:
            watch.wake()

    def _listen(self) -> None:
        while not self._closed.wait(LOOK_EVERY):
            with contextlib.suppress(sa.exc.SQLAlchemyError):  # the next look may find it mended
                self.look()
