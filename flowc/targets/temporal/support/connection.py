"""A client, as the environment or a profile of the Temporal CLI says, with the flow's payloads."""

from __future__ import annotations

import argparse

from temporalio.client import Client
from temporalio.envconfig import ClientConfig

from .converter import DATA_CONVERTER

ADDRESS = "localhost:7233"


def add_connection(parser: argparse.ArgumentParser) -> None:
    """Add what overrides TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE."""
    parser.add_argument("--address", help=f"TEMPORAL_ADDRESS by default, else {ADDRESS}")
    parser.add_argument("--namespace", help="TEMPORAL_NAMESPACE by default, else default")


async def connected(address: str | None, namespace: str | None) -> Client:
    """A client by Temporal's own settings: variables such as TEMPORAL_API_KEY or
    TEMPORAL_TLS_CLIENT_CERT_PATH, and the profile of `temporal.toml` that TEMPORAL_PROFILE names.

    Raises RuntimeError if they cannot be read, or if no server answers.
    """
    known = ClientConfig.load_client_connect_config()
    known["target_host"] = address or known.get("target_host") or ADDRESS
    if namespace is not None:
        known["namespace"] = namespace
    return await Client.connect(**known, data_converter=DATA_CONVERTER)
