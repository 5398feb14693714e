"""`flowc run`: an instance of a flow, here and durably, to its end."""

from __future__ import annotations

from itertools import count

from flowc.cli.command import Command, Common, argument, flag, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.cli.console import Console
    from flowc.targets.target import Files

_COMPLETED, _ENDED_OTHERWISE, _COULD_NOT_RUN = 0, 1, 2
_numbers = count()
_GET_ENGINE = "durable runs need DBOS: `pip install 'flowc[run]'`"


class RunArguments(Common):
    file: str = argument("FILE", "the `.flow` file")
    flow: str | None = text("NAME", "which flow, where several have a key")
    input: str | None = text("JSON|@FILE", "the flow's parameters, an object by name")
    services: str | None = text("MODULE", "the Python module or file that implements the services")
    state: str = text(
        "FILE|URL", "where instances are remembered: SQLite or `postgresql://`", default="run.db"
    )
    telemetry: bool = flag("send OpenTelemetry by OTLP, to where `OTEL_` variables say")
    json: bool = flag("print every event as a line of JSON, the ending as the last")


def run(arguments: RunArguments, console: Console) -> int:
    from flowc.cli.display import clean
    from flowc.cli.services import Unusable

    try:
        return _run(arguments, console)
    except Unusable as unusable:
        for reason in unusable.reasons:
            console.note(f"flowc: {clean(reason)}")
        return _COULD_NOT_RUN


def _run(arguments: RunArguments, console: Console) -> int:
    from flowc.cli.display import clean
    from flowc.cli.progress import progress
    from flowc.cli.read_flow import kept_by, read_flow
    from flowc.cli.services import Unusable, load_services
    from flowc.targets.python.target import Python

    if arguments.services is None:
        raise Unusable("who does the work? `--services MODULE` names what implements the services")
    target = Python()
    checked = read_flow(arguments.file, console, arguments.color)
    if isinstance(checked, int) or not kept_by(target, checked, console, arguments.color):
        return _COULD_NOT_RUN
    if not checked.program.flows:
        raise Unusable(f"`{arguments.file}` declares no flow")
    program = Program(target.emit(checked.program))
    command = program.module("runtime.command")
    with command.results_apart():
        try:
            flow, given = None, {}
            if arguments.input is not None:
                flow = command.choose(program.flows, arguments.flow)
                given = command.read_input(flow, command.read_json(arguments.input))
            services = load_services(arguments.services, program.operations)
            bound = program.module("runtime.attempt").Services(services, dicts=True)
            with (
                progress(
                    program.module("runtime.events"),
                    console,
                    quiet=arguments.quiet,
                    as_json=arguments.json,
                    color=arguments.color,
                ) as shown,
                command.telling(program.flows, shown, arguments.telemetry) as tell,
            ):
                endings = command.perform(
                    *(program.flows, bound, arguments.state, flow, given, tell),
                    again=_again(arguments),
                )
        except KeyboardInterrupt:
            console.note("stopped; the same command goes on from here")
            raise
        except command.Refused as refused:
            raise Unusable(str(refused)) from None
    import json

    if not endings and not arguments.quiet:
        console.note(f"nothing is unfinished in {clean(arguments.state)}")
    if arguments.json:
        for each in endings:
            console.write_utf8(json.dumps({"event": "ending", **each}) + "\n")
    else:
        shown = command.printed(endings, flow is not None)
        console.write_utf8(json.dumps(shown, indent=2, ensure_ascii=False) + "\n")
    console.flush()
    command.remember(arguments.state, program.flows, endings)
    completed = all(ending["ending"] == "Completed" for ending in endings)
    return _COMPLETED if completed else _ENDED_OTHERWISE


def _again(arguments: RunArguments) -> str:
    """The command that goes on with what is unfinished, from any folder."""
    import os
    import shlex

    services = arguments.services or ""
    if os.path.isfile(services):
        services = os.path.abspath(services)
    return shlex.join(["flowc", "run", os.path.abspath(arguments.file), "--services", services])


class Program:
    """An emitted package in this process."""

    def __init__(self, files: Files) -> None:
        """Raises Unusable if the engine is not installed."""
        from flowc import pulse
        from flowc.cli.memory import import_package
        from flowc.cli.services import Unusable

        try:
            __import__("dbos")
        except ImportError:
            raise Unusable(_GET_ENGINE) from None
        self._package = f"flowc_program_{next(_numbers)}"
        import_package(self._package, files)
        pulse.listen(self.module("runtime.clock").heartbeat)

    def module(self, name: str) -> Any:
        """A module of the package."""
        from importlib import import_module

        return import_module(f"{self._package}.{name}")

    @property
    def flows(self) -> Any:
        """Every flow in every version."""
        return self.module("flows").FLOWS

    @property
    def operations(self) -> Any:
        """Every operation of the services it uses."""
        return self.module("calls").OPERATIONS


command = Command(
    "run",
    "Run a flow here, durably, until it has ended.",
    RunArguments,
    run,
    about="First it resumes what the state left unfinished: killed at any moment, the same "
    "command finishes it. Without `--input` it does only that. The ending and its value are "
    "printed as JSON; progress goes to standard error, on a terminal with what is under way. "
    "Exit status: 0 Completed, 1 any other ending, 2 could not run.",
    examples=(
        (
            "flowc run order.flow --input @order.json --services order_services.py --state run.db",
            "run one order",
        ),
        (
            "flowc run order.flow --services order_services.py --state run.db",
            "go on with what is unfinished, after a crash or a restart",
        ),
    ),
)
