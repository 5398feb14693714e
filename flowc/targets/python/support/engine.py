"""Durability by DBOS: opens a state, resumes what it left unfinished, starts instances."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dbos import DBOS, DBOSClient, DBOSConfig, WorkflowStatus

from . import facts
from .attempt import Services
from .clock import Clock, RealClock
from .events import Event, Watcher
from .flow import Flow
from .journal import Json
from .lib import text
from .mailbox import CANCEL, Mailbox
from .state import Refused, find_state, said, usable
from .values import WrongType, decode, encode, milliseconds
from .workflows import BRANCH, Workflows

APPLICATION = "flowc-run"
LISTENS_EVERY = 0.05  # seconds; DBOS' listener has nothing to look at here, but ends only then
SETTLED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


@dataclass(frozen=True)
class Instance:
    """An instance that the state knows, with the title of its flow."""

    id: str
    title: str


class Engine:
    """Runs instances of flows on one state: a SQLite file's path, or a PostgreSQL URL.

    One process works on a state at a time. `clock` makes an instance's clock from the
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
        mail: Mailbox | None = None,
    ) -> None:
        self._watcher = watcher or _ignore
        self._state = find_state(state)
        self.mail = mail or Mailbox(self._state.url)
        self._workflows = Workflows(
            flows, services, self._watcher, clock or _real, self.mail, self._state.lost
        )
        self.resumed: tuple[Instance, ...] = ()

    # -- life of the process ---------------------------------------------------------------

    def launch(self) -> None:
        """Open the state and pick up every instance that it left unfinished. Raises Refused."""
        fresh = self._state.open()
        quiet()
        try:
            self.mail.open()
            for flow in self._workflows.flows.values():
                known = facts.describe(flow)
                self.mail.remember(flow.title, flow.fingerprint, known, RealClock().now())
            if not fresh:
                self.resumed = self._unfinished()
                self._workflows.resumed = {instance.id for instance in self.resumed}
            self._workflows.register()
            DBOS(config=self._config())
            quiet()
            DBOS.launch()
            self.mail.listen()
        except BaseException as error:
            self.close()
            if isinstance(error, Refused) or not isinstance(error, Exception):
                raise
            raise Refused(f"the state cannot be used: {said(error)}") from error

    def close(self) -> None:
        """Stop working; what is unfinished stays in the state."""
        DBOS.destroy(destroy_registry=True)
        self.mail.close()
        self._state.close()

    def _config(self) -> DBOSConfig:
        return {
            "name": APPLICATION,
            "system_database_url": self._state.url,
            "application_version": "flows",
            "executor_id": "flows",
            "serializer": Json(),
            "log_level": "CRITICAL",
            "notification_listener_polling_interval_sec": LISTENS_EVERY,
        }

    def _unfinished(self) -> tuple[Instance, ...]:
        """The instances under way, all of which this program must be able to finish."""
        client = DBOSClient(system_database_url=self._state.url, serializer=Json())
        try:
            rows = client.list_workflows(status=["PENDING", "ENQUEUED"], load_input=True)
        finally:
            client.destroy()
        found: list[Instance] = []
        for row in rows:
            if row.name == BRANCH:
                continue
            flow = self._workflows.flows.get(row.name)
            if flow is None:
                raise Refused(
                    f"{row.workflow_id!r} is unfinished in this state and runs {row.name!r}, which "
                    "this program does not have: keep that version under `supports`, or finish "
                    "it with the program that started it"
                )
            order = row.input["args"][0] if row.input else {}
            if order.get("code") != flow.fingerprint:
                raise Refused(
                    f"{row.workflow_id!r} is unfinished and was started under another text of "
                    f"{flow.title}: give the changed flow a new version that supports "
                    f"{flow.version}, or put the old text back"
                )
            if "parent" not in order:
                found.append(Instance(row.workflow_id, row.name))
        return tuple(found)

    # -- instances -------------------------------------------------------------------------

    def unfinished(self) -> list[str]:
        """The instances that have not ended now."""
        rows = DBOS.list_workflows(status=["PENDING", "ENQUEUED"], has_parent=False)
        return [row.workflow_id for row in rows if row.name != BRANCH]

    @usable()
    def start(
        self,
        flow: Flow,
        arguments: Mapping[str, Any],
        moment: int | None = None,
        *,
        repeats: bool = False,
    ) -> str:
        """Start an instance by its flow's duplicate policy and give its id. With `repeats` the
        same input is no duplicate until its ending was printed. Raises Refused."""
        if flow.key is None:
            raise Refused(f"{flow.name!r} has no key: only flows can call it")
        instance = f"{flow.name}/{text(flow.key(**arguments))}"
        given = flow.write_input(arguments)
        known = DBOS.get_workflow_status(instance)
        if known is not None:
            if flow.on_duplicate == "reject":
                self._reject(known, given, repeats)
            self._attach(known, given)
            return instance
        started = RealClock().now() if moment is None else moment
        order = {"code": flow.fingerprint, "started": started, "input": given}
        due = None if flow.deadline is None else started + milliseconds(flow.deadline)
        self._watcher(Event("started", instance, detail=flow.title, until=due))
        self._workflows.start_flow(flow, instance, order)
        return instance

    def _reject(self, known: WorkflowStatus, given: Mapping[str, Any], repeats: bool) -> None:
        """Refuse a duplicate. Who gives the same input goes on with what he began, unless he was
        told how it ended."""
        instance = known.workflow_id
        output = known.output if known.status == "SUCCESS" else None
        other = "" if _input(known) == given else " with another input"
        resumed = any(instance == each.id for each in self.resumed)
        if not other and (resumed or (repeats and output and not self.mail.was_printed(instance))):
            return
        ended = f" and ended {output['ending']}" if output else ""
        raise Refused(
            f"{instance!r} was started before{other}{ended}, and duplicates are rejected: "
            "`status` tells its story"
        )

    def _attach(self, known: WorkflowStatus, given: Mapping[str, Any]) -> None:
        """Tell that a start runs nothing, or goes on with what another input began."""
        instance = known.workflow_id
        if known.status == "SUCCESS" and known.output is not None:
            self._watcher(Event("attached", instance, outcome=known.output["ending"]))
        if _input(known) != given:
            self._watcher(Event("ignored", instance))

    @usable()
    def signal(self, instance: str, path: str, payload: Any) -> None:
        """Answer an await of an instance, by its path (`check/papers`, `ruling[2]`); an answer
        that comes early is kept. Raises Refused: also if the payload is of another type."""
        try:
            kind = self.awaited(self._flow_of(instance), path)
        except facts.NoSuchAwait as wrong:
            raise Refused(str(wrong)) from None
        try:
            value = encode(decode(kind, payload, closed=True))
        except WrongType as wrong:
            raise Refused(f"the answer does not fit {path!r}: {wrong}") from None
        if not self.mail.post(instance, path, value, RealClock().now()):
            raise Refused(f"{path!r} of {instance!r} was answered before")

    @usable()
    def cancel(self, instance: str) -> None:
        """Ask an instance to stop: it undoes what it did, unless it has committed; asking again
        changes nothing. Raises Refused."""
        self._flow_of(instance)
        self.mail.post(instance, CANCEL, None, RealClock().now())

    def _flow_of(self, instance: str) -> Flow:
        status = DBOS.get_workflow_status(instance)
        flow = None if status is None else self._workflows.flows.get(status.name)
        if status is None or flow is None:
            raise Refused(f"{instance!r} is not known")
        if status.status in SETTLED:
            raise Refused(f"{instance!r} has ended")
        return flow

    def awaited(self, flow: Flow, path: str) -> Any:
        """The type of what an await waits for. Raises NoSuchAwait."""
        return facts.awaited(flow, path, self._workflows.newest)

    @usable()
    def ending(self, instance: str) -> dict[str, Any]:
        """Wait until an instance has ended and say how. Raises Refused if it broke off."""
        failed = self._workflows.failed
        running = self._workflows.running.get(instance)
        while True:
            while running is not None and instance not in failed and self._state.lost() is None:
                if not running.done():
                    self._workflows.linger(instance)
                elif running.cancelled() or running.exception() is not None:
                    running = None
                else:
                    return _told(running.result())
            status = DBOS.get_workflow_status(instance)
            lost = self._state.lost()
            if lost is not None:
                raise Refused(f"{instance!r} is no longer followed here: {lost}")
            if status is None:
                raise Refused(f"{instance!r} is not known")
            if status.status == "SUCCESS":
                return _told(status.output)
            if instance in failed:
                raise Refused(f"the state failed under {instance!r}: {said(failed[instance])}")
            if status.status in SETTLED:
                raise Refused(f"{instance!r} broke off ({status.status}): {status.error}")
            self._workflows.linger(instance)

    @usable()
    def settle(self, instance: str) -> None:
        """Wait until an instance has ended, or only waits for time to pass."""
        flows = self._workflows
        while instance not in flows.failed:
            status = DBOS.get_workflow_status(instance)
            if status is None or status.status in SETTLED:
                return
            if flows.waiting[instance] and not flows.working[instance]:
                return
            time.sleep(0.05)


def _input(known: WorkflowStatus) -> Any:
    """What an instance was started with, as `write_input` gives it."""
    return known.input["args"][0].get("input") if known.input else None


def _told(row: Mapping[str, Any] | None) -> dict[str, Any]:
    """An ending without what only the journal needs."""
    return {name: value for name, value in (row or {}).items() if name != "at"}


def _ignore(event: Event) -> None:
    del event


def _real(start: int) -> Clock:
    del start
    return RealClock()


def quiet() -> None:
    """Keep the engine's own log to what is critical."""
    for name in ("dbos", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
