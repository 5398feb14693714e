"""A client that is connected, or an error that says where nobody answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from cadence.client import Client  # type: ignore[import-untyped]

from .command import Refused
from .converter import FlowDataConverter

ADDRESS = "localhost:7833"  # the frontend's gRPC port
PATIENCE = 10  # seconds


@contextlib.asynccontextmanager
async def connected(address: str, domain: str) -> AsyncIterator[Client]:
    """A client with the flow's own payloads. Raises Refused if no server answers."""
    client = Client(target=address, domain=domain, data_converter=FlowDataConverter())
    try:
        try:
            await asyncio.wait_for(client.ready(), PATIENCE)
        except TimeoutError:
            raise Refused(f"no Cadence server answers at {address}") from None
        yield client
    finally:
        await client.close()
