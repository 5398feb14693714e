"""A Cadence server of one thread and virtual time, as far as flows need one.

Decisions are made by the client's own engine, from the whole history each time: every decision is
a replay of all before it, and the client's own check for nondeterminism is on. Activities are
called at once and end after the time that they ask for.
"""

from __future__ import annotations

import asyncio
import heapq
import inspect
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from math import ceil
from typing import Any, Protocol

from cadence import Registry
from cadence._internal.workflow.workflow_engine import WorkflowEngine
from cadence.api.v1 import history_pb2
from cadence.api.v1.common_pb2 import Failure, WorkflowExecution
from cadence.api.v1.query_pb2 import WorkflowQuery
from cadence.api.v1.workflow_pb2 import TIMEOUT_TYPE_START_TO_CLOSE
from cadence.workflow import WorkflowInfo

DOMAIN = "test"
OUTSIDE, TIMERS, WORK = range(3)  # what comes first at one moment
SECOND = 1000  # ms
TIMED_OUT = "cadenceInternal:Timeout START_TO_CLOSE"


class Settle(Protocol):
    """How an attempt ended is told."""

    def __call__(self, result: Any = None, failure: Any = None) -> None: ...


class Stalled(Exception):  # noqa: N818 - an answer
    """An instance waits, and nothing will come."""


class Execution:
    """One workflow, by its history."""

    def __init__(self, ident: str, definition: Any, parent: tuple[Execution, int] | None) -> None:
        self.id = ident
        self.definition = definition
        self.parent = parent
        self.history: list[Any] = []
        self.timers: set[str] = set()
        self.result: Any = None
        self.closed: str = ""
        self.end = 0


