"""Start instances by their business keys, and talk to those that run."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from .command import Refused, add_commands, leave, newest, read_input, read_json
from .connection import add_connection, connected
from .flow import Flow
from .instance import STATUS, Instance

KEY = SearchAttributeKey.for_keyword("FlowKey")
OWNER = SearchAttributeKey.for_keyword("FlowOwner")


async def start(
    client: Client,
    flow: Flow,
    arguments: Mapping[str, Any],
    task_queue: str,
    *,
    search_attributes: bool = False,
) -> WorkflowHandle[Any, dict[str, Any]]:
    """Start an instance; its business key stays taken however it ends.

    A duplicate is attached to the first one, or refused, as its flow says. With
    `search_attributes`, FlowKey, FlowOwner and FlowStatus must exist as keywords in the
    namespace. Raises Refused.
    """
    instance = flow.instance(arguments)
    pairs: list[SearchAttributePair[Any]] = []
    if search_attributes:
        pairs.append(SearchAttributePair(KEY, instance.partition("/")[2]))
        pairs.append(SearchAttributePair(STATUS, "Running"))
        if flow.owner is not None:
            pairs.append(SearchAttributePair(OWNER, flow.owner))
    attach = flow.on_duplicate != "reject"
    try:
        return await client.start_workflow(
            flow.title,
            args=[arguments[field.attribute] for field in flow.params],
            id=instance,
            task_queue=task_queue,
            result_type=dict,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING
            if attach
            else WorkflowIDConflictPolicy.FAIL,
            search_attributes=TypedSearchAttributes(pairs),
        )
    except WorkflowAlreadyStartedError:
        if attach:
            return client.get_workflow_handle(instance, result_type=dict)
        said = f"{instance!r} was started before, and duplicates are rejected"
        raise Refused(said) from None


async def answer(client: Client, instance: str, path: str, value: Any) -> None:
    """Answer an await by its path, as in `ruling` or `check/papers`. Raises Refused."""
    try:
        await client.get_workflow_handle(instance).execute_update("answer", args=[path, value])
    except WorkflowUpdateFailedError as failed:
        raise Refused(getattr(failed.cause, "message", str(failed.cause))) from None


def _parser(task_queue: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Start and steer instances.")
    add_connection(parser)
    start = add_commands(parser)
    start.add_argument("--task-queue", default=task_queue)
    start.add_argument("--search-attributes", action="store_true")
    return parser


async def _perform(given: argparse.Namespace, workflows: Sequence[type[Instance]]) -> Any:
    client = await connected(given.address, given.namespace)
    if given.command == "start":
        flow = newest((workflow.FLOW for workflow in workflows), given.flow)
        arguments = read_input(flow, given.input)
        tracked = given.search_attributes
        started = await start(client, flow, arguments, given.task_queue, search_attributes=tracked)
        return {"id": started.id} if given.no_wait else await started.result()
    handle = client.get_workflow_handle(given.id, result_type=dict)
    match given.command:
        case "result":
            return await handle.result()
        case "status":
            return await handle.query("status")
        case "cancel":
            await handle.cancel()
        case "answer":
            await answer(client, given.id, given.path, read_json(given.value))
        case signal:
            await handle.signal(signal)
    return {"id": given.id}


def main(
    task_queue: str, workflows: Sequence[type[Instance]], argv: Sequence[str] | None = None
) -> int:
    """0, or 1 if an instance ended otherwise than Completed, or 2 if it could not be done.

    Does not return once it has talked to a server: the SDK's threads can crash an interpreter that
    is shutting down, so the process leaves with its status at once.
    """
    given = _parser(task_queue).parse_args(argv)
    try:
        result = asyncio.run(_perform(given, workflows))
    except (Refused, RPCError, RuntimeError) as refused:
        print(f"error: {refused}", file=sys.stderr)
        return leave(2)
    print(json.dumps(result, indent=2))
    return leave(0 if result.get("ending", "Completed") == "Completed" else 1)
