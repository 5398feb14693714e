"""`flowc graph`: a flow as a picture, as Mermaid for Markdown, or as its graph in JSON."""

from __future__ import annotations

import os

from flowc.cli.command import Command, Common, argument, choice, flag, number, text
from flowc.cli.desk import STATE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal

    import networkx as nx

    from flowc.cli.console import Console
    from flowc.compiler.check import Checked
    from flowc.compiler.flow import Flow

    Drawn = Literal["svg", "png"]

FORMATS = ("svg", "png", "html", "dot", "mmd", "json")
_SUFFIXES = {".htm": "html", ".gv": "dot", ".mermaid": "mmd"} | {
    f".{name}": name for name in FORMATS
}
# Families of errors that leave nothing to draw.
_MEANINGLESS = ("SYN", "REF", "TYP", "FIL")
_CLEAN, _FINDINGS, _COULD_NOT_RUN = 0, 1, 2
_GET_GRAPHVIZ = "install Graphviz (`dot`), or `pip install 'flowc[diagrams]'`"


class GraphArguments(Common):
    file: str = argument("FILE", "the `.flow` file; `-` is standard input")
    out: str | None = text(
        "OUT", "where to write; its ending says what: " + ", ".join(FORMATS), short="-o"
    )
    flow: str | None = text("NAME", "which flow, where the file has several")
    version: int | None = number("N", "an older version that may still run")
    diff: str | None = text("OLD", "what changed since: an older version, or another file")
    findings: bool = flag("draw what `flowc lint` finds on the boxes")
    run: str | None = text("KEY", "draw what this instance did; `--state` remembers it")
    state: str = text("STATE", STATE, default="run.db")
    detail: str = choice(("low", "normal", "high"), "how much each box says", default="normal")
    format: str | None = choice(
        FORMATS, "what to write where no ending says it; Mermaid if neither does", default=None
    )


class _Stop(Exception):  # noqa: N818 - not an error of ours but an answer
    """Why there is no picture: what to say, and the exit status."""

    def __init__(self, message: str, help: str = "", status: int = _COULD_NOT_RUN) -> None:
        super().__init__(message)
        self.help = help
        self.status = status


def run(arguments: GraphArguments, console: Console) -> int:
    try:
        kind = _kind(arguments)
        story = None if arguments.run is None else _story(arguments, console)
        checked = _checked(arguments, console)
        if story is not None:
            arguments = _of_instance(story, arguments)
        flow = _chosen(checked, arguments, console)
        built = _built(flow, checked, arguments, console)
        if story is not None:
            from flowc.visualize.instance import play

            play(built, story)
        return _write(built, kind, arguments, console)
    except _Stop as stop:
        from flowc.cli.display import clean

        if stop.args[0]:
            console.note(f"flowc: {clean(stop.args[0])}")
        if stop.help:
            console.note(f"  help: {clean(stop.help)}")
        return stop.status


def _kind(arguments: GraphArguments) -> str:
    """What is wanted; never the kind of file that a user writes by hand."""
    if arguments.out is None:
        if arguments.format == "png":
            raise _Stop("a PNG is not for a terminal", "say where it goes: `-o flow.png`")
        return arguments.format or "mmd"
    real = os.path.realpath(arguments.out)
    if os.path.exists(real) and not os.path.isfile(real):
        raise _Stop(
            f"`{arguments.out}` is a folder or a device, not a file",
            "leave `-o` out to print, or name a file",
        )
    if real.endswith(".flow") or (
        arguments.file != "-" and real == os.path.realpath(arguments.file)
    ):
        raise _Stop(
            f"`{arguments.out}` is a `.flow` file, and is not overwritten",
            f"end the name with one of {', '.join('.' + name for name in FORMATS)}",
        )
    if arguments.format is not None:
        return arguments.format
    ending = os.path.splitext(arguments.out)[1].lower()
    if ending not in _SUFFIXES:
        raise _Stop(
            f"`{arguments.out}` does not say what to write",
            f"end the name with one of {', '.join('.' + name for name in FORMATS)}, "
            "or give `--format`",
        )
    return _SUFFIXES[ending]


def _story(arguments: GraphArguments, console: Console) -> Mapping[str, Any]:
    """What the state tells of the instance."""
    from flowc.cli.desk import DeskArguments, at_desk

    if arguments.diff is not None:
        raise _Stop("one picture shows what an instance did or what changed, not both")
    told: list[Mapping[str, Any]] = []

    def work(desk: Any) -> int:
        told.append(desk.story(arguments.run))
        return _CLEAN

    status = at_desk(DeskArguments(state=arguments.state), console, work)
    if not told:
        raise _Stop("", status=status)
    return told[0]


