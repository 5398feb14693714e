"""A report and a baseline file to the findings that are new, or to a new baseline file."""

from __future__ import annotations

import os

from flowc.cli.files import Refused, decode, not_written, problem, read_bytes, write_atomically
from flowc.cli.project import display
from flowc.lint.baseline import Baseline, compare, entries, read, write
from flowc.source import Source
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.discover import Found
    from flowc.diagnostic import Diagnostic
    from flowc.dsl.ast import Module
    from flowc.lint.baseline import Entry


class KnownFindings(Struct):
    """A baseline at its place (the paths in it are relative to its folder) and the names of the
    files that it is for."""

    path: str
    baseline: Baseline
    files: frozenset[str]

    def entries(self, diagnostics: tuple[Diagnostic, ...]) -> tuple[tuple[Diagnostic, Entry], ...]:
        """The entries of findings in the files that this is for."""
        mine = (d for d in diagnostics if d.source.name in self.files)
        return entries(mine, lambda name: place(name, self.path), _tree)


class Baselines(Struct):
    """The baselines of all settings that hold for some file, or the one for all of them."""

    every: tuple[KnownFindings, ...]

    def narrow(self, diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
        """The findings that are in no baseline."""
        known: set[int] = set()
        for one in self.every:
            listed = set(one.baseline.entries)
            known |= {id(d) for d, entry in one.entries(diagnostics) if entry in listed}
        return tuple(d for d in diagnostics if id(d) not in known)

    def stale(self, diagnostics: tuple[Diagnostic, ...]) -> tuple[int, tuple[Diagnostic, ...]]:
        """How many findings are in baselines, and what is listed there in vain."""
        known = 0
        found: list[Diagnostic] = []
        for one in self.every:
            folder = os.path.dirname(one.path)
            looked = {place(name, one.path) for name in one.files}
            gone = {
                entry.file
                for entry in one.baseline.entries
                if not os.path.exists(os.path.join(folder, entry.file))
            }
            compared = compare(one.baseline, one.entries(diagnostics), looked | gone)
            known += compared.known
            found += compared.stale
        return known, tuple(found)


def open_baselines(
    path: str | None, found: list[Found]
) -> tuple[Baselines, tuple[Diagnostic, ...]]:
    """Read the baseline at `path` for all files, or without one those that the files' settings
    name, each for its own; and say which cannot be read."""
    files: dict[str, set[str]] = {} if path is None else {path: {file.name for file in found}}
    if path is None:
        for file in found:
            if file.project.baseline is not None:
                files.setdefault(file.project.baseline, set()).add(file.name)
    every = []
    problems = []
    for each, names in files.items():
        opened = open_baseline(each)
        if isinstance(opened, Baseline):
            every.append(KnownFindings(os.path.abspath(each), opened, frozenset(names)))
        else:
            problems.append(opened)
    return Baselines(tuple(every)), tuple(problems)


def place(name: str, baseline: str) -> str:
    """A file as a baseline calls it."""
    here = os.path.relpath(os.path.abspath(name), os.path.dirname(baseline))
    return here.replace(os.sep, "/")


def open_baseline(path: str) -> Baseline | Diagnostic:
    """Read a baseline, or say why it cannot be."""
    path = os.path.abspath(path)
    name = display(path)
    try:
        source = Source(name, decode(read_bytes(path)))
    except Refused as refused:
        if refused.code == "FIL001":
            help_ = f"write it with `flowc lint --write-baseline {name} PATH...`"
            refused = Refused(refused.code, "there is no such baseline", help_)
        return problem(name, refused)
    return read(source)


def write_baseline(
    path: str, diagnostics: tuple[Diagnostic, ...], files: tuple[str, ...]
) -> tuple[int, Diagnostic | None]:
    """Write what was found in `files` as known from now on; entries of other files that exist
    stay. Returns how many findings are known now, and why it could not be done."""
    path = os.path.abspath(path)
    folder = os.path.dirname(path)
    found = entries(diagnostics, lambda name: place(name, path), _tree)
    now = [entry for _, entry in found]
    looked = {place(name, path) for name in files}
    kept: list[Entry] = []
    if os.path.exists(path) and os.stat(path).st_size:
        before = open_baseline(path)
        if not isinstance(before, Baseline):
            refused = Refused(
                "FIL006",
                "is there already and no baseline, so it stays as it is",
                "name another file, or remove this one",
            )
            return 0, problem(display(path), refused)
        kept = [
            entry
            for entry in before.entries
            if entry.file not in looked and os.path.exists(os.path.join(folder, entry.file))
        ]
    try:
        write_atomically(path, write([*kept, *now]))
    except OSError as error:
        return 0, problem(display(path), not_written(error))
    return len(now), None


def _tree(source: Source) -> Module:
    from flowc.dsl.parser import parse

    return parse(source).module
