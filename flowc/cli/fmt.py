"""`flowc fmt`: files to the canonical layout."""

from __future__ import annotations

import os

from flowc.cli.command import Command, Common, arguments, flag, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.console import Console
    from flowc.cli.discover import Found
    from flowc.cli.palette import Palette
    from flowc.diagnostic import Diagnostic
    from flowc.source import Source

STDIN = "<stdin>"


class FmtArguments(Common):
    """What can be asked of `flowc fmt`."""

    paths: tuple[str, ...] = arguments("PATH", "files, or folders to search; `-`: standard input")
    check: bool = flag("write nothing; exit with 1 where a file would change")
    diff: bool = flag("write nothing; show what would change")
    stdin_filename: str = text("NAME", "what standard input is called", default=STDIN)
    config: str | None = text("FILE", "settings to use for every path (`exclude`)")


class _Tally:
    """What came of the files so far."""

    def __init__(self) -> None:
        self.files = 0  # read as text
        self.kept = 0  # already in layout
        self.changed: dict[str, str] = {}  # name -> what is special about its change
        self.broken: list[Diagnostic] = []
        self.problems: list[Diagnostic] = []


def run(arguments: FmtArguments, console: Console) -> int:
    """Lay out files anew. 0: done, or nothing to do; 1: `--check` or `--diff` would change a
    file, or one has syntax errors and stays as it is; 2: could not run."""
    from flowc.cli.palette import Palette

    tally = _Tally()
    paint = Palette(console.coloured(console.out, arguments.color))
    if arguments.paths == ("-",):
        _format_input(arguments, console, tally, paint)
    else:
        _format_files(arguments, console, tally, paint)
        if not tally.files and not tally.problems:
            from flowc.cli.display import clean

            where = ", ".join(f"`{clean(path)}`" for path in arguments.paths)
            console.note(f"flowc: there is no .flow file in {where}")
            return 2
    return _conclude(arguments, console, tally)


def _format_files(arguments: FmtArguments, console: Console, tally: _Tally, paint: Palette) -> None:
    from flowc.cli.discover import discover
    from flowc.cli.files import Refused, decode, problem, read_bytes
    from flowc.cli.options import Options
    from flowc.cli.project import Projects

    projects = Projects(Options(config=arguments.config, cache=False))
    found, refused = discover(arguments.paths, projects)
    tally.problems += [problem(name, why) for name, why in refused]
    tally.problems += projects.problems
    for file in found:
        try:
            before = decode(read_bytes(file.path))
        except Refused as why:
            tally.problems.append(problem(file.name, why))
            continue
        tally.files += 1
        after = _laid_out(file.name, before, tally)
        if after == before:
            tally.kept += 1
        if after is None or after == before:
            continue
        if arguments.diff:
            _print_diff(file.name, before, after, console, paint)
        elif not arguments.check and not _save(file, before, after, tally):
            continue
        tally.changed[file.name] = _only(before, after)


def _format_input(arguments: FmtArguments, console: Console, tally: _Tally, paint: Palette) -> None:
    from flowc.cli.files import Refused, decode, problem

    name = arguments.stdin_filename
    try:
        before = decode(console.read())
    except Refused as why:
        tally.problems.append(problem(name, why))
        return
    tally.files = 1
    after = _laid_out(name, before, tally)
    if after is not None and after != before:
        tally.changed[name] = _only(before, after)
    if arguments.diff:
        if after is not None and after != before:
            _print_diff(name, before, after, console, paint)
    elif not arguments.check:
        console.write_exactly(before if after is None else after)


def _only(before: str, after: str) -> str:
    """A word about a change that a reader of the two texts would not see."""
    lines = before.replace("\r\n", "\n")
    if lines.removeprefix("\ufeff") != after:
        return ""
    parts = ["its byte order mark"] if lines != after else []
    parts += ["its line ends, CRLF to LF"] if lines != before else []
    return f" (only {' and '.join(parts)})"


def _laid_out(name: str, before: str, tally: _Tally) -> str | None:
    """The canonical layout, or None where the file must stay as it is."""
    from flowc.source import Source

    source = Source(name, before)
    try:
        return _formatted(source, tally)
    except Exception as error:
        if os.environ.get("FLOWC_DEBUG") == "1":
            raise
        what = f"{type(error).__name__}: {error}"[:200]
        tally.problems.append(_fault(source, "INT002", f"internal error: {what}"))
        return None


def _formatted(source: Source, tally: _Tally) -> str | None:
    from flowc.dsl.formatter import format_source
    from flowc.source import Source

    formatted = format_source(source)
    if formatted.diagnostics:
        tally.broken += formatted.diagnostics
        return None
    after = formatted.text
    if after != source.text:
        again = format_source(Source(source.name, after))
        if again.diagnostics or again.text != after:
            message = "the layout of this file would not be stable"
            tally.problems.append(_fault(source, "INT003", message))
            return None
    return after


def _fault(source: Source, code: str, message: str) -> Diagnostic:
    from flowc.cli.codes import INTERNAL
    from flowc.diagnostic import Diagnostic, Finding
    from flowc.source import Span

    finding = Finding(
        Span(0, 0),
        f"{message}; the file stays as it is",
        "this is a fault of flowc: please report it with the file",
    )
    return Diagnostic(source, code, INTERNAL[code].name, "error", finding)


def _save(file: Found, before: str, after: str, tally: _Tally) -> bool:
    from flowc.cli.files import not_written, problem, write_atomically

    try:
        write_atomically(file.path, after, before=before)
    except OSError as error:
        tally.problems.append(problem(file.name, not_written(error)))
        return False
    return True


def _print_diff(name: str, before: str, after: str, console: Console, paint: Palette) -> None:
    from flowc.cli.diff import unified

    console.write(unified(name, before, after, console.out.isatty(), paint))


def _conclude(arguments: FmtArguments, console: Console, tally: _Tally) -> int:
    from flowc.cli.display import clean
    from flowc.cli.show import show
    from flowc.cli.summary import count

    show((*tally.problems, *tally.broken), console, arguments.color)
    only_looked = arguments.check or arguments.diff
    if not arguments.quiet:
        said = "would reformat" if only_looked else "reformatted"
        from_input = arguments.paths == ("-",)
        if not from_input or only_looked:
            for name, only in tally.changed.items():
                console.note(f"{said} {clean(name)}{only}")
        broken = len({diagnostic.source.name for diagnostic in tally.broken})
        parts = []
        if tally.changed:
            parts.append(f"{count(len(tally.changed), 'file')} {said}")
        if tally.kept:
            parts.append(f"{count(tally.kept, 'file')} already in layout")
        if broken:
            parts.append(f"{count(broken, 'file')} with syntax errors left alone")
        if parts and not from_input:
            console.note(", ".join(parts))
    if tally.problems:
        return 2
    return int(bool(tally.broken or (only_looked and tally.changed)))


command = Command(
    "fmt",
    "Bring files into the canonical layout.",
    FmtArguments,
    run,
    "Comments, literals and the order of declarations stay; there is nothing to configure. A file "
    "is replaced in one step, so it is never half written; one with syntax errors stays as it is.",
    (
        ("flowc fmt .", "every .flow file below this folder"),
        ("flowc fmt --check .", "exit with 1 where something would change"),
        ("flowc fmt --diff order.flow", "show what would change"),
        ("flowc fmt - < in.flow > out.flow", "standard input to standard output"),
    ),
)
