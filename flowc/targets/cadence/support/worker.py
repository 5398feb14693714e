"""A worker from the command line: it runs the flows and calls the services."""

from __future__ import annotations

import argparse
import asyncio
import logging
from collections.abc import Sequence

from cadence import Registry  # type: ignore[import-untyped]
from cadence.client import Client  # type: ignore[import-untyped]
from cadence.worker import Worker  # type: ignore[import-untyped]

from .activities import register
from .calls import Operation
from .command import Refused
from .connection import ADDRESS, connected
from .invoking import Pager, log_page


def make_worker(
    client: Client,
    task_list: str,
    workflows: Registry,
    services: object,
    operations: Sequence[Operation],
    pager: Pager = log_page,
) -> Worker:
    """A worker for every flow in every version; the client needs this package's converter."""
    activities = Registry()
    register(activities, services, operations, pager)
    return Worker(client, task_list, workflows + activities)


def main(
    task_list: str,
    workflows: Registry,
    services: object,
    operations: Sequence[Operation],
    argv: Sequence[str] | None = None,
) -> int:
    """Work until interrupted."""
    parser = argparse.ArgumentParser(description="Run the flows of this package.")
    parser.add_argument("--address", default=ADDRESS)
    parser.add_argument("--domain", default="default")
    parser.add_argument("--task-list", default=task_list)
    given = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING)

    async def work() -> None:
        async with (
            connected(given.address, given.domain) as client,
            make_worker(client, given.task_list, workflows, services, operations),
        ):
            print(f"working on {given.task_list}", flush=True)
            await asyncio.Event().wait()

    try:
        asyncio.run(work())
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0
    except Refused as refused:
        parser.exit(2, f"error: {refused}\n")
    return 0
