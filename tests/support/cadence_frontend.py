"""The server of `cadence_server` in real time, behind gRPC: what workers and starters talk to."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, Self

import grpc
from cadence import Registry
from cadence.api.v1 import (
    error_pb2,
    history_pb2,
    service_worker_pb2,
    service_worker_pb2_grpc,
    service_workflow_pb2,
    service_workflow_pb2_grpc,
)
from cadence.api.v1.common_pb2 import ActivityType, WorkflowExecution, WorkflowType
from cadence.api.v1.query_pb2 import QUERY_RESULT_TYPE_ANSWERED, WorkflowQuery
from google.protobuf.any_pb2 import Any as Packed
from google.rpc.status_pb2 import Status

from tests.support.cadence_server import Execution, Server, Settle

POLL = 1.0  # seconds that a poll waits


class RealTime(Server):
    """Decisions and activities are tasks that workers poll for. What comes while a decision is
    being made waits for it."""

    def __init__(self, registry: Registry, converter: Any) -> None:
        super().__init__(registry, converter, lambda _: 0)
        self.decisions: asyncio.Queue[Any] = asyncio.Queue()
        self.activities: asyncio.Queue[Any] = asyncio.Queue()
        self.performed: dict[bytes, Settle] = {}
        self.asked: dict[bytes, asyncio.Future[Any]] = {}
        self._deciding: dict[str, list[Callable[[], None]]] = {}
        self._tokens = count(1)
        self.beats = 0

    @property
    def now(self) -> int:
        return int(time.time() * 1000)

    @now.setter
    def now(self, moment: int) -> None:
        """Nobody sets this clock."""

    def token(self) -> bytes:
        return str(next(self._tokens)).encode()

    def later(self, moment: int, do: Callable[[], None], order: int = 0) -> None:
        del order
        asyncio.get_running_loop().call_later(max(0.0, (moment - self.now) / 1000), do)

    def _arrive(self, execution: Execution, do: Callable[[], None]) -> None:
        waiting = self._deciding.get(execution.id)
        if waiting is None:
            super()._arrive(execution, do)
        else:
            waiting.append(lambda: self._arrive(execution, do))

    def _decide(self, execution: Execution) -> None:
        if execution.closed:
            return
        self._deciding[execution.id] = []
        scheduled = self._event(execution, "decision_task_scheduled")
        self._event(execution, "decision_task_started", scheduled_event_id=scheduled)
        self.decisions.put_nowait(self._task(execution, execution.id.encode()))

    def decided(self, execution: Execution, decisions: Iterable[Any]) -> None:
        waiting = self._deciding.pop(execution.id)
        if execution.closed:  # from outside, meanwhile
            return
        self._decided(execution, decisions)
        for do in waiting:
            do()

    def _task(self, execution: Execution, token: bytes, **more: Any) -> Any:
        return service_worker_pb2.PollForDecisionTaskResponse(
            task_token=token,
            workflow_execution=WorkflowExecution(workflow_id=execution.id, run_id="run"),
            workflow_type=WorkflowType(name=execution.definition.name),
            history=history_pb2.History(events=execution.history),
            started_event_id=len(execution.history),
            **more,
        )

    def ask(self, execution: Execution, query: WorkflowQuery) -> asyncio.Future[Any]:
        """Ask a workflow; the answer comes later."""
        token = self.token()
        self.asked[token] = asyncio.get_running_loop().create_future()
        self.decisions.put_nowait(self._task(execution, token, query=query))
        return self.asked[token]

    def _perform(self, execution: Execution, made: Any, limit: int, settle: Settle) -> None:
        token = self.token()
        self.performed[token] = settle
        response = service_worker_pb2.PollForActivityTaskResponse(
            task_token=token,
            workflow_execution=WorkflowExecution(workflow_id=execution.id, run_id="run"),
            activity_id=made.activity_id,
            activity_type=ActivityType(name=made.activity_type.name),
            workflow_type=WorkflowType(name=execution.definition.name),
            input=made.input,
            start_to_close_timeout=made.start_to_close_timeout,
        )
        response.scheduled_time.GetCurrentTime()
        response.started_time.GetCurrentTime()
        self.activities.put_nowait(response)
        self.later(self.now + limit, lambda: self.settle(token))

    def settle(self, token: bytes, **how: Any) -> None:
        settle = self.performed.pop(token, None)
        if settle is not None:
            settle(**how)


class _Workers(service_worker_pb2_grpc.WorkerAPIServicer):  # type: ignore[misc]
    def __init__(self, server: RealTime) -> None:
        self._server = server

    async def _polled(self, queue: asyncio.Queue[Any], nothing: Any) -> Any:
        try:
            return await asyncio.wait_for(queue.get(), POLL)
        except TimeoutError:
            return nothing

    async def PollForDecisionTask(self, request: Any, context: Any) -> Any:
        nothing = service_worker_pb2.PollForDecisionTaskResponse()
        return await self._polled(self._server.decisions, nothing)

    async def PollForActivityTask(self, request: Any, context: Any) -> Any:
        nothing = service_worker_pb2.PollForActivityTaskResponse()
        return await self._polled(self._server.activities, nothing)

    async def RespondDecisionTaskCompleted(self, request: Any, context: Any) -> Any:
        execution = self._server.executions[request.task_token.decode()]
        self._server.decided(execution, request.decisions)
        return service_worker_pb2.RespondDecisionTaskCompletedResponse()

    async def RespondQueryTaskCompleted(self, request: Any, context: Any) -> Any:
        self._server.asked.pop(request.task_token).set_result(request.result)
        return service_worker_pb2.RespondQueryTaskCompletedResponse()

    async def RecordActivityTaskHeartbeat(self, request: Any, context: Any) -> Any:
        self._server.beats += 1
        return service_worker_pb2.RecordActivityTaskHeartbeatResponse()

    async def RespondActivityTaskCompleted(self, request: Any, context: Any) -> Any:
        self._server.settle(request.task_token, result=request.result)
        return service_worker_pb2.RespondActivityTaskCompletedResponse()

    async def RespondActivityTaskFailed(self, request: Any, context: Any) -> Any:
        self._server.settle(request.task_token, failure=request.failure)
        return service_worker_pb2.RespondActivityTaskFailedResponse()


class _Workflows(service_workflow_pb2_grpc.WorkflowAPIServicer):  # type: ignore[misc]
    def __init__(self, server: RealTime) -> None:
        self._server = server

    async def _known(self, request: Any, context: Any) -> Execution:
        ident = request.workflow_execution.workflow_id
        execution = self._server.executions.get(ident)
        if execution is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"there is no {ident}")
            raise AssertionError
        return execution

    async def StartWorkflowExecution(self, request: Any, context: Any) -> Any:
        ident = request.workflow_id
        if ident in self._server.executions:
            packed = Packed()
            packed.Pack(error_pb2.WorkflowExecutionAlreadyStartedError(run_id="run"))
            code = grpc.StatusCode.ALREADY_EXISTS
            status = Status(code=code.value[0], message="taken", details=[packed])
            trailing = (("grpc-status-details-bin", status.SerializeToString()),)
            await context.abort(code, "taken", trailing)
        self._server._start(request.workflow_type.name, ident, request.input, None)
        return service_workflow_pb2.StartWorkflowExecutionResponse(run_id="run")

    async def SignalWorkflowExecution(self, request: Any, context: Any) -> Any:
        execution = await self._known(request, context)
        self._server._signaled(execution, request.signal_name, request.signal_input)
        return service_workflow_pb2.SignalWorkflowExecutionResponse()

    async def RequestCancelWorkflowExecution(self, request: Any, context: Any) -> Any:
        execution = await self._known(request, context)
        self._server.cancel(execution.id)
        return service_workflow_pb2.RequestCancelWorkflowExecutionResponse()

    async def QueryWorkflow(self, request: Any, context: Any) -> Any:
        execution = await self._known(request, context)
        result = await self._server.ask(execution, request.query)
        if result.result_type != QUERY_RESULT_TYPE_ANSWERED:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, result.error_message)
        return service_workflow_pb2.QueryWorkflowResponse(query_result=result.answer)

    async def GetWorkflowExecutionHistory(self, request: Any, context: Any) -> Any:
        execution = await self._known(request, context)
        for _ in range(20):
            if execution.closed:
                history = history_pb2.History(events=execution.history[-1:])
                return service_workflow_pb2.GetWorkflowExecutionHistoryResponse(history=history)
            await asyncio.sleep(0.05)
        return service_workflow_pb2.GetWorkflowExecutionHistoryResponse(next_page_token=b"more")


class Frontend:
    """A server at a port of its own, in a thread of its own. It knows the workflow types, not
    what they do: that is the worker's."""

    def __init__(self, registry: Registry, converter: Any) -> None:
        self._registry = registry
        self._converter = converter
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(60)
        return self

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self.server = RealTime(self._registry, self._converter)
        server = grpc.aio.server()
        service_worker_pb2_grpc.add_WorkerAPIServicer_to_server(_Workers(self.server), server)
        service_workflow_pb2_grpc.add_WorkflowAPIServicer_to_server(_Workflows(self.server), server)
        self.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        await server.start()
        self._ready.set()
        await self._stop.wait()
        await server.stop(None)

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)

    def do(self, work: Callable[[], None]) -> None:
        """Do something to the server."""
        self._loop.call_soon_threadsafe(work)
