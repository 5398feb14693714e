"""Flows and branches as workflows: how an instance is run, and how it runs children."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from dbos import DBOS, SetWorkflowID

from .attempt import Services
from .branches import Body, Settled, settle
from .calls import Operation
from .clock import Clock
from .errors import FlowError, Halt
from .events import Event, Watcher
from .flow import Flow
from .journal import STOPPED, DurableJournal, StateFailure
from .mailbox import Mailbox
from .run import Run
from .seams import Limits
from .state import said
from .values import milliseconds

BRANCH = "branch"
LOOK_EVERY = 1.0  # seconds between looks for what nobody here told of
Order = dict[str, Any]


class Workflows:
    """Everything that runs in the journal. An order is what a workflow is started with."""

    def __init__(
        self,
        flows: Iterable[Flow],
        services: Services,
        watcher: Watcher,
        clock: Callable[[int], Clock],
        mail: Mailbox,
        lost: Callable[[], str | None],
    ) -> None:
        self.mail = mail
        self._lost = lost
        self.flows = {flow.title: flow for flow in flows}
        self.errors: dict[str, type[FlowError]] = {}
        self.failed: dict[str, BaseException] = {}
        self.resumed: set[str] = set()
        self.waiting: Counter[str] = Counter()  # waits under way, by instance
        self.working: Counter[str] = Counter()  # attempts under way, by instance
        self.running: dict[str, Future[dict[str, Any]]] = {}  # what was started here, until it ends
        self._over: set[str] = set()  # instances that run here no longer
        self._changed = threading.Condition()
        self._operations: dict[str, Operation] = {}
        for flow in self.flows.values():
            self.errors.update((error.error_name, error) for error in flow.errors)
            self._operations.update((known.title, known) for known in flow.operations)
        self._services = services
        self._watcher = watcher
        self._clock = clock
        self._bodies: dict[str, Future[tuple[Run, Body]]] = {}
        self._branch: Callable[[Order], Any] | None = None
        self._workflows: dict[str, Callable[[Order], Any]] = {}

    def register(self) -> None:
        """Make the workflows known to the engine, before it is launched."""

        async def branch(order: Order) -> dict[str, Any]:
            return await self._run_branch(order)

        self._branch = DBOS.workflow(name=BRANCH, max_recovery_attempts=None)(branch)
        for flow in self.flows.values():
            made = self._workflow(flow)
            self._workflows[flow.title] = DBOS.workflow(
                name=flow.title, max_recovery_attempts=None
            )(made)

    def start_flow(self, flow: Flow, instance: str, order: Order) -> None:
        """Start an instance."""
        with SetWorkflowID(instance):
            handle: Any = DBOS.start_workflow(self._workflows[flow.title], order)
        self.running[instance] = handle.future
        handle.future.add_done_callback(self._watch(instance))

    def linger(self, instance: str) -> None:
        """Wait until it is worth to look again whether an instance has ended."""
        with self._changed:
            self._changed.wait(0.02 if instance in self._over else LOOK_EVERY)

    def _watch(
        self, instance: str, *, whole: bool = True
    ) -> Callable[[Future[Any] | asyncio.Future[Any]], None]:
        """What learns that an instance or a part of it is over, and why that was not recorded."""

        def over(work: Future[Any] | asyncio.Future[Any]) -> None:
            failure = None if work.cancelled() else work.exception()
            if failure is not None:
                self.failed.setdefault(instance, failure)
            with self._changed:
                started = self.running.get(instance)
                if started is work:
                    del self.running[instance]
                if failure is not None or (whole and started in (None, work)):
                    self._over.add(instance)
                self._changed.notify_all()

        return over

    def _watch_me(self, instance: str, *, whole: bool) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.add_done_callback(self._watch(instance, whole=whole))

    def newest(self, name: str) -> Flow | None:
        """The flow in its newest version."""
        found = [flow for flow in self.flows.values() if flow.name == name]
        return max(found, key=lambda flow: flow.version, default=None)

    # -- flows -----------------------------------------------------------------------------

    def _workflow(self, flow: Flow) -> Callable[[Order], Awaitable[dict[str, Any]]]:
        async def workflow(order: Order) -> dict[str, Any]:
            ident = DBOS.workflow_id or ""
            instance, prefix = order.get("instance", ident), order.get("prefix", "")
            run = self._new_run(instance, prefix, order["started"], _limits(flow, order))
            run.deaf = order.get("deaf", False)
            self._watch_me(instance, whole=not prefix)
            if not prefix and run.journal.replays and ident not in self.resumed:
                self._watcher(Event("restarted", instance, detail=flow.title, until=run.limits.due))
            elif ident in self.resumed and not prefix:
                self._watcher(Event("resumed", instance, detail=flow.title, until=run.limits.due))
            try:
                ending = await flow.finish(run, flow.read_input(order["input"]))
            except asyncio.CancelledError:
                raise StateFailure(STOPPED) from None
            except StateFailure as failure:
                self.failed[instance] = failure
                raise
            except Exception as error:  # noqa: BLE001 - a fault of the code halts, keeping all
                ending = run.halted(Halt("", f"{type(error).__name__}: {error}"))
            if not prefix:
                took = run.now_ms - order["started"]
                for event in flow.ended(instance, ending):
                    self._watcher(replace(event, took=took) if event.kind == "ended" else event)
            return {**ending, "flow": flow.name, "version": flow.version, "at": run.now_ms}

        return workflow

    def _new_run(self, instance: str, prefix: str, now: int, limits: Limits) -> Run:
        return Run(
            instance,
            DurableJournal(self._lost, self.mail.kept(DBOS.workflow_id or "")),
            self._clock(now),
            self._services,
            self._watcher,
            limits,
            self,
            prefix,
        )

    # -- children --------------------------------------------------------------------------

    def find(self, title: str) -> Operation:
        """The operation of that title."""
        return self._operations[title]

    async def start(self, run: Run, path: str, body: Body) -> Settled:
        """Start a branch as a child workflow.

        Its code cannot be kept in the journal: the child waits until its parent, which is
        replayed with it after a crash, hands it over here.
        """
        ident = f"{DBOS.workflow_id}/{path}"
        place = self._place(ident)
        if place.done():
            place = self._bodies[ident] = Future()
        place.set_result((run, body))
        order: Order = {"parent": run.instance, "now": run.now_ms}
        assert self._branch is not None
        return await self._start(ident, self._branch, order)

    def _place(self, ident: str) -> Future[tuple[Run, Body]]:
        return self._bodies.setdefault(ident, Future())

    async def _run_branch(self, order: Order) -> dict[str, Any]:
        ident = DBOS.workflow_id or ""
        try:
            parent, body = await asyncio.wrap_future(self._place(ident))
        except asyncio.CancelledError:
            raise StateFailure(STOPPED) from None
        self._watch_me(parent.instance, whole=False)
        run = self._new_run(parent.instance, parent.prefix, order["now"], parent.limits)
        run.committed, run.deaf = parent.committed, parent.deaf
        try:
            return await settle(run, body)
        except asyncio.CancelledError:
            raise StateFailure(STOPPED) from None
        except StateFailure as failure:
            self.failed[parent.instance] = failure
            raise
        except Exception as error:  # noqa: BLE001 - a fault of the code halts, keeping all
            fault = Halt("", f"{type(error).__name__}: {error}")
            return {
                "halt": [fault.step, fault.reason],
                "ledger": run.ledger.to_json(),
                "stuck": run.stuck,
                "at": run.now_ms,
            }
        finally:
            with contextlib.suppress(KeyError):
                del self._bodies[ident]

    async def call(
        self, run: Run, path: str, flow: str, given: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Run a flow in its newest version as a child workflow, to its end."""
        title = await run.chosen(path, lambda: self._title(flow))
        order: Order = {
            "parent": run.instance,
            "instance": run.instance,
            "prefix": f"{path}/",
            "code": self.flows[title].fingerprint,
            "started": run.now_ms,
            "due": None if run.committed else run.limits.due,
            "deaf": run.committed or run.deaf,
            "input": dict(given),
        }
        ident = f"{DBOS.workflow_id}/{path.removeprefix(run.prefix)}"
        ended = await self._start(ident, self._workflows[title], order)
        return await ended()

    def _title(self, name: str) -> str:
        found = self.newest(name)
        assert found is not None, name
        return found.title

    async def _start(self, ident: str, workflow: Callable[[Order], Any], order: Order) -> Settled:
        try:
            with SetWorkflowID(ident):
                handle = await DBOS.start_workflow_async(workflow, order)
        except Exception as error:
            raise StateFailure(said(error)) from error
        except asyncio.CancelledError:
            raise StateFailure(STOPPED) from None

        async def result() -> dict[str, Any]:
            try:
                row: dict[str, Any] = await handle.get_result()
            except Exception as error:
                raise StateFailure(said(error)) from error
            except asyncio.CancelledError:
                raise StateFailure(STOPPED) from None
            return row

        return result


def _limits(flow: Flow, order: Order) -> Limits:
    """When a flow is due: by its own deadline, and never after its parent's."""
    own = None if flow.deadline is None else order["started"] + milliseconds(flow.deadline)
    dues = [due for due in (own, order.get("due")) if due is not None]
    within = flow.compensate_within
    return Limits(min(dues, default=None), None if within is None else milliseconds(within))
