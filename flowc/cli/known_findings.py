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
    from flowc.diagnostic import Diagnostic
    from flowc.dsl.ast import Module
    from flowc.lint.baseline import Entry


class KnownFindings(Struct):
    """A baseline at its place: the paths in it are relative to its folder."""

    path: str
    baseline: Baseline

    def narrow(self, diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
        """The findings that are not in the baseline."""
        found = entries(diagnostics, self._place, _tree)
        listed = set(self.baseline.entries)
        known = {id(d) for d, entry in found if entry in listed}
        return tuple(d for d in diagnostics if id(d) not in known)

    def stale(
        self, diagnostics: tuple[Diagnostic, ...], files: tuple[str, ...]
    ) -> tuple[int, tuple[Diagnostic, ...]]:
        """How many findings are in the baseline, and what it lists in vain."""
        found = entries(diagnostics, self._place, _tree)
        folder = os.path.dirname(self.path)
        looked = {self._place(name) for name in files}

        def looked_at(file: str) -> bool:
            return file in looked or not os.path.exists(os.path.join(folder, file))

        compared = compare(self.baseline, found, looked_at)
        return compared.known, compared.stale

    def _place(self, name: str) -> str:
        return place(name, self.path)


def place(name: str, baseline: str) -> str:
    """A file as a baseline calls it."""
    here = os.path.relpath(os.path.abspath(name), os.path.dirname(baseline))
    return here.replace(os.sep, "/")


def open_baseline(path: str) -> KnownFindings | Diagnostic:
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
    found = read(source)
    return KnownFindings(path, found) if isinstance(found, Baseline) else found


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
    if os.path.exists(path):
        before = open_baseline(path)
        if isinstance(before, KnownFindings):
            kept = [
                entry
                for entry in before.baseline.entries
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
