"""`python -m bench.histories`: the events of an order on Temporal, emitted and written by hand."""

from __future__ import annotations

import asyncio
import logging
import os
import sysconfig
from importlib import import_module
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from bench import saga
from bench.inputs import ORDER
from flowc.cli.memory import import_package
from flowc.compiler.check import check
from flowc.source import Source
from flowc.targets.temporal.target import Temporal

SERVER = Path(sysconfig.get_path("scripts")) / "temporal-test-server"


async def emitted() -> int:
    """Of an order that goes well."""
    import_package("bench_order", Temporal().emit(check(Source("order.flow", ORDER)).program))
    rehearsal: Any = import_module("bench_order.runtime.rehearsal")
    workflows: Any = import_module("bench_order.workflows").WORKFLOWS
    operations: Any = import_module("bench_order.calls").OPERATIONS
    async with rehearsal.Rehearsal(workflows, operations) as played:
        flow = max((workflow.FLOW for workflow in workflows), key=lambda flow: flow.version)
        ending = await played.play(flow)
        assert ending["ending"] == "Completed", ending
        handle = played.client.get_workflow_handle(f"{flow.name}/sample-1")
        return len((await handle.fetch_history()).events)


async def by_hand() -> int:
    """Of the same order."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(SERVER)
    ) as environment:
        client: Client = environment.client
        async with Worker(
            client, task_queue="q", workflows=[saga.OrderByHand], activities=saga.ACTIVITIES
        ):
            run = await client.start_workflow("OrderByHand", "o-1", id="o-1", task_queue="q")
            await run.result()
            return len((await run.fetch_history()).events)


if __name__ == "__main__":
    logging.disable()
    print(asyncio.run(emitted()), asyncio.run(by_hand()), flush=True)
    os._exit(0)  # the SDK's threads can crash an interpreter that shuts down
