"""Files that no earlier run knows: each checked and linted, in several processes if it pays."""

from __future__ import annotations

import os

from flowc.cli.cache import SEPARATOR, Entry, digest
from flowc.cli.codes import INTERNAL
from flowc.cli.files import Refused, decode, problem, read_bytes
from flowc.cli.loader import Loader
from flowc.compiler.check import check
from flowc.diagnostic import Diagnostic, Finding
from flowc.lint.engine import describe, run
from flowc.source import Source, Span
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flowc.compiler.check import Checked
    from flowc.lint.settings import Settings

# Below this many bytes to check, other processes cost more than they save.
WORTH_A_POOL = 96 * 1024


class Task(Struct):
    """A file to check, under which settings; `relative` is its place below their folder."""

    name: str
    path: str
    relative: str | None
    settings: Settings
    size: int  # bytes


class Outcome(Struct):
    """What was found in a file. `problems` are reasons why it could not be (wholly) checked;
    `entry` is None then, and else what a cache may keep."""

    diagnostics: tuple[Diagnostic, ...]
    problems: tuple[Diagnostic, ...]
    entry: Entry | None


def examine(task: Task, loader: Loader, target: str | None = None) -> Outcome:
    """Read, check and lint one file, for a target too if one is named. Never raises for what
    stands in it."""
    try:
        data = read_bytes(task.path)
        source = Source(task.name, decode(data))
    except Refused as refused:
        return Outcome((), (problem(task.name, refused),), None)
    return examine_source(source, task, digest(data), loader, target)


def examine_source(
    source: Source, task: Task, content: str, loader: Loader, target: str | None = None
) -> Outcome:
    """Check and lint a source as if it were the file of the task."""
    from flowc.cli.results import encode

    source = loader.enter(source, task.path, content)
    try:
        checked = check(source, loader, loader.trees)
        gaps = _gaps(checked, target) if target is not None else None
        linted = run(checked, task.settings, task.relative, gaps)
    except Exception as error:
        if os.environ.get("FLOWC_DEBUG") == "1":
            raise
        return Outcome((), (_crash(source, error),), None)
    if linted.crashes:
        return Outcome(linted.diagnostics, linted.crashes, None)
    if any(found.name == "missing-business-key" for found in linted.diagnostics):
        from flowc.cli.callers import is_uncalled, without_called

        if any(map(is_uncalled, linted.diagnostics)):
            told = without_called(linted.diagnostics, task.path, loader.root(task.path))
            return Outcome(told, (), None)  # other files decide, so it is not kept
    imports = ""
    if loader.touched:
        pairs = (f"{path}={found}" for path, found in sorted(loader.touched.items()))
        imports = SEPARATOR.join((loader.root(task.path), *pairs))
    entry = Entry(content, imports, encode(linted.diagnostics, loader.place))
    return Outcome(linted.diagnostics, (), entry)


_targets: dict[str, Callable[[Checked], tuple[Diagnostic, ...]] | None] = {}


def _gaps(checked: Checked, target: str) -> tuple[Diagnostic, ...]:
    """What the target of this name cannot keep."""
    from flowc.cli.target_gaps import gaps_of

    if target not in _targets:
        _targets[target] = gaps_of(target)
    gaps = _targets[target]
    return gaps(checked) if gaps is not None else ()


def _crash(source: Source, error: Exception) -> Diagnostic:
    code = INTERNAL["INT002"]
    finding = Finding(
        Span(0, 0),
        "internal error: flowc failed on this file",
        f"{describe(error)}; please report it with the file; `FLOWC_DEBUG=1` shows more",
    )
    return Diagnostic(source, code.code, code.name, "error", finding)


def examine_all(
    tasks: Sequence[Task], jobs: int | None, target: str | None = None
) -> list[Outcome]:
    """The outcomes of all tasks, in their order, whatever worked on them."""
    workers = _workers(tasks, jobs)
    if workers > 1:
        done = _in_processes(tasks, workers, target)
        if done is not None:
            return done
    loader = Loader(_names(tasks))
    return [examine(task, loader, target) for task in tasks]


def _names(tasks: Sequence[Task]) -> dict[str, str]:
    return {task.path: task.name for task in tasks}


def _workers(tasks: Sequence[Task], jobs: int | None) -> int:
    if jobs is not None:
        return min(max(jobs, 1), len(tasks))
    if len(tasks) < 2 or sum(task.size for task in tasks) < WORTH_A_POOL:
        return 1
    try:
        cpus = len(os.sched_getaffinity(0))
    except AttributeError:
        cpus = os.cpu_count() or 1
    return min(cpus, len(tasks))


def _in_processes(tasks: Sequence[Task], workers: int, target: str | None) -> list[Outcome] | None:
    """The outcomes by way of other processes; None if there can be none."""
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context
    from sys import platform
    from threading import active_count

    # A fork shares what is imported already, but is not safe beside threads.
    forks = hasattr(os, "fork") and platform != "darwin" and active_count() == 1
    if forks:
        from flowc.lint.registry import rules

        rules()
    size = max(1, min(32, len(tasks) // (workers * 4)))
    chunks = [tasks[at : at + size] for at in range(0, len(tasks), size)]
    outcomes: list[Outcome] = []
    names = _names(tasks)
    loader = Loader(names)
    try:
        context = get_context("fork" if forks else "spawn")
        pool = ProcessPoolExecutor(workers, context, _begin, (names, target))
    except (OSError, ImportError):
        return None
    try:
        for chunk, answers in zip(chunks, pool.map(_examine_chunk, chunks), strict=True):
            outcomes += (
                _received(task, *answer, loader, target)
                for task, answer in zip(chunk, answers, strict=True)
            )
    except (OSError, ImportError, BrokenProcessPool):
        pool.shutdown(wait=False, cancel_futures=True)
        return None
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return outcomes


_context: list[tuple[Loader, str | None]] = []


def _begin(names: dict[str, str], target: str | None) -> None:
    """Make a process ready: an interrupt is for the one that the user started."""
    from signal import SIG_IGN, SIGINT, signal

    signal(SIGINT, SIG_IGN)
    _context[:] = [(Loader(names), target)]


Answer = tuple[str, str, str, str]
"""Digest, imports, diagnostics and problems; sources stay where they are."""


def _examine_chunk(tasks: Sequence[Task]) -> list[Answer]:
    """In another process: outcomes as texts, because sources are cheaper read again than sent."""
    ((loader, target),) = _context
    return [_answer(examine(task, loader, target), loader) for task in tasks]


def _answer(outcome: Outcome, loader: Loader) -> Answer:
    from flowc.cli.results import encode

    if outcome.entry is not None:
        entry = outcome.entry
        return entry.digest, entry.imports, entry.findings, ""
    found = encode(outcome.diagnostics, loader.place)
    return "", "", found, encode(outcome.problems, loader.place)


def _received(
    task: Task,
    content: str,
    imports: str,
    findings: str,
    problems: str,
    loader: Loader,
    target: str | None,
) -> Outcome:
    """An outcome from what another process answered."""
    from flowc.cli.results import decode as decode_results

    entry = Entry(content, imports, findings) if content else None
    if not findings and not problems:
        return Outcome((), (), entry)
    try:
        data = read_bytes(task.path)
        source = Source(task.name, decode(data))
    except Refused as refused:
        return Outcome((), (problem(task.name, refused),), None)
    if entry is not None and digest(data) != content:
        return examine(task, loader, target)  # written to meanwhile
    return Outcome(
        decode_results(findings, source, loader.at),
        decode_results(problems, source, loader.at),
        entry,
    )
