"""Durability by DBOS: flows become workflows, journal rows steps, instances workflow ids."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from dbos import DBOS, DBOSClient, DBOSConfig, SetWorkflowID
from dbos._serialization import Serializer

from .attempt import Services
from .clock import Clock, RealClock
from .errors import Halt
from .events import Event, Watcher
from .flow import Flow
from .lib import text
from .run import Limits, Run
from .values import milliseconds

APPLICATION = "flowc-run"
SETTLED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


class Refused(Exception):
    """The engine will not do that; the text says why and what would help."""


class StateFailure(BaseException):
    """The journal cannot be kept. No flow handles it: the instance stays unfinished."""


class _Json(Serializer):
    """Rows are JSON text, for every reader; nothing in a state file is ever unpickled."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data, separators=(",", ":"), default=_error_text)

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "flow_json"


def _error_text(value: object) -> str:
    return f"{type(value).__name__}: {value}" if isinstance(value, BaseException) else repr(value)


class _Journal:
    """The journal of one instance in this execution of it."""

    def __init__(self) -> None:
        self.execution = uuid4().hex

    async def once(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        async def step() -> Any:
            return await work()

        try:
            return await DBOS.run_step_async({"name": name}, step)
        except Exception as error:
            raise StateFailure(str(error)) from error

    async def sleep(self, span: int) -> None:
        try:
            await DBOS.sleep_async(span / 1000)
        except Exception as error:
            raise StateFailure(str(error)) from error

    async def cancelled(self) -> bool:
        return False


class _Lock(Protocol):
    def close(self) -> None: ...


@dataclass(frozen=True)
class Instance:
    """An instance that the state knows: its flow, key and status."""

    id: str
    title: str
    ended: bool


class Engine:
    """Runs instances of flows on one state: a SQLite file's path, or a PostgreSQL URL.

    One process works on a SQLite file at a time. `clock` makes an instance's clock from the
    moment it started.
    """

    def __init__(
        self,
        flows: Iterable[Flow],
        services: Services,
        state: str,
        *,
        watcher: Watcher | None = None,
        clock: Callable[[int], Clock] | None = None,
    ) -> None:
        self._flows = {flow.title: flow for flow in flows}
        self._services = services
        self._watcher = watcher or _ignore
        self._clock = clock or _real
        self._failed: dict[str, BaseException] = {}
        self._workflows: dict[str, Callable[..., Any]] = {}
        self._lock: _Lock | None = None
        self._path = None if "://" in state else Path(state)
        self._url = state if self._path is None else f"sqlite:///{self._path.resolve()}"
        self.resumed: tuple[Instance, ...] = ()

    # -- life of the process ---------------------------------------------------------------

    def launch(self) -> None:
        """Open the state and pick up every instance that it left unfinished. Raises Refused."""
        fresh = True
        if self._path is not None:
            fresh = not self._path.exists() or self._path.stat().st_size == 0
            self._open(self._path)
        quiet()
        try:
            if not fresh:
                self.resumed = self._unfinished()
            for flow in self._flows.values():
                self._workflows[flow.title] = DBOS.workflow(name=flow.title)(self._workflow(flow))
            DBOS(config=self._config())
            quiet()
            DBOS.launch()
        except BaseException:
            self._unlock()
            raise

    def close(self) -> None:
        """Stop working; what is unfinished stays in the state."""
        DBOS.destroy(destroy_registry=True)
        self._unlock()

    def _config(self) -> DBOSConfig:
        return {
            "name": APPLICATION,
            "system_database_url": self._url,
            "application_version": "flows",
            "executor_id": "flows",
            "serializer": _Json(),
            "log_level": "CRITICAL",
            "notification_listener_polling_interval_sec": 0.05,
        }

    def _open(self, path: Path) -> None:
        """Take the state file for this process. Raises Refused."""
        if not path.parent.is_dir():
            raise Refused(f"there is no folder {str(path.parent)!r} for the state file")
        if path.is_dir():
            raise Refused(f"{str(path)!r} is a folder, not a state file")
        self._lock = _lock(path)
        try:
            with contextlib.closing(sqlite3.connect(path, timeout=10)) as database:
                database.execute("PRAGMA journal_mode=wal").fetchone()
        except sqlite3.DatabaseError as error:
            self._unlock()
            raise Refused(f"{str(path)!r} is no usable state file: {error}") from None

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _unfinished(self) -> tuple[Instance, ...]:
        """The instances under way, all of which this program must be able to finish."""
        client = DBOSClient(system_database_url=self._url, serializer=_Json())
        try:
            rows = client.list_workflows(status=["PENDING", "ENQUEUED"], load_input=True)
        finally:
            client.destroy()
        for row in rows:
            flow = self._flows.get(row.name)
            if flow is None:
                raise Refused(
                    f"{row.workflow_id!r} is unfinished in this state and runs {row.name!r}, which "
                    "this program does not have: keep that version under `supports`, or finish "
                    "it with the program that started it"
                )
            if row.input is not None and row.input["args"][0].get("code") != flow.fingerprint:
                raise Refused(
                    f"{row.workflow_id!r} is unfinished and was started under another text of "
                    f"{flow.title}: give the changed flow a new version that supports "
                    f"{flow.version}, or put the old text back"
                )
        return tuple(Instance(row.workflow_id, row.name, False) for row in rows)

    # -- instances -------------------------------------------------------------------------

    def newest(self, name: str) -> Flow:
        """The flow in its newest version. Raises Refused."""
        found = [flow for flow in self._flows.values() if flow.name == name]
        if not found:
            raise Refused(f"there is no flow {name!r}")
        return max(found, key=lambda flow: flow.version)

    def start(self, flow: Flow, arguments: Mapping[str, Any], moment: int | None = None) -> str:
        """Start an instance by its flow's duplicate policy and give its id. Raises Refused."""
        if flow.key is None:
            raise Refused(f"{flow.name!r} has no key: only flows can call it")
        instance = f"{flow.name}/{text(flow.key(**arguments))}"
        if any(instance == resumed.id for resumed in self.resumed):
            return instance
        known = DBOS.get_workflow_status(instance)
        if known is not None:
            if flow.on_duplicate == "reject":
                raise Refused(f"{instance!r} was started before, and duplicates are rejected")
            return instance
        started = RealClock().now() if moment is None else moment
        order = {
            "code": flow.fingerprint,
            "started": started,
            "input": flow.write_input(arguments),
        }
        self._watcher(Event("started", instance, detail=flow.title))
        with SetWorkflowID(instance):
            DBOS.start_workflow(self._workflows[flow.title], order)
        return instance

    def ending(self, instance: str) -> dict[str, Any]:
        """Wait until an instance has ended and say how. Raises Refused if it broke off."""
        while True:
            status = DBOS.get_workflow_status(instance)
            if status is None:
                raise Refused(f"{instance!r} is not known")
            if status.status == "SUCCESS":
                return dict(status.output or {})
            if instance in self._failed:
                raise Refused(f"the state failed under {instance!r}: {self._failed[instance]}")
            if status.status in SETTLED:
                raise Refused(f"{instance!r} broke off ({status.status}): {status.error}")
            time.sleep(0.02)

    def _workflow(self, flow: Flow) -> Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]:
        resumed = {instance.id for instance in self.resumed}

        async def workflow(order: dict[str, Any]) -> dict[str, Any]:
            instance = DBOS.workflow_id or ""
            limits = Limits(
                None if flow.deadline is None else milliseconds(flow.deadline),
                None if flow.compensate_within is None else milliseconds(flow.compensate_within),
            )
            clock = self._clock(order["started"])
            run = Run(
                instance, _Journal(), order["started"], clock, self._services, self._watcher, limits
            )
            if instance in resumed:
                self._watcher(Event("resumed", instance, detail=flow.title))
            try:
                ending = await flow.finish(run, flow.read_input(order["input"]))
            except StateFailure as failure:
                self._failed[instance] = failure
                raise
            except Exception as error:  # noqa: BLE001 - a fault of the code halts, keeping all
                broken = Halt("", f"{type(error).__name__}: {error}")
                ending = run.halted(broken)
            for event in flow.ended(instance, ending):
                self._watcher(event)
            return {**ending, "flow": flow.name, "version": flow.version}

        return workflow


def _ignore(event: Event) -> None:
    del event


def _real(start: int) -> Clock:
    del start
    return RealClock()


def quiet() -> None:
    """Keep the engine's own log to what is critical."""
    for name in ("dbos", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _lock(path: Path) -> _Lock | None:
    """Hold the file's lock until this process ends, however it does. Raises Refused."""
    try:
        import fcntl
    except ImportError:
        return None
    file = path.with_name(path.name + ".lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise Refused(f"another process is at work on {str(path)!r}") from None
    return file