class Server:
    """`start` an instance and `run` it to its end.

    `spends` says how many ms the activity of that name, just called, takes; None: as long as it
    may.
    """

    def __init__(self, registry: Registry, converter: Any, spends: Callable[[str], int | None]):
        logging.getLogger("cadence").setLevel(logging.CRITICAL)
        self.registry = registry
        self.converter = converter
        self.now = 0
        self.executions: dict[str, Execution] = {}
        self.timed_out: Callable[[], None] = lambda: None
        self._spends = spends
        self._queue: list[tuple[int, int, int, Callable[[], None]]] = []
        self._numbers = count()

    def time(self) -> datetime:
        """The moment, as workers see it."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=self.now)

    # -- what people do ----------------------------------------------------------------------

    def start(self, kind: str, ident: str, arguments: Sequence[Any]) -> Execution:
        """Start a workflow."""
        return self._start(kind, ident, self.converter.to_data(arguments), None)

    def later(self, moment: int, do: Callable[[], None], order: int = OUTSIDE) -> None:
        """Do something at a moment."""
        heapq.heappush(self._queue, (max(moment, self.now), order, next(self._numbers), do))

    def signal(self, ident: str, name: str, *arguments: Any) -> None:
        """Send a signal."""
        execution = self.executions[ident]
        self._signaled(execution, name, self.converter.to_data(arguments))

    def cancel(self, ident: str) -> None:
        """Ask for a cancel."""
        execution = self.executions[ident]
        self._tell(execution, "workflow_execution_cancel_requested", cause="asked")

    def query(self, ident: str, name: str, *arguments: Any) -> Any:
        """Ask a workflow."""
        execution = self.executions[ident]
        query = WorkflowQuery(query_type=name, query_args=self.converter.to_data(arguments))
        done = self._engine(execution).process_decision(execution.history, query)
        return self.converter.from_data(done.query_result.answer, [None])[0]

    @property
    def pending(self) -> bool:
        """Whether anything is still to happen by itself."""
        return bool(self._queue)

    def run(self, execution: Execution) -> Any:
        """Let time pass until a workflow is closed. Raises Stalled if nothing moves it."""
        while not execution.closed:
            self.step()
        return execution.result

    def step(self) -> None:
        """Let the next thing happen. Raises Stalled if there is none."""
        if not self._queue:
            raise Stalled
        moment, _, _, do = heapq.heappop(self._queue)
        self.now = max(self.now, moment)
        do()

    # -- what arrives ------------------------------------------------------------------------

    def _arrive(self, execution: Execution, do: Callable[[], None]) -> None:
        """Something comes from outside, which the next decision takes up."""
        if not execution.closed:
            do()

    def _tell(self, execution: Execution, name: str, **more: Any) -> None:
        """An event comes from outside."""

        def write() -> None:
            self._event(execution, name, **more)
            self._decide(execution)

        self._arrive(execution, write)

    def _signaled(self, execution: Execution, name: str, data: Any) -> None:
        self._tell(execution, "workflow_execution_signaled", signal_name=name, input=data)

    # -- histories ---------------------------------------------------------------------------

    def _event(self, execution: Execution, name: str, like: Any = None, **more: Any) -> int:
        """Write an event down; what the decision behind it says under the same name is copied."""
        event = history_pb2.HistoryEvent(event_id=len(execution.history) + 1)
        event.event_time.FromDatetime(self.time())
        attributes = getattr(event, f"{name}_event_attributes")
        attributes.SetInParent()
        if like is not None:
            ours = {field.name for field in attributes.DESCRIPTOR.fields}
            for field, value in like.ListFields():
                if field.name in ours:
                    _put(attributes, field.name, value)
        for field, value in more.items():
            _put(attributes, field, value)
        execution.history.append(event)
        return int(event.event_id)

    def _start(
        self, kind: str, ident: str, data: Any, parent: tuple[Execution, int] | None
    ) -> Execution:
        execution = Execution(ident, self.registry.get_workflow(kind), parent)
        self.executions[ident] = execution
        self._event(execution, "workflow_execution_started", input=data)
        self.later(self.now, lambda: self._decide(execution), WORK)
        return execution

    def _engine(self, execution: Execution) -> WorkflowEngine:
        info = WorkflowInfo(
            workflow_type=execution.definition.name,
            workflow_domain=DOMAIN,
            workflow_id=execution.id,
            workflow_run_id=f"run of {execution.id}",
            workflow_task_list="list",
            data_converter=self.converter,
        )
        return WorkflowEngine(info=info, workflow_definition=execution.definition)

    def _decide(self, execution: Execution) -> None:
        """Let the workflow decide what follows."""
        if execution.closed:
            return
        scheduled = self._event(execution, "decision_task_scheduled")
        self._event(execution, "decision_task_started", scheduled_event_id=scheduled)
        made = self._engine(execution).process_decision(list(execution.history))
        self._decided(execution, made.decisions)

    def _decided(self, execution: Execution, decisions: Iterable[Any]) -> None:
        started = execution.history[-1].event_id
        self._event(
            execution,
            "decision_task_completed",
            scheduled_event_id=started - 1,
            started_event_id=started,
        )
        for decision in decisions:
            name = decision.WhichOneof("attributes")
            getattr(self, "_" + name.removesuffix("_decision_attributes"))(
                execution, getattr(decision, name)
            )

    # -- decisions ---------------------------------------------------------------------------

    def _start_timer(self, execution: Execution, made: Any) -> None:
        self._event(execution, "timer_started", made)
        execution.timers.add(made.timer_id)
        span = made.start_to_fire_timeout.ToTimedelta()
        assert span.microseconds == 0, "Cadence counts in whole seconds"

        def fire() -> None:
            if made.timer_id in execution.timers:
                execution.timers.discard(made.timer_id)
                self._event(execution, "timer_fired", timer_id=made.timer_id)
                self._decide(execution)

        moment = self.now + span // timedelta(milliseconds=1)
        self.later(moment, lambda: self._arrive(execution, fire), TIMERS)

    def _cancel_timer(self, execution: Execution, made: Any) -> None:
        execution.timers.discard(made.timer_id)
        self._event(execution, "timer_canceled", made)

    def _record_marker(self, execution: Execution, made: Any) -> None:
        self._event(execution, "marker_recorded", made)

    def _upsert_workflow_search_attributes(self, execution: Execution, made: Any) -> None:
        self._event(execution, "upsert_workflow_search_attributes", made)

    def _complete_workflow_execution(self, execution: Execution, made: Any) -> None:
        self._event(execution, "workflow_execution_completed", made)
        execution.result = self.converter.from_data(made.result, [None])[0]
        self._close(execution, "completed", result=made.result)

    def _cancel_workflow_execution(self, execution: Execution, made: Any) -> None:
        self._event(execution, "workflow_execution_canceled", made)
        self._close(execution, "canceled")

    def _fail_workflow_execution(self, execution: Execution, made: Any) -> None:
        raise AssertionError(f"{execution.id} failed: {made.failure.details.decode()}")

    def _close(self, execution: Execution, how: str, **more: Any) -> None:
        execution.closed, execution.end = how, self.now
        if execution.parent is not None:
            parent, initiated = execution.parent
            name = f"child_workflow_execution_{how}"
            self._tell(parent, name, initiated_event_id=initiated, **more)

    def terminate(self, ident: str) -> None:
        """End a workflow from outside."""
        self._event(self.executions[ident], "workflow_execution_terminated")
        self._close(self.executions[ident], "terminated")

    def _start_child_workflow_execution(self, execution: Execution, made: Any) -> None:
        initiated = self._event(execution, "start_child_workflow_execution_initiated", made)
        assert made.workflow_id not in self.executions, "a child's id is its own"
        known = WorkflowExecution(workflow_id=made.workflow_id, run_id="child")

        def begin() -> None:
            if execution.closed:
                return
            parent = execution, initiated
            self._start(made.workflow_type.name, made.workflow_id, made.input, parent)
            name = "child_workflow_execution_started"
            more = {"initiated_event_id": initiated, "workflow_execution": known}
            self._tell(execution, name, **more)

        self.later(self.now, begin, WORK)

    def _request_cancel_external_workflow_execution(self, execution: Execution, made: Any) -> None:
        name = "request_cancel_external_workflow_execution_initiated"
        self._event(execution, name, made)
        self.later(self.now, lambda: self.cancel(made.workflow_execution.workflow_id))

    def _signal_external_workflow_execution(self, execution: Execution, made: Any) -> None:
        name = "signal_external_workflow_execution_initiated"
        initiated = self._event(execution, name, made)

        def send() -> None:
            target = self.executions.get(made.workflow_execution.workflow_id)
            if target is None or target.closed:
                name = "signal_external_workflow_execution_failed"
            else:
                name = "external_workflow_execution_signaled"
                self._signaled(target, made.signal_name, made.input)
            self._tell(execution, name, initiated_event_id=initiated)

        self.later(self.now, send)

    # -- activities --------------------------------------------------------------------------

    def _schedule_activity_task(self, execution: Execution, made: Any) -> None:
        scheduled = self._event(execution, "activity_task_scheduled", made)
        for name in ("schedule_to_close", "schedule_to_start", "start_to_close"):
            assert made.HasField(f"{name}_timeout"), name
        first = self.now
        self.later(self.now, lambda: self._attempt(execution, made, scheduled, 1, first), WORK)

    def _attempt(
        self, execution: Execution, made: Any, scheduled: int, number: int, first: int
    ) -> None:
        if execution.closed:
            return
        limit = min(_ms(made.start_to_close_timeout), _ms(made.schedule_to_close_timeout))

        def settle(result: Any = None, failure: Any = None) -> None:
            """It ended with a payload, a failure, or neither: too late."""
            if result is None:
                reason = TIMED_OUT if failure is None else failure.reason
                again = self._again(made, reason, number, first)
                if again is not None:
                    following = number + 1
                    self.later(
                        self.now + again,
                        lambda: self._attempt(execution, made, scheduled, following, first),
                        WORK,
                    )
                    return
            self._arrive(execution, lambda: self._settled(execution, scheduled, result, failure))

        self._perform(execution, made, limit, settle)

    def _settled(self, execution: Execution, scheduled: int, result: Any, failure: Any) -> None:
        started = self._event(execution, "activity_task_started", scheduled_event_id=scheduled)
        more: dict[str, Any] = {"scheduled_event_id": scheduled, "started_event_id": started}
        if result is not None:
            self._event(execution, "activity_task_completed", result=result, **more)
        elif failure is not None:
            self._event(execution, "activity_task_failed", failure=failure, **more)
        else:
            more["timeout_type"] = TIMEOUT_TYPE_START_TO_CLOSE
            self._event(execution, "activity_task_timed_out", **more)
        self._decide(execution)

    def _perform(self, execution: Execution, made: Any, limit: int, settle: Settle) -> None:
        """Make an attempt, which may take so many ms; it is settled when it ends."""
        del execution
        definition: Any = self.registry.get_activity(made.activity_type.name)
        arguments = definition.signature.params_from_payload(self.converter, made.input)
        result, failure = None, None
        try:
            returned = definition.impl_fn(*arguments)
            if inspect.iscoroutine(returned):
                returned = _finished(returned)
            result = self.converter.to_data([returned])
        except Exception as raised:
            failure = Failure(reason=type(raised).__name__, details=str(raised).encode())
        takes = self._spends(made.activity_type.name)
        if takes is None or takes > limit:
            self.timed_out()
            self.later(self.now + limit, settle, WORK)
        else:
            self.later(self.now + takes, lambda: settle(result, failure), WORK)

    def _again(self, made: Any, reason: str, number: int, first: int) -> int | None:
        """After how many ms the server tries again, None if it does not."""
        policy = made.retry_policy
        if not made.HasField("retry_policy") or reason in policy.non_retryable_error_reasons:
            return None
        if policy.maximum_attempts and number >= policy.maximum_attempts:
            return None
        wait = _ms(policy.initial_interval) * policy.backoff_coefficient ** (number - 1)
        wait = ceil(min(wait, _ms(policy.maximum_interval)) / SECOND) * SECOND
        expires = _ms(policy.expiration_interval)
        if expires and self.now + wait >= first + expires:
            return None
        return int(wait)


def _put(message: Any, field: str, value: Any) -> None:
    if hasattr(value, "DESCRIPTOR"):
        getattr(message, field).CopyFrom(value)
    else:
        setattr(message, field, value)


def _ms(span: Any) -> int:
    return int(span.ToTimedelta() // timedelta(milliseconds=1))


def _finished(work: Any) -> Any:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
