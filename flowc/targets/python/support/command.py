"""A program's command line: start or finish one instance, and say how it ended."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from .attempt import Services
from .clock import RealClock
from .desk import read_json
from .engine import Engine
from .events import SILENT, Event, describe
from .flow import Flow
from .mailbox import Mailbox
from .state import Refused, find_state
from .values import WrongType
from .verbs import VERBS, act


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
    flow: Flow | None,
    arguments: Mapping[str, Any],
    watcher: Callable[[Event], None],
    again: str = "",
) -> list[dict[str, Any]]:
    """Resume what the state left unfinished, start an instance, and give its ending. What was
    resumed comes to its end too, or to a wait. Without a flow, whatever is unfinished comes to
    its end. `again` is the command that does that, for those who look at the state.

    Raises Refused.
    """
    if flow is None:
        find_state(state).look()
    engine = Engine(flows, services, state, watcher=watcher)
    engine.launch()
    try:
        if again:
            engine.mail.note("run", again)
        if flow is None:
            return [{"instance": each, **engine.ending(each)} for each in _unfinished(engine)]
        instance = engine.start(flow, arguments, repeats=True)
        ending = engine.ending(instance)
        for resumed in engine.resumed:
            engine.settle(resumed.id)
        return [{"instance": instance, **ending}]
    finally:
        engine.close()


def remember(state: str, flows: Sequence[Flow], endings: Iterable[Mapping[str, Any]]) -> None:
    """Note that these endings were printed: until then who asks again, as after a crash, is the one
    who asked first, also where duplicates are rejected."""
    rejecting = {flow.name for flow in flows if flow.on_duplicate == "reject"}
    told = [each["instance"] for each in endings if each["flow"] in rejecting]
    if not told:
        return
    mail = Mailbox(find_state(state).url)
    try:
        for instance in told:
            mail.printed(instance, RealClock().now())
    except SQLAlchemyError:  # it is told once more, which is better than never
        pass
    finally:
        mail.close()


def _unfinished(engine: Engine) -> Iterator[str]:
    """What was resumed, then what other processes restarted meanwhile."""
    seen: set[str] = set()
    found = [resumed.id for resumed in engine.resumed]
    while found:
        seen.update(found)
        yield from found
        found = [each for each in engine.unfinished() if each not in seen]


@contextlib.contextmanager
def results_apart() -> Iterator[None]:
    """What services print goes to standard error: standard output is for the result."""
    with contextlib.redirect_stdout(sys.stderr):
        yield


def _tell(event: Event) -> None:
    if event.kind not in SILENT:
        print(describe(event), file=sys.stderr, flush=True)


@contextlib.contextmanager
def telling(
    flows: Sequence[Flow], tell: Callable[[Event], None], telemetry: bool
) -> Iterator[Callable[[Event], None]]:
    """What takes the events of a run: with `telemetry` OpenTelemetry, too. Raises Refused."""
    if not telemetry:
        yield tell
        return
    try:
        from .telemetry import Telemetry

        sent = Telemetry.from_environment(flows)
    except ImportError:
        raise Refused(
            "telemetry needs OpenTelemetry: `pip install opentelemetry-sdk "
            "opentelemetry-exporter-otlp-proto-http`"
        ) from None

    def both(event: Event) -> None:
        tell(event)
        sent(event)

    try:
        yield both
    finally:
        sent.close()
        if sent.lost:
            what = " and ".join(sent.lost)
            print(f"telemetry was lost: the collector did not take {what}", file=sys.stderr)


def main(flows: Sequence[Flow], services: object, argv: Sequence[str] | None = None) -> int:
    """Run from the command line: 0 if Completed, 1 on any other ending, 2 if it could not run."""
    words = sys.argv[1:] if argv is None else list(argv)
    try:
        if words and words[0] in VERBS:
            return act(words)
        return _run(flows, services, words)
    except Refused as refused:
        print(f"error: {refused}", file=sys.stderr)
        return 2


def _run(flows: Sequence[Flow], services: object, words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description="Run a flow durably; without --input, finish what is unfinished.",
        epilog=f"On instances: {', '.join(VERBS)}; each tells more with --help.",
    )
    parser.add_argument("--flow", help="which flow, if there are several with a key")
    parser.add_argument("--input", help="JSON, or @file")
    parser.add_argument("--state", default="run.db", help="SQLite file, or a PostgreSQL URL")
    parser.add_argument("--telemetry", action="store_true", help="send OpenTelemetry by OTLP")
    given = parser.parse_args(words)
    with results_apart():
        flow, arguments = None, {}
        if given.input is not None:
            flow = choose(flows, given.flow)
            arguments = read_input(flow, read_json(given.input))
        with telling(flows, _tell, given.telemetry) as tell:
            bound = Services(services)
            endings = perform(flows, bound, given.state, flow, arguments, tell, _again())
    print(json.dumps(printed(endings, flow is not None), indent=2), flush=True)
    remember(given.state, flows, endings)
    return 0 if all(ending["ending"] == "Completed" for ending in endings) else 1


def _again() -> str:
    """The command that runs this program, empty where it cannot be known."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return f"python -m {spec.parent or spec.name}" if spec is not None else ""


def printed(endings: list[dict[str, Any]], one: bool) -> Any:
    """What is printed of endings: that of the one which was started, or all."""
    if not one:
        return endings
    return {name: value for name, value in endings[0].items() if name != "instance"}
