"""A program's command line: start or finish one instance, and say how it ended."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from .attempt import Services
from .engine import Engine
from .events import Event, describe
from .flow import Flow
from .reading import NotRead, read_given
from .state import Refused
from .values import WrongType


def read_json(given: str) -> Any:
    """JSON from the command line, or from a file after `@`. Raises Refused."""
    try:
        return read_given(given, "--input")
    except NotRead as error:
        raise Refused(str(error)) from None


def choose(flows: Sequence[Flow], name: str | None) -> Flow:
    """The flow to start, in its newest version. Raises Refused."""
    startable = {flow.name: flow for flow in sorted(flows, key=lambda flow: flow.version)}
    if name is not None:
        found = startable.get(name)
        if found is None:
            raise Refused(f"there is no flow `{name}` here, only {_list(startable)}")
        return found
    keyed = {name: flow for name, flow in startable.items() if flow.key is not None}
    if len(keyed) != 1:
        raise Refused(f"say with --flow which flow to run: {_list(keyed or startable)}")
    return next(iter(keyed.values()))


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def read_input(flow: Flow, data: Any) -> dict[str, Any]:
    """A flow's arguments, typed, by Python name. Raises Refused."""
    try:
        return flow.read_input(data)
    except WrongType as wrong:
        raise Refused(f"the input does not fit `{flow.name}`: {wrong}") from None


def perform(
    flows: Sequence[Flow],
    services: Services,
    state: str,
    flow: Flow,
    arguments: Mapping[str, Any],
    watcher: Callable[[Event], None],
) -> dict[str, Any]:
    """Resume what the state left unfinished, start an instance, and give its ending. What was
    resumed comes to its end too, or to a wait.

    Raises Refused.
    """
    engine = Engine(flows, services, state, watcher=watcher)
    engine.launch()
    try:
        instance = engine.start(flow, arguments)
        ending = engine.ending(instance)
        for resumed in engine.resumed:
            engine.settle(resumed.id)
        return ending
    finally:
        engine.close()


@contextlib.contextmanager
def results_apart() -> Iterator[None]:
    """What services print goes to standard error: standard output is for the result."""
    with contextlib.redirect_stdout(sys.stderr):
        yield


def _tell(event: Event) -> None:
    print(describe(event), file=sys.stderr, flush=True)


def main(flows: Sequence[Flow], services: object, argv: Sequence[str] | None = None) -> int:
    """Run from the command line: 0 if Completed, 1 on any other ending, 2 if it could not run."""
    parser = argparse.ArgumentParser(description="Run a flow durably.")
    parser.add_argument("--flow", help="which flow, if there are several with a key")
    parser.add_argument("--input", required=True, help="JSON, or @file")
    parser.add_argument("--state", default="run.db", help="SQLite file, or a PostgreSQL URL")
    given = parser.parse_args(argv)
    try:
        with results_apart():
            flow = choose(flows, given.flow)
            arguments = read_input(flow, read_json(given.input))
            ending = perform(flows, Services(services), given.state, flow, arguments, _tell)
    except Refused as refused:
        print(f"error: {refused}", file=sys.stderr)
        return 2
    print(json.dumps(ending, indent=2))
    return 0 if ending["ending"] == "Completed" else 1