def _of_instance(story: Mapping[str, Any], arguments: GraphArguments) -> GraphArguments:
    """Meant are the instance's flow and version, or a flow that it calls."""
    name = arguments.flow or str(story["flow"])
    version = arguments.version
    if version is None:
        titles = [f"{story['flow']}@{story['version']}", *(s["flow"] for s in story["steps"])]
        ran = [
            int(title.partition("@")[2])
            for title in titles
            if title and title.startswith(f"{name}@")
        ]
        version = ran[0] if ran else None
    return arguments.replace(flow=name, version=version)


def _checked(arguments: GraphArguments, console: Console, file: str | None = None) -> Checked:
    """The file (another one, if it is named), read and checked. Its errors are printed, and stop;
    those that leave its meaning whole are drawn where findings are."""
    from flowc.cli.cache import digest
    from flowc.cli.files import Refused, decode, problem, read_bytes
    from flowc.cli.loader import Loader
    from flowc.cli.show import show
    from flowc.compiler.check import check
    from flowc.source import Source

    name = arguments.file if file is None else file
    try:
        if name == "-":
            name, data = "<stdin>", console.read()
        else:
            data = read_bytes(name)
        source = Source(name, decode(data))
    except Refused as refused:
        show((problem(name, refused),), console, arguments.color)
        raise _Stop("") from None
    except OSError as error:
        raise _Stop(f"cannot read standard input: {error}") from None
    loader = Loader()
    loader.enter(source, os.path.abspath(name), digest(data))
    checked = check(source, loader)
    errors = [
        found
        for found in checked.diagnostics
        if found.severity == "error"
        and (not arguments.findings or found.code.startswith(_MEANINGLESS))
    ]
    if errors:
        show(errors, console, arguments.color)
        raise _Stop("", status=_FINDINGS)
    return checked


def _chosen(checked: Checked, arguments: GraphArguments, console: Console) -> Flow:
    """The flow that is meant: the named one, the only one, or the only one with a key."""
    flows = checked.program.flows
    if not flows:
        raise _Stop(f"`{checked.source.name}` has no flow")
    names = [flow.name for flow in flows]
    if arguments.flow is None:
        meant = flows if len(flows) == 1 else tuple(f for f in flows if f.key is not None)
        if len(meant) != 1:
            raise _Stop(
                f"`{checked.source.name}` has several flows: {', '.join(names)}",
                f"choose one: `--flow {names[0]}`",
            )
        flow = meant[0]
        if len(flows) > 1 and not arguments.quiet:
            others = ", ".join(name for name in names if name != flow.name)
            console.note(
                f"drawing `{flow.name}`, which has a key; `--flow` draws another: {others}"
            )
    elif arguments.flow in names:
        flow = flows[names.index(arguments.flow)]
    else:
        raise _Stop(f"there is no flow `{arguments.flow}`", _nearest(arguments.flow, names))
    return flow if arguments.version is None else _at(checked, flow, arguments.version)


def _at(checked: Checked, flow: Flow, version: int) -> Flow:
    """The flow at one of its versions."""
    if version == flow.version:
        return flow
    older = checked.program.find(flow.name, version)
    if older is None:
        known = ", ".join(str(version) for version in flow.versions)
        raise _Stop(
            f"flow `{flow.name}` has no version {version} that may still run",
            f"there is {known}" if len(flow.versions) == 1 else f"there are {known}",
        )
    return older


def _built(
    flow: Flow, checked: Checked, arguments: GraphArguments, console: Console
) -> nx.MultiDiGraph[str]:
    """The flow's graph, with its findings and what changed where that is asked for."""
    from flowc.compiler.graph import graph

    built = graph(flow)
    if arguments.findings:
        _annotate(built, flow, arguments, console)
    if arguments.diff is None:
        return built
    from flowc.visualize.difference import difference

    old = arguments.diff
    if old.isascii() and old.isdigit() and len(old) < 10:
        return difference(graph(_at(checked, flow, int(old))), built)
    before = _checked(arguments, console, old)
    same = before.program.find(flow.name)
    if same is None:
        raise _Stop(f"`{old}` has no flow `{flow.name}` to compare with")
    return difference(graph(same), built)


