"""`flowc docs`: a page for every flow, with its picture, its contracts and its runbook."""

from __future__ import annotations

import os

from flowc.cli.command import Command, Common, arguments, flag, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc.cli.console import Console
    from flowc.cli.discover import Found
    from flowc.compiler.check import Checked
    from flowc.compiler.flow import Flow

_CLEAN, _FINDINGS, _COULD_NOT_RUN = 0, 1, 2
INDEX = "README.md"


class DocsArguments(Common):
    paths: tuple[str, ...] = arguments("PATH", "files, or folders to search")
    out: str | None = text("DIR", "the folder to write into", short="-o")
    svg: bool = flag("draw SVG files beside the pages (needs Graphviz), instead of Mermaid")
    check: bool = flag("write nothing; end with 1 where a page is stale")


def run(arguments: DocsArguments, console: Console) -> int:
    from flowc.cli.discover import discover
    from flowc.cli.display import clean
    from flowc.cli.files import problem
    from flowc.cli.folder import NotWritten, left_over, stale, write
    from flowc.cli.options import Options
    from flowc.cli.project import Projects
    from flowc.cli.show import show

    if arguments.out is None:
        console.note("flowc: where to? name a folder: `-o docs/flows`")
        return _COULD_NOT_RUN
    found, refused = discover(arguments.paths, Projects(Options(cache=False)))
    if refused:
        show([problem(name, why) for name, why in refused], console, arguments.color)
        return _COULD_NOT_RUN
    checked = _read(found, console, arguments.color)
    if isinstance(checked, int):
        return checked
    if not any(one.program.flows for _, one in checked):
        where = ", ".join(f"`{clean(path)}`" for path in arguments.paths)
        console.note(f"flowc: there is no flow in {where}")
        return _COULD_NOT_RUN
    try:
        files = pages(checked, svg=arguments.svg)
    except _Undrawn as reason:
        console.note(f"flowc: {clean(str(reason))}")
        return _COULD_NOT_RUN
    if arguments.check:
        wrong = stale(arguments.out, files, _ours)
        for path in wrong:
            console.write(f"{clean(path)} is stale\n")
        return _FINDINGS if wrong else _CLEAN
    try:
        written, _ = write(arguments.out, files, _ours)
    except NotWritten as reason:
        console.note(f"flowc: {clean(str(reason))}")
        return _COULD_NOT_RUN
    for path in written:
        console.write(f"{clean(path)}\n")
    if not arguments.quiet:
        for path in left_over(arguments.out, files, _ours):
            console.note(f"{clean(path)} is left from an earlier run; nothing needs it now")
    return _CLEAN


class _Undrawn(Exception):  # noqa: N818 - not an error of ours but an answer
    """Why there is no SVG."""


def _ours(beginning: str) -> bool:
    from flowc.visualize.pages.page import MARK

    return beginning.startswith(MARK)


def _read(found: Sequence[Found], console: Console, color: str) -> list[tuple[str, Checked]] | int:
    """Every file by its place below the folder that holds them all; or an exit status, after
    saying what is wrong."""
    from flowc.cli.read_flow import read_flow

    if not found:
        return []
    root = os.path.commonpath([os.path.dirname(file.path) for file in found])
    read = []
    status = _CLEAN
    for file in found:
        checked = read_flow(file.name, console, color)
        if isinstance(checked, int):
            status = max(status, checked)
        else:
            place = os.path.relpath(file.path, root).replace(os.sep, "/")
            read.append((place, checked))
    return status or read


def pages(checked: Sequence[tuple[str, Checked]], *, svg: bool = False) -> dict[str, str]:
    """All files of the documentation, by their paths below its folder."""
    from flowc.targets.registry import NAMES
    from flowc.visualize.pages.page import Entry, index, page

    entries = []
    files: dict[str, str] = {}
    for file, one in checked:
        folder = file.removesuffix(".flow")
        names = {
            (flow.name, flow.version): _name(flow)
            for flow in (*one.program.flows, *one.program.older)
        }
        for flow in sorted(
            (*one.program.flows, *one.program.older), key=lambda flow: (flow.name, -flow.version)
        ):
            name = names[flow.name, flow.version]
            drawing = None
            if svg:
                drawing = f"{name.removesuffix('.md')}.svg"
                files[f"{folder}/{drawing}"] = _drawn(flow)
            files[f"{folder}/{name}"] = page(flow, one.program, file, names, NAMES, drawing)
            entries.append(Entry(f"{folder}/{name}", file, flow))
    files[INDEX] = index(entries)
    return files


def _name(flow: Flow) -> str:
    older = "" if flow.version == max(flow.versions) else f".v{flow.version}"
    return f"{flow.name}{older}.md"


def _drawn(flow: Flow) -> str:
    """The SVG of a flow, marked as generated. Raises _Undrawn."""
    from flowc.compiler.graph import graph
    from flowc.visualize.dot import dot
    from flowc.visualize.pages.page import MARK
    from flowc.visualize.picture import picture
    from flowc.visualize.render import NoGraphvizError, RenderError, render

    try:
        drawn = render(dot(picture(graph(flow))), "svg").decode()
    except NoGraphvizError:
        raise _Undrawn("there is no Graphviz to draw with; leave `--svg` out") from None
    except RenderError as problem:
        raise _Undrawn(str(problem)) from None
    return f"{MARK}\n{drawn[drawn.index('<svg') :]}"


command = Command(
    "docs",
    "Write a page and a runbook for every flow.",
    DocsArguments,
    run,
    about="Pages are Markdown: purpose, owner, picture, contracts, endings, worst times, what each "
    "failure undoes, and for each state in which an instance can stand what is live and what to "
    "call. It writes only below `-o`, and never over a file that it did not generate.",
    examples=(
        ("flowc docs . -o docs/flows", "a page for every flow, and an index"),
        ("flowc docs . -o docs/flows --check", "in CI: are the pages still those of the flows?"),
    ),
)
