"""`flowc lint`: files to their findings, in the format that was asked for."""

from __future__ import annotations

from flowc.cli.check_files import lint_input, lint_paths
from flowc.cli.command import Command, Common, arguments, choice, flag, number, text, texts
from flowc.cli.options import Options
from flowc.cli.report import FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.check_files import Report
    from flowc.cli.console import Console

STDIN = "<stdin>"


class LintArguments(Common):
    """What can be asked of `flowc lint`."""

    paths: tuple[str, ...] = arguments("PATH", "files, or folders to search; `-`: standard input")
    format: str = choice(FORMATS, "how findings are written", default="text")
    select: tuple[str, ...] | None = texts("RULES", "only these rules: code, name, family or ALL")
    ignore: tuple[str, ...] | None = texts("RULES", "all but these rules")
    target: str | None = text("TARGET", "also tell what this target cannot keep")
    fix: bool = flag("mend what can be mended without changing what a flow does")
    unsafe_fixes: bool = flag("with --fix: also mend what changes what a flow does")
    diff: bool = flag("show what --fix would change; write nothing")
    watch: bool = flag("stay and check again whenever something changes")
    statistics: bool = flag("also count the findings of each rule")
    baseline: str | None = text("FILE", "leave out the findings that this file lists")
    write_baseline: str | None = text("FILE", "list all present findings in this file")
    config: str | None = text("FILE", "settings to use for every path")
    stdin_filename: str = text("NAME", "what standard input is called", default=STDIN)
    jobs: int | None = number("N", "processes to use (otherwise: what pays)", short="-j")
    cache: bool = flag("check every file anew", default=True, spelled="--no-cache")


def run(arguments: LintArguments, console: Console) -> int:
    """Lint, report, and tell by the exit status: 0 clean, 1 findings, 2 could not run."""
    if arguments.watch:
        from flowc.cli.watch import watch

        if arguments.paths != ("-",):
            return watch(arguments, console)
        console.note("flowc: `--watch` looks at files, and standard input is none")
        return 2
    return show(arguments, examine(arguments, console), console)


def show(arguments: LintArguments, report: Report, console: Console) -> int:
    """Print a report as it was asked for and give the exit status."""
    if not report.files and not report.problems:
        from flowc.cli.display import clean

        where = ", ".join(f"`{clean(path)}`" for path in arguments.paths)
        console.note(f"flowc: there is no .flow file in {where}")
        return 2
    if report.diagnostics or report.problems or report.fixes or arguments.format != "text":
        from flowc.cli.outcome import tell

        tell(arguments, report, console)
    elif not arguments.quiet:
        number = len(report.files)
        console.note(f"no findings in {number} {'file' if number == 1 else 'files'}{known(report)}")
    if _is_filter(arguments) and not report.fixes and not report.problems:
        console.write_exactly(console.read().decode())
    return status(arguments, report)


def _is_filter(arguments: LintArguments) -> bool:
    """Whether the result is the mended text of standard input."""
    return arguments.paths == ("-",) and arguments.fix and not arguments.diff


def known(report: Report) -> str:
    """What the baseline kept out of the report."""
    return f" ({report.known} more in the baseline)" if report.known else ""


def status(arguments: LintArguments, report: Report) -> int:
    """2 where something could not be read, 1 for findings other than advice or a file that
    `--diff` would change."""
    if report.problems:
        return 2
    if arguments.diff and report.fixes:
        return 1
    return int(any(diagnostic.severity != "advice" for diagnostic in report.diagnostics))


def examine(arguments: LintArguments, console: Console) -> Report:
    """Check what was asked for; with `--fix` mend it."""
    options = Options(
        arguments.select,
        arguments.ignore or (),
        arguments.target,
        arguments.fix or arguments.diff,
        arguments.unsafe_fixes,
        arguments.diff,
        arguments.baseline,
        arguments.write_baseline,
        arguments.config,
        arguments.cache,
        arguments.jobs,
    )
    if arguments.paths == ("-",):
        name = arguments.stdin_filename
        report = lint_input(name, console.read(), options)
        if _is_filter(arguments) and report.fixes:
            mended = report.fixes[0].after.encode()
            left = lint_input(name, mended, options.replace(fix=False))
            report = report.replace(diagnostics=left.diagnostics, problems=left.problems)
        return report
    return lint_paths(arguments.paths, options)


command = Command(
    "lint",
    "Check files: syntax, names, types, and what can go wrong.",
    LintArguments,
    run,
    "Follows every outcome of every step (done, failed, unknown, cancelled, out of time) and "
    "reports what a failure would leave behind, with the shortest run in which it does. Rules "
    "and paths are set in `flowc.toml` or `[tool.flowc]` of `pyproject.toml`.",
    (
        ("flowc lint .", "every .flow file below this folder"),
        ("flowc lint --fix order.flow", "mend what can be mended safely"),
        ("flowc lint --diff .", "show what --fix would do"),
        ("flowc lint --watch .", "again whenever something changes, until Ctrl-C"),
        ("flowc lint --select SAG,TIM .", "sagas and times only"),
        ("flowc lint --format sarif . > out.sarif", "for code scanning services"),
        ("flowc lint - < order.flow", "standard input"),
    ),
)
