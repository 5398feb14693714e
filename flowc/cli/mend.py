"""A report with fixes in it to mended files and what is left to say about them."""

from __future__ import annotations

from flowc.cli.cache import digest
from flowc.cli.check_files import FileFix, Report, task_of
from flowc.cli.examine import examine_source
from flowc.cli.files import not_written, problem, write_atomically
from flowc.cli.loader import Loader
from flowc.lint.fixes import fix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc.cli.discover import Found
    from flowc.cli.options import Options
    from flowc.diagnostic import Diagnostic
    from flowc.source import Source

    Narrow = Callable[[tuple[Diagnostic, ...]], tuple[Diagnostic, ...]]


def mend(report: Report, found: list[Found], options: Options, narrow: Narrow) -> Report:
    """Make the fixes of a report, file by file, and say what is left. With `options.diff`
    nothing is written and the findings stay as they are. `narrow` leaves out findings that are
    not to be touched."""
    by_name: dict[str, list[Diagnostic]] = {}
    for diagnostic in report.diagnostics:
        by_name.setdefault(diagnostic.source.name, []).append(diagnostic)
    files = {file.name: file for file in found}
    problems = list(report.problems)
    fixes: list[FileFix] = []
    for name, diagnostics in by_name.items():
        file = files.get(name)
        if file is None or not any(_wanted(d, options) for d in diagnostics):
            continue
        check = _checker(file, options.target, narrow)
        source = diagnostics[0].source
        fixed = fix(source, check, unsafe=options.unsafe, found=tuple(diagnostics))
        if fixed.text == source.text and not fixed.refused:
            continue
        fixes.append(
            FileFix(name, file.path, source.text, fixed.text, fixed.applied, fixed.refused)
        )
        if options.diff or fixed.text == source.text:
            continue
        try:
            write_atomically(file.path, fixed.text, before=source.text)
        except OSError as error:
            problems.append(problem(name, not_written(error)))
            continue
        by_name[name] = list(check(type(source)(name, fixed.text)))
    left = tuple(d for name in sorted(by_name) for d in by_name[name])
    return report.replace(diagnostics=left, problems=tuple(problems), fixes=tuple(fixes))


def _wanted(diagnostic: Diagnostic, options: Options) -> bool:
    fix_ = diagnostic.finding.fix
    return fix_ is not None and (fix_.safe or options.unsafe)


def _checker(
    file: Found, target: str | None, narrow: Narrow
) -> Callable[[Source], tuple[Diagnostic, ...]]:
    loader = Loader()

    def check(source: Source) -> tuple[Diagnostic, ...]:
        data = source.text.encode("utf-8", "surrogatepass")
        task = task_of(file, len(data))
        return narrow(examine_source(source, task, digest(data), loader, target).diagnostics)

    return check
