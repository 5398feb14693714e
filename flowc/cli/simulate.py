"""`flowc simulate`: one story of a flow, told in virtual time."""

from __future__ import annotations

from flowc.cli.command import Command, Common, argument, choice, number, text, texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.cli.console import Console
    from flowc.compiler.check import Checked
    from flowc.compiler.flow import Flow, Operation
    from flowc.simulate.interpret import Story
    from flowc.simulate.named import Named
    from flowc.simulate.script import Script

_COMPLETED, _ENDED_OTHERWISE, _COULD_NOT_RUN = 0, 1, 2
_PACE = 1_000  # ms that an attempt takes where nobody says how long


class SimulateArguments(Common):
    file: str = argument("FILE", "the `.flow` file")
    flow: str | None = text("NAME", "which flow, where the file has several")
    version: int | None = number("N", "an older version that may still run")
    input: str | None = text(
        "JSON|@FILE", "the flow's parameters, an object by name; without it they are invented"
    )
    script: str | None = text("FILE", "what happens, in JSON")
    fail: tuple[str, ...] | None = texts(
        "STEP[=ERROR]", "this step always fails; an await: nobody answers"
    )
    unknown: tuple[str, ...] | None = texts("STEP", "nobody ever knows whether this step happened")
    slow: tuple[str, ...] | None = texts("STEP=DURATION", "each attempt of this step takes so long")
    cancel_after: str | None = text("STEP", "the instance is cancelled once this step has settled")
    format: str = choice(("text", "json"), "how the story is told", default="text")


class _Stop(Exception):  # noqa: N818 - not an error of ours but an answer
    """Why there is no story: a line each; none where it was said already."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


def run(arguments: SimulateArguments, console: Console) -> int:
    from flowc.cli.display import clean

    try:
        story = _story(arguments, console)
    except _Stop as stop:
        for line in stop.lines:
            console.note(f"flowc: {clean(line)}")
        return _COULD_NOT_RUN
    if arguments.format == "json":
        import json

        from flowc.simulate.as_json import as_json

        console.write_utf8(json.dumps(as_json(story), indent=2, ensure_ascii=False) + "\n")
    else:
        from flowc.cli.timeline import timeline

        lines = timeline(story)
        console.write("".join(f"{line}\n" for line in (lines[-1:] if arguments.quiet else lines)))
    return _COMPLETED if story.ending.kind == "Completed" else _ENDED_OTHERWISE


def _story(arguments: SimulateArguments, console: Console) -> Story:
    from flowc.cli.read_flow import read_flow
    from flowc.simulate.attempting import Endless
    from flowc.simulate.clockwork import Stalled
    from flowc.simulate.interpret import interpret
    from flowc.simulate.named import named

    checked = read_flow(arguments.file, console, arguments.color)
    if isinstance(checked, int):
        raise _Stop
    flow = _chosen(checked, arguments)
    given = _given(flow, arguments.input)
    names = named(checked.program, flow)
    script = _with_options(_script(arguments, names), arguments, names)
    try:
        return interpret(checked.program, flow, given, script)
    except Stalled:
        awaits = ", ".join(f"`{path}`" for path in names.awaits)
        raise _Stop(
            f"the story does not end: nobody answers {awaits}, and nothing else happens"
        ) from None
    except Endless as endless:
        raise _Stop(
            f"the story does not end: `{endless.args[0]}` goes on and on; let it end well at "
            "some time, or bound it with `within` or `attempts`"
        ) from None
    except ValueError as error:
        raise _Stop(str(error)) from None
    except RecursionError:
        raise _Stop("the story does not end: flows call each other without end") from None


def _chosen(checked: Checked, arguments: SimulateArguments) -> Flow:
    """The flow that is meant: the named one, the only one, or the only one with a key."""
    flows = checked.program.flows
    if not flows:
        raise _Stop(f"`{arguments.file}` declares no flow")
    names = [flow.name for flow in flows]
    if arguments.flow is None:
        meant = [flow for flow in flows if flow.key is not None]
        if len(flows) > 1 and len(meant) != 1:
            raise _Stop(f"which flow? `--flow NAME`, one of {', '.join(names)}")
        flow = flows[0] if len(flows) == 1 else meant[0]
    elif arguments.flow in names:
        flow = flows[names.index(arguments.flow)]
    else:
        raise _Stop(f"there is no flow `{arguments.flow}`; {_nearest(arguments.flow, names)}")
    if arguments.version is None:
        return flow
    found = checked.program.find(flow.name, arguments.version)
    if found is None:
        known = ", ".join(str(version) for version in flow.versions)
        raise _Stop(
            f"flow `{flow.name}` has no version {arguments.version} that may still run; "
            f"known: {known}"
        )
    return found


def _nearest(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, names, n=1)
    return f"did you mean `{near[0]}`?" if near else f"there is {', '.join(names) or 'none'}"


def _given(flow: Flow, written: str | None) -> dict[str, Any]:
    """The parameters, read or invented."""
    from flowc.simulate.invent import invent_fields
    from flowc.simulate.values import WrongType, decode_fields

    data = invent_fields(flow.params, "")
    if written is not None:
        file = written.removeprefix("@") if written.startswith("@") else None
        data = _json("--input", written) if file is None else _json(file, _text(file))
    if not isinstance(data, dict):
        raise _Stop('`--input` is an object by parameter: `{"name": value}`')
    try:
        return dict(decode_fields(flow.params, data, closed=True))
    except WrongType as wrong:
        raise _Stop(f"`--input`: {wrong}") from None


def _text(name: str) -> str:
    from flowc.cli.files import Refused, decode, read_bytes

    try:
        return decode(read_bytes(name))
    except Refused as refused:
        raise _Stop(f"cannot read `{name}`: {refused}") from None


def _json(what: str, written: str) -> Any:
    from flowc.targets.python.support.reading import NotRead, parse

    try:
        return parse(written, what)
    except NotRead as error:
        raise _Stop(str(error)) from None


def _script(arguments: SimulateArguments, names: Named) -> Script:
    """The script: the file's, or one in which everything goes well."""
    from flowc.simulate.read_script import BadScript, read_script
    from flowc.simulate.script import Script

    if arguments.script is None:
        return Script(pace=_PACE, answers=True)
    data = _json(arguments.script, _text(arguments.script))
    if isinstance(data, dict):
        data = {"pace": _PACE, "answers": True, **data}
    try:
        return read_script(data, names)
    except BadScript as bad:
        raise _Stop(*(f"{arguments.script}: {problem}" for problem in bad.problems)) from None