def _annotate(
    built: nx.MultiDiGraph[str], flow: Flow, arguments: GraphArguments, console: Console
) -> None:
    """Put the findings of the flow's file on its nodes."""
    from flowc.cli.check_files import lint_input, lint_paths
    from flowc.cli.options import Options
    from flowc.visualize.marks import Note, annotate

    options = Options(cache=False)
    if arguments.file == "-":
        report = lint_input("<stdin>", console.read(), options)
    else:
        report = lint_paths((arguments.file,), options)
    notes = [
        Note(
            found.finding.span.start,
            found.finding.span.end,
            found.severity,
            found.code,
            found.name,
            found.finding.message,
        )
        for found in report.diagnostics
        if found.source.text == flow.source.text
    ]
    annotate(built, notes, (flow.span.start, flow.span.end))


def _nearest(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, names, n=1)
    return f"did you mean `{near[0]}`?" if near else f"there are {', '.join(names)}"


def _write(
    built: nx.MultiDiGraph[str], kind: str, arguments: GraphArguments, console: Console
) -> int:
    if kind == "json":
        return _put(_node_link(built), arguments, console)
    from flowc.visualize.picture import picture

    detail: Literal["low", "normal", "high"] = arguments.detail  # type: ignore[assignment]
    shown = picture(built, detail)
    if kind == "mmd":
        from flowc.visualize.mermaid import mermaid

        return _put(mermaid(shown), arguments, console)
    from flowc.visualize.dot import dot

    source = dot(shown)
    if kind == "dot":
        return _put(source, arguments, console)
    if kind == "html":
        from flowc.visualize.html import page

        svg = _drawn(source, "svg", arguments, console).decode()
        return _put(page(built, shown, svg), arguments, console)
    return _put(
        _drawn(source, "png" if kind == "png" else "svg", arguments, console), arguments, console
    )


def _node_link(built: nx.MultiDiGraph[str]) -> str:
    """The graph in networkx' node-link form; `networkx.node_link_graph(data, edges="edges")`
    reads it back."""
    import json

    import networkx

    data = networkx.node_link_data(built, edges="edges")
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _drawn(source: str, kind: Drawn, arguments: GraphArguments, console: Console) -> bytes:
    """Let Graphviz draw. Where it cannot, its source is left instead, beside the picture."""
    from flowc.visualize.render import NoGraphvizError, RenderError, render

    try:
        return render(source, kind)
    except NoGraphvizError:
        why, help = "there is no Graphviz to draw with", _GET_GRAPHVIZ
    except RenderError as problem:
        why = str(problem)
        help = "draw less: `--detail low`, or one flow of several; or another Graphviz"
    if arguments.out is None:
        raise _Stop(why, help)
    beside = os.path.splitext(arguments.out)[0] + ".dot"
    if os.path.lexists(beside):
        raise _Stop(why, help)
    _put(source, arguments.replace(out=beside), console)
    raise _Stop(why, f"{help}; its source is in `{beside}`")


def _put(content: str | bytes, arguments: GraphArguments, console: Console) -> int:
    if arguments.out is None:
        console.write_utf8(content if isinstance(content, str) else content.decode())
        return _CLEAN
    from flowc.cli.files import write_atomically

    try:
        write_atomically(arguments.out, content)
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "strerror", None) or error).lower()
        raise _Stop(f"cannot write `{arguments.out}`: {reason}") from None
    if not arguments.quiet:
        from flowc.cli.display import clean

        console.note(f"wrote {clean(arguments.out)}")
    return _CLEAN


command = Command(
    "graph",
    "Draw a flow: the forward path, what undoes it and in which order, and where failures lead.",
    GraphArguments,
    run,
    about="Without `-o` it prints Mermaid, which Markdown on GitHub and elsewhere shows as a "
    "picture. SVG, PNG and HTML are drawn by Graphviz: `dot`, else the extra `flowc[diagrams]`.",
    examples=(
        ("flowc graph order.flow -o order.svg", "a picture, light and dark"),
        ("flowc graph order.flow -o order.html", "a page: choose what fails, see what is undone"),
        ("flowc graph order.flow >> README.md", "Mermaid"),
        ("flowc graph order.flow -o order.json", "the graph, for networkx"),
        ("flowc graph order.flow --version 1 -o old.svg", "as it was before"),
        ("flowc graph order.flow --diff 1 -o new.svg", "what version 2 adds, removes, changes"),
        ("flowc graph order.flow --findings -o order.svg", "with what `flowc lint` finds"),
        (
            "flowc graph order.flow --run order/o-1 --state run.db -o run.svg",
            "what an instance did: done, undone, stuck, waiting",
        ),
    ),
)
