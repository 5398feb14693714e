"""Start instances by their business keys, and talk to those that run."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from cadence.api.v1 import history_pb2, service_workflow_pb2  # type: ignore[import-untyped]
from cadence.api.v1.common_pb2 import WorkflowExecution  # type: ignore[import-untyped]
from cadence.client import Client  # type: ignore[import-untyped]
from cadence.error import (  # type: ignore[import-untyped]
    CadenceRpcError,
    WorkflowExecutionAlreadyStartedError,
)

from .children import REJECT, Origin
from .command import Refused, add_commands, leave, newest, read_input, read_json
from .connection import ADDRESS, connected
from .engine import LONGEST
from .errors import Cancelled
from .flow import Flow


async def start(
    client: Client,
    flow: Flow,
    arguments: Mapping[str, Any],
    task_list: str,
    *,
    search_attributes: bool = False,
) -> str:
    """Start an instance and give its id; its business key stays taken however it ends.

    A duplicate is attached to the first one, or refused, as its flow says. With
    `search_attributes`, FlowKey, FlowOwner and FlowStatus must be registered on the server as
    keywords. Raises Refused.
    """
    instance = flow.instance(arguments)
    try:
        await client.start_workflow(
            flow.title,
            *(arguments[field.attribute] for field in flow.params),
            Origin(tracked=search_attributes),
            workflow_id=instance,
            task_list=task_list,
            execution_start_to_close_timeout=LONGEST,
            task_start_to_close_timeout=timedelta(seconds=10),
            workflow_id_reuse_policy=REJECT,
        )
    except WorkflowExecutionAlreadyStartedError:
        if flow.on_duplicate == "reject":
            said = f"{instance!r} was started before, and duplicates are rejected"
            raise Refused(said) from None
    return instance


async def answer(client: Client, instance: str, path: str, value: Any) -> None:
    """Answer an await by its path, as in `ruling` or `check/papers`. Raises Refused."""
    wrong: str = await client.query_workflow(instance, "", "refusal", path, value, result_type=str)
    if wrong:
        raise Refused(wrong)
    await client.signal_workflow(instance, "", "deliver", path, value)


async def result(client: Client, instance: str) -> dict[str, Any]:
    """Wait for an instance and say how it ended. Raises Refused if it was ended from outside."""
    request = service_workflow_pb2.GetWorkflowExecutionHistoryRequest(
        domain=client.domain,
        workflow_execution=WorkflowExecution(workflow_id=instance),
        wait_for_new_event=True,
        history_event_filter_type=history_pb2.EVENT_FILTER_TYPE_CLOSE_EVENT,
    )
    while True:
        answered = await client.workflow_stub.GetWorkflowExecutionHistory(request)
        if answered.history.events:
            return _ending(client, instance, answered.history.events[-1])
        request.next_page_token = answered.next_page_token


def _ending(client: Client, instance: str, event: Any) -> dict[str, Any]:
    kind = event.WhichOneof("attributes") or "nothing"
    if kind == "workflow_execution_completed_event_attributes":
        payload = event.workflow_execution_completed_event_attributes.result
        ending: dict[str, Any] = client.data_converter.from_data(payload, [dict])[0]
        return ending
    if kind == "workflow_execution_canceled_event_attributes":  # before it began
        return {"ending": "Compensated", "error": Cancelled().to_json()}
    said = kind.removeprefix("workflow_execution_").removesuffix("_event_attributes")
    raise Refused(f"{instance!r} was ended from outside: {said.replace('_', ' ')}")


def _parser(task_list: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Start and steer instances.")
    parser.add_argument("--address", default=ADDRESS)
    parser.add_argument("--domain", default="default")
    start = add_commands(parser)
    start.add_argument("--task-list", default=task_list)
    start.add_argument("--search-attributes", action="store_true")
    return parser


async def _perform(given: argparse.Namespace, flows: Sequence[Flow]) -> Any:
    async with connected(given.address, given.domain) as client:
        if given.command == "start":
            flow = newest(flows, given.flow)
            arguments = read_input(flow, given.input)
            tracked = given.search_attributes
            instance = await start(
                client, flow, arguments, given.task_list, search_attributes=tracked
            )
            return {"id": instance} if given.no_wait else await result(client, instance)
        match given.command:
            case "result":
                return await result(client, given.id)
            case "status":
                return await client.query_workflow(given.id, "", "status", result_type=dict)
            case "cancel":
                await client.cancel_workflow(given.id, "")
            case "answer":
                await answer(client, given.id, given.path, read_json(given.value))
            case signal:
                await client.signal_workflow(given.id, "", signal)
        return {"id": given.id}


def main(task_list: str, flows: Sequence[Flow], argv: Sequence[str] | None = None) -> int:
    """0, or 1 if an instance ended otherwise than Completed, or 2 if it could not be done.

    Does not return: what the client's threads still do must not change the status.
    """
    given = _parser(task_list).parse_args(argv)
    try:
        said = asyncio.run(_perform(given, flows))
    except (Refused, CadenceRpcError) as refused:
        print(f"error: {refused.args[0]}", file=sys.stderr)
        return leave(2)
    print(json.dumps(said, indent=2))
    return leave(0 if said.get("ending", "Completed") == "Completed" else 1)