def _with_options(script: Script, arguments: SimulateArguments, names: Named) -> Script:
    """The script with what `--fail`, `--unknown`, `--slow` and `--cancel-after` add."""
    from flowc.simulate.read_script import duration
    from flowc.simulate.script import Moment, Scripted, Sent, without_rounds

    steps = dict(script.steps)
    silent, signals = set(script.silent), list(script.signals)
    for word in arguments.fail or ():
        path, _, error = word.partition("=")
        if without_rounds(path) in names.awaits:
            silent.add(path)
        else:
            operation = _operation("--fail", path, names)
            steps[path] = (Scripted("fail", invented=True, error=_error(path, error, operation)),)
    for path in arguments.unknown or ():
        _operation("--unknown", path, names)
        steps[path] = (Scripted("unknown"),)
    for word in arguments.slow or ():
        path, _, said = word.partition("=")
        takes = duration(said)
        if takes is None:
            raise _Stop(f"`--slow {word}`: write it like `--slow {path or 'STEP'}=90s`")
        if without_rounds(path) in names.awaits:
            signals.append(Sent(path, Moment(asked=takes), invented=True))
        else:
            _operation("--slow", path, names)
            known = steps.get(path, (Scripted(invented=True),))
            steps[path] = tuple(each.replace(takes=takes) for each in known)
    cancel = script.cancel
    if arguments.cancel_after is not None:
        path = arguments.cancel_after
        if without_rounds(path) not in names.settling:
            nearest = _nearest(path, list(names.settling))
            raise _Stop(f"`--cancel-after {path}`: no such step; {nearest}")
        cancel = Moment(after=path)
    return script.replace(
        steps=steps, silent=frozenset(silent), signals=tuple(signals), cancel=cancel
    )


def _operation(option: str, path: str, names: Named) -> Operation:
    from flowc.simulate.script import without_rounds

    plain = without_rounds(path)
    if plain in names.operations:
        return names.operations[plain]
    if plain in names.flows:
        inside = [name for name in names.operations if name.startswith(f"{plain}/")]
        raise _Stop(f"`{option} {path}`: it runs a flow; choose a step in it: {', '.join(inside)}")
    known = [*names.operations, *names.awaits]
    raise _Stop(f"`{option} {path}`: no such step; {_nearest(path, known)}")


def _error(path: str, name: str, operation: Operation) -> str:
    """The error that a step fails with: the named one, else the first that it declares."""
    raised = sorted(operation.raises, key=lambda error: error.transient)
    if not raised:
        raise _Stop(
            f"`--fail {path}`: `{operation.title}` raises no error; "
            f"`--unknown {path}` is how it can end otherwise"
        )
    if not name:
        return raised[0].name
    if name not in [error.name for error in raised]:
        listed = ", ".join(error.name for error in raised)
        raise _Stop(f"`--fail {path}={name}`: `{operation.title}` raises {listed}")
    return name


command = Command(
    "simulate",
    "Tell one story of a flow, in virtual time.",
    SimulateArguments,
    run,
    about="Nothing is called: the script says how each attempt ends, and what it does not say goes "
    "well. Prints calls, retries, waits, what is undone, who is paged, and the ending. Exit "
    "status: 0 Completed, 1 any other ending, 2 could not run.",
    examples=(
        ("flowc simulate order.flow --fail payment", "the card is declined: what is undone?"),
        ("flowc simulate order.flow --unknown parcel", "nobody knows whether it was shipped"),
        ("flowc simulate order.flow --cancel-after hold", "the customer changes their mind"),
        ("flowc simulate trip.flow --script story.json --format json", "a whole story"),
    ),
)
