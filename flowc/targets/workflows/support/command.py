"""What starters have in common: which flow is meant, what is said, and how the process leaves."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from typing import Any

from .flow import Flow
from .reading import NotRead, read_given
from .values import WrongType


class Refused(Exception):
    """Why nothing was started or answered."""


def newest(flows: Iterable[Flow], name: str | None = None) -> Flow:
    """The flow of that name, or the only one with a key, in its newest version. Raises Refused."""
    known = sorted(flows, key=lambda flow: flow.version)
    startable = {flow.name: flow for flow in known if flow.key is not None}
    if name is None and len(startable) == 1:
        name = next(iter(startable))
    if name not in startable:
        raise Refused(f"say with --flow which one: {', '.join(startable) or 'none has a key'}")
    return startable[name]


def read_json(given: str) -> Any:
    """JSON, or that of the file after an `@`. Raises Refused."""
    try:
        return read_given(given, "what was given")
    except NotRead as error:
        raise Refused(str(error)) from None


def read_input(flow: Flow, given: str) -> dict[str, Any]:
    """The arguments of a flow. Raises Refused."""
    data = read_json(given)
    try:
        return flow.read_input(data)
    except WrongType as wrong:
        raise Refused(f"the input does not fit {flow.name}: {wrong}") from None


def add_commands(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add what every starter can be told; gives the parser of `start`."""
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="start an instance and wait for its ending")
    start.add_argument("--flow", help="which flow, if there are several with a key")
    start.add_argument("--input", required=True, help="JSON, or @file")
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
    return start


def leave(status: int) -> int:
    """End the process at once, whatever threads still run."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
