"""`flowc build`: the code of a flow for a platform, into a folder of its own."""

from __future__ import annotations

from flowc.cli.command import Command, Common, argument, choice, text
from flowc.targets.registry import NAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.console import Console

_CLEAN, _COULD_NOT_RUN = 0, 2


class BuildArguments(Common):
    file: str = argument("FILE", "the `.flow` file")
    target: str = choice(NAMES, "for which platform", default=NAMES[0])
    out: str | None = text("DIR", "the folder to write into", short="-o")


def run(arguments: BuildArguments, console: Console) -> int:
    from flowc.cli.display import clean
    from flowc.cli.folder import NotWritten, left_over, write
    from flowc.cli.read_flow import kept_by, read_flow
    from flowc.cli.target_settings import configured
    from flowc.targets.registry import find

    if arguments.out is None:
        console.note("flowc: where to? name a folder: `-o out`")
        return _COULD_NOT_RUN
    target = find(arguments.target)
    checked = read_flow(arguments.file, console, arguments.color)
    if isinstance(checked, int):
        return checked
    assert target is not None
    target = configured(target, arguments.file, checked, console, arguments.color)
    if target is None or not kept_by(target, checked, console, arguments.color):
        return _COULD_NOT_RUN
    if not checked.program.flows:
        console.note(f"flowc: `{clean(arguments.file)}` declares no flow")
        return _COULD_NOT_RUN
    files = target.emit(checked.program)
    try:
        written, kept = write(arguments.out, files, _ours)
    except NotWritten as refused:
        console.note(f"flowc: {clean(str(refused))}")
        return _COULD_NOT_RUN
    for path in written:
        console.write(f"{clean(path)}\n")
    if not arguments.quiet:
        for path in kept:
            console.note(f"kept {clean(path)}: it is yours")
        for path in left_over(arguments.out, files, _ours):
            console.note(f"{clean(path)} is left from an earlier build; nothing needs it now")
    return _CLEAN


def _ours(beginning: str) -> bool:
    from flowc.targets.python.marker import is_generated

    return is_generated(beginning)


command = Command(
    "build",
    "Compile flows to the code of a platform.",
    BuildArguments,
    run,
    about="It writes only below `-o`, and never over a file that it did not generate: the first "
    "line of a generated file says so. The same input gives the same bytes. What the target "
    "cannot keep is refused at its line.",
    examples=(
        ("flowc build order.flow --target python -o out", "a package of durable Python"),
        ("python -m out.main --input @order.json", "run it, once its services are written"),
    ),
)
