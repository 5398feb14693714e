"""Start instances by their business keys, and talk to those that run."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
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

from .converter import DATA_CONVERTER
from .flow import Flow
from .instance import STATUS, Instance
from .values import WrongType

KEY = SearchAttributeKey.for_keyword("FlowKey")
OWNER = SearchAttributeKey.for_keyword("FlowOwner")


class Refused(Exception):
    """Why nothing was started or answered."""


def newest(workflows: Sequence[type[Instance]], name: str | None = None) -> Flow:
    """The flow of that name, or the only one with a key, in its newest version. Raises Refused."""
    flows = sorted((workflow.FLOW for workflow in workflows), key=lambda flow: flow.version)
    startable = {flow.name: flow for flow in flows if flow.key is not None}
    if name is None and len(startable) == 1:
        name = next(iter(startable))
    if name not in startable:
        raise Refused(f"say with --flow which one: {', '.join(startable) or 'none has a key'}")
    return startable[name]


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


def _read_json(given: str) -> Any:
    try:
        if given.startswith("@"):
            given = Path(given[1:]).read_text("utf-8-sig")
        return json.loads(given, parse_float=Decimal)
    except (OSError, ValueError, RecursionError) as error:
        raise Refused(f"no JSON: {error}") from None


def _parser(task_queue: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Start and steer instances.")
    parser.add_argument("--address", default="localhost:7233")
    parser.add_argument("--namespace", default="default")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="start an instance and wait for its ending")
    start.add_argument("--flow", help="which flow, if there are several with a key")
    start.add_argument("--input", required=True, help="JSON, or @file")
    start.add_argument("--task-queue", default=task_queue)
    start.add_argument("--search-attributes", action="store_true")
    start.add_argument("--no-wait", action="store_true")
    for name, said in (
        ("result", "wait for the ending"),
        ("status", "what it does"),
        ("cancel", "ask it to undo and end"),
        ("pause", "begin nothing new"),
        ("resume", "go on after a pause"),
    ):
        commands.add_parser(name, help=said).add_argument("id", help="as in flow/key")
    reply = commands.add_parser("answer", help="answer an await")
    reply.add_argument("id", help="as in flow/key")
    reply.add_argument("path", help="as in ruling, or check/papers")
    reply.add_argument("value", help="JSON, or @file")
    return parser


async def _perform(given: argparse.Namespace, workflows: Sequence[type[Instance]]) -> Any:
    client = await Client.connect(
        given.address, namespace=given.namespace, data_converter=DATA_CONVERTER
    )
    if given.command == "start":
        flow = newest(workflows, given.flow)
        try:
            arguments = flow.read_input(_read_json(given.input))
        except WrongType as wrong:
            raise Refused(f"the input does not fit {flow.name}: {wrong}") from None
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
            await answer(client, given.id, given.path, _read_json(given.value))
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
        return _leave(2)
    print(json.dumps(result, indent=2))
    return _leave(0 if result.get("ending", "Completed") == "Completed" else 1)


def _leave(status: int) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
