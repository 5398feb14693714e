"""What a lint run has to tell: findings on standard output, the rest on standard error."""

from __future__ import annotations

from flowc.cli.display import clean
from flowc.cli.lint import known
from flowc.cli.palette import PLAIN, Palette
from flowc.cli.report import FOR_PEOPLE, ordered, write
from flowc.cli.summary import count, statistics, summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.check_files import FileFix, Report
    from flowc.cli.console import Console
    from flowc.cli.lint import LintArguments
    from flowc.diagnostic import Diagnostic


def tell(arguments: LintArguments, report: Report, console: Console) -> None:
    """Print the report as it was asked for, and how much there is on standard error."""
    found = ordered(report.diagnostics)
    problems = ordered(report.problems)
    from_input = arguments.paths == ("-",)
    if arguments.diff:
        _print_diffs(report.fixes, arguments, console)
    elif from_input and arguments.fix:
        _tell_people(arguments, (*problems, *found), console, results=False)
        for mended in report.fixes:
            console.write_exactly(mended.after)
    elif arguments.format in FOR_PEOPLE:
        if problems:
            _tell_people(arguments, problems, console, results=False)
        _tell_people(arguments, found, console, results=True)
    else:
        everything = ordered((*problems, *found))
        console.write_utf8(write(arguments.format, everything, report.files, PLAIN))
    if arguments.diff or arguments.format not in FOR_PEOPLE:
        _tell_people(arguments, problems, console, results=False)
    if arguments.statistics and found:
        table = statistics(found)
        if arguments.format in FOR_PEOPLE and not from_input:
            console.write(table)
        else:
            console.note(table.rstrip("\n"))
    if not arguments.quiet:
        _tell_fixes(report.fixes, arguments, console)
        console.note(summary((*problems, *found), len(report.files)) + known(report))


def _tell_people(
    arguments: LintArguments, found: tuple[Diagnostic, ...], console: Console, *, results: bool
) -> None:
    """Findings as text, as results or beside them."""
    if not found:
        return
    format = arguments.format if arguments.format in FOR_PEOPLE else "concise"
    stream = console.out if results else console.err
    text = write(format, found, (), Palette(console.coloured(stream, arguments.color)))
    if results:
        console.write(text)
    else:
        console.note(text.removesuffix("\n"))


def _print_diffs(fixes: tuple[FileFix, ...], arguments: LintArguments, console: Console) -> None:
    from flowc.cli.diff import unified

    paint = Palette(console.coloured(console.out, arguments.color))
    for fix in fixes:
        console.write(unified(fix.name, fix.before, fix.after, console.out.isatty(), paint))


def _tell_fixes(fixes: tuple[FileFix, ...], arguments: LintArguments, console: Console) -> None:
    """Which files were mended, and by what; and what was not done after all."""
    done = "would mend" if arguments.diff else "mended"
    for fix in fixes:
        if fix.applied:
            console.note(f"{done} {clean(fix.name)}: {count(len(fix.applied), 'finding')}")
        for one in fix.applied:
            console.note(
                f"  {clean(fix.name)}:{one.line}: {one.code} {one.name}: {clean(one.title)}"
            )
        for one in fix.refused:
            console.note(
                f"  {clean(fix.name)}:{one.line}: {one.code} {one.name}: left alone, "
                "because the file could not be read afterwards"
            )
