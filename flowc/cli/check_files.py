"""Paths to everything that `flowc lint` has to say about them, from a cache where nothing changed.

A run in which every file is known and clean imports neither parser nor rules; that is why the
imports here stand inside functions.
"""

from __future__ import annotations

import os

from flowc.cli.cache import SEPARATOR, digest
from flowc.cli.discover import discover
from flowc.cli.files import Refused, problem, read_bytes
from flowc.cli.project import Projects
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc.cli.discover import Found
    from flowc.cli.examine import Outcome, Task
    from flowc.cli.loader import Loader
    from flowc.cli.mend import Narrow
    from flowc.cli.options import Options
    from flowc.diagnostic import Diagnostic
    from flowc.lint.fixes import Applied


class FileFix(Struct):
    """What was mended in a file, or with `--diff` would be."""

    name: str
    path: str
    before: str
    after: str
    applied: tuple[Applied, ...]
    refused: tuple[Applied, ...]


class Report(Struct):
    """`diagnostics` in order of file and place; `files` looked at, by the names that users gave;
    `problems`: why something could not be run; `fixes` made or shown; how many findings were
    `known` to the baseline."""

    diagnostics: tuple[Diagnostic, ...]
    files: tuple[str, ...]
    problems: tuple[Diagnostic, ...] = ()
    fixes: tuple[FileFix, ...] = ()
    known: int = 0


def lint_paths(paths: tuple[str, ...], options: Options) -> Report:
    """Check and lint files and folders; with `options.fix` mend them too. Reads and writes
    files, and prints nothing."""
    projects = Projects(options)
    found, refused = discover(paths, projects)
    problems = [problem(name, why) for name, why in refused]
    diagnostics: list[Diagnostic] = []
    missed: list[tuple[Found, int]] = []
    known = _Known(found)
    for file in found:
        if file.project.problems:
            continue
        try:
            data = read_bytes(file.path)
        except Refused as why:
            problems.append(problem(file.name, why))
            continue
        entry = file.project.cache.find(file.path, digest(data))
        if entry is None or (entry.imports and not known.same(entry.imports, file.path)):
            missed.append((file, len(data)))
        elif entry.findings:
            earlier = known.decode(entry.findings, file.name, data)
            if earlier is None:
                missed.append((file, len(data)))
            else:
                diagnostics += earlier
    if missed:
        _examine(missed, options, diagnostics, problems)
    for project in projects.all:
        problems = [*project.problems, *problems]
        project.cache.save()
    problems = [*projects.problems, *problems]
    # A fault of the command line is found again in each project.
    problems = list({(p.source.name, p.code, p.finding): p for p in problems}.values())
    names = tuple(file.name for file in found if not file.project.problems)
    report = Report(sort_by_file(diagnostics), names, tuple(problems))
    return _finish(report, found, options, projects)


def lint_input(name: str, data: bytes, options: Options) -> Report:
    """Check and lint standard input as if it were the file `name`. With `options.fix` the report
    has the mended text; nothing is written."""
    from flowc.cli.examine import examine_source
    from flowc.cli.files import decode
    from flowc.cli.loader import Loader
    from flowc.source import Source

    projects = Projects(options)
    path = os.path.abspath(name)
    project = projects.of_folder(os.path.dirname(path))
    problems = [*projects.problems, *project.problems]
    if problems:
        return Report((), (), tuple(problems))
    try:
        source = Source(name, decode(data))
    except Refused as why:
        return Report((), (name,), (problem(name, why),))
    from flowc.cli.discover import Found

    file = Found(name, path, project)
    outcome = examine_source(
        source, task_of(file, len(data)), digest(data), Loader(), options.target
    )
    report = Report(outcome.diagnostics, (name,), (*problems, *outcome.problems))
    in_memory = options.replace(diff=True, write_baseline=None)
    return _finish(report, [file], in_memory, projects)


def _finish(report: Report, found: list[Found], options: Options, projects: Projects) -> Report:
    """Set known findings aside and make fixes, as far as either is asked for."""
    if options.write_baseline is not None:
        from flowc.cli.known_findings import write_baseline

        if report.problems:
            return report
        count, failed = write_baseline(options.write_baseline, report.diagnostics, report.files)
        if failed is not None:
            return report.replace(problems=(*report.problems, failed))
        left = tuple(d for d in report.diagnostics if d.severity == "error")
        return report.replace(diagnostics=left, known=count)
    narrow: Narrow | None = None
    stale: tuple[Diagnostic, ...] = ()
    if options.baseline is not None or any(p.baseline for p in projects.all):
        from flowc.cli.known_findings import open_baselines

        baselines, unread = open_baselines(options.baseline, found)
        if unread:
            return report.replace(problems=(*report.problems, *unread))
        narrow = baselines.narrow
        count, stale = baselines.stale(report.diagnostics)
        report = report.replace(diagnostics=narrow(report.diagnostics), known=count)
    if options.fix and any(d.finding.fix is not None for d in report.diagnostics):
        from flowc.cli.mend import mend

        report = mend(report, found, options, narrow or (lambda found: found))
    return report.replace(diagnostics=sort_by_file((*report.diagnostics, *stale)))


def task_of(file: Found, size: int) -> Task:
    from flowc.cli.examine import Task

    project = file.project
    return Task(file.name, file.path, project.relative(file.path), project.settings, size)


def _examine(
    missed: list[tuple[Found, int]],
    options: Options,
    diagnostics: list[Diagnostic],
    problems: list[Diagnostic],
) -> None:
    """Check what the cache does not know, and tell it."""
    from flowc.cli.ahead import import_ahead

    import_ahead("examine")
    from flowc.cli.examine import examine_all

    tasks = [task_of(file, size) for file, size in missed]
    outcomes: Iterable[Outcome] = examine_all(tasks, options.jobs, options.target)
    for (file, _), outcome in zip(missed, outcomes, strict=True):
        diagnostics += outcome.diagnostics
        problems += outcome.problems
        if outcome.entry is not None:
            file.project.cache.put(file.path, outcome.entry)


class _Known:
    """Answers for what earlier runs wrote down: whether it still holds, and what it says."""

    def __init__(self, found: list[Found]) -> None:
        self._found = found
        self._digests: dict[str, str] = {}
        self._loader: Loader | None = None
        self._roots: dict[str, str] = {}

    def same(self, imports: str, path: str) -> bool:
        """Whether everything that a file imports is as it was."""
        root, *pairs = imports.split(SEPARATOR)
        folder = os.path.dirname(path)
        if folder not in self._roots:
            from flowc.cli.project import project_root

            self._roots[folder] = project_root(os.path.realpath(folder))
        if self._roots[folder] != root:
            return False
        for pair in pairs:
            file, _, found = pair.rpartition("=")
            now = self._digests.get(file)
            if now is None:
                try:
                    now = digest(read_bytes(file))
                except Refused:
                    now = "-"
                self._digests[file] = now
            if now != found:
                return False
        return True

    def decode(self, findings: str, name: str, data: bytes) -> tuple[Diagnostic, ...] | None:
        """The findings that an earlier run had, None if they cannot be read."""
        from flowc.cli.files import decode
        from flowc.cli.loader import Loader
        from flowc.cli.results import decode as decode_results
        from flowc.source import Source

        if self._loader is None:
            self._loader = Loader({file.path: file.name for file in self._found})
        try:
            return decode_results(findings, Source(name, decode(data)), self._loader.at)
        except (ValueError, Refused):
            return None


def sort_by_file(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """In order of file; the order inside a file is as it was."""
    return tuple(sorted(diagnostics, key=lambda d: d.source.name))
