"""A worker from the command line: it runs the flows and calls the services."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import Worker

from .activities import activities
from .calls import Operation
from .command import leave
from .connection import add_connection, connected
from .instance import Instance
from .invoking import Pager, log_page


def make_worker(
    client: Client,
    task_queue: str,
    workflows: Sequence[type[Instance]],
    services: object,
    operations: Sequence[Operation],
    pager: Pager = log_page,
    max_cached_workflows: int = 1000,
) -> Worker:
    """A worker for every flow in every version; the client needs this package's converter."""
    return Worker(
        client,
        task_queue=task_queue,
        workflows=list(workflows),
        activities=activities(services, operations, pager),
        max_cached_workflows=max_cached_workflows,
        graceful_shutdown_timeout=timedelta(seconds=30),
    )


def main(
    task_queue: str,
    workflows: Sequence[type[Instance]],
    services: object,
    operations: Sequence[Operation],
    argv: Sequence[str] | None = None,
) -> int:
    """Work until interrupted or terminated; what runs has half a minute to end.

    Does not return once it has talked to a server: the SDK's threads can crash an interpreter that
    is shutting down, so the process leaves with its status at once.
    """
    parser = argparse.ArgumentParser(description="Run the flows of this package.")
    add_connection(parser)
    parser.add_argument("--task-queue", default=task_queue)
    given = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO)

    async def work() -> None:
        working = asyncio.current_task()
        assert working is not None
        with contextlib.suppress(NotImplementedError):  # Windows has no such signal
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, working.cancel)
        client = await connected(given.address, given.namespace)
        async with make_worker(client, given.task_queue, workflows, services, operations):
            print(f"working on {given.task_queue}", flush=True)
            await asyncio.Event().wait()

    try:
        asyncio.run(work())
    except (KeyboardInterrupt, asyncio.CancelledError):
        return leave(0)
    except RuntimeError as error:
        print(f"error: {error}", file=sys.stderr)
        return leave(2)
    return leave(0)
