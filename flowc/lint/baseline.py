"""Findings to a baseline and back: what was there before, told from what is new.

An entry is known by file, code, the flow and step it stands in, the text of its line without
its spacing, and its place among equals; so it outlives lines that are put in or taken out.
Errors are never part of a baseline.
"""

from __future__ import annotations

import json
from bisect import bisect_right

from flowc.diagnostic import Diagnostic, Finding
from flowc.dsl import ast
from flowc.lint.codes import CODES, SETTINGS
from flowc.source import Source, Span
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

FORMAT = 1
_LEAVES = (Span, ast.Name, ast.Doc, ast.Text, ast.Call, ast.TypeRef, ast.Binary)


class Entry(Struct):
    """One finding in a baseline; `ordinal` from 0 among findings that are otherwise equal."""

    file: str
    code: str
    at: str
    line: str
    ordinal: int


class Baseline(Struct):
    """Entries and where each stands in the text of the baseline."""

    source: Source
    entries: tuple[Entry, ...]
    spans: tuple[Span, ...]


class Compared(Struct):
    """How many findings were `known`, and the entries that nothing matched."""

    known: int
    stale: tuple[Diagnostic, ...]


def write(entries: Iterable[Entry]) -> str:
    """The text of a baseline: JSON, one entry a line, in a stable order."""
    rows = sorted(
        ({name: getattr(e, name) for name in Entry.__match_args__} for e in entries),
        key=lambda row: tuple(row.values()),
    )
    lines = ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in rows)
    body = f"[\n{lines}\n  ]" if rows else "[]"
    return f'{{\n  "version": {FORMAT},\n  "findings": {body}\n}}\n'


def read(source: Source) -> Baseline | Diagnostic:
    """The baseline in a text, or what is wrong with it."""
    text = source.text
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        at = min(getattr(error, "pos", 0), len(text))
        reason = getattr(error, "msg", "nested too deeply")
        return _invalid(source, Span(at, min(at + 1, len(text))), f"not JSON: {reason.lower()}")
    version = document.get("version") if isinstance(document, dict) else None
    if version != FORMAT:
        said = f"version {version!r}" if isinstance(version, int) else "no version"
        return _invalid(source, Span(0, 0), f"the baseline has {said}, not version {FORMAT}")
    rows = document.get("findings")
    if not isinstance(rows, list):
        return _invalid(source, Span(0, 0), "the baseline has no list of `findings`")
    entries = []
    spans = []
    at = max(text.find('"findings"'), 0)
    for row in rows:
        start = text.find("{", at)
        end = json.JSONDecoder().raw_decode(text, start)[1] if isinstance(row, dict) else at
        entry = _entry(row)
        if entry is None:
            message = "an entry needs `file`, `code`, `at`, `line` and `ordinal`"
            return _invalid(source, Span(max(start, 0), max(start, end)), message)
        entries.append(entry)
        spans.append(Span(start, end))
        at = end
    return Baseline(source, tuple(entries), tuple(spans))


def _entry(row: object) -> Entry | None:
    match row:
        case {
            "file": str(file),
            "code": str(code),
            "at": str(at),
            "line": str(line),
            "ordinal": int(ordinal),
        }:
            return Entry(file, code, at, line, ordinal)
        case _:
            return None


def _invalid(source: Source, span: Span, message: str) -> Diagnostic:
    code = SETTINGS["invalid-baseline"]
    help = "write it again with `flowc lint --write-baseline FILE PATH...`"
    return Diagnostic(source, code.code, code.name, "error", Finding(span, message, help))


def entries(
    diagnostics: Iterable[Diagnostic],
    file: Callable[[str], str],
    tree: Callable[[Source], ast.Module],
) -> tuple[tuple[Diagnostic, Entry], ...]:
    """Each finding with its entry; errors are left out.

    `file` gives the path that a source is known by in the baseline, `tree` its syntax tree.
    """
    counts: dict[tuple[str, str, str, str], int] = {}
    places: dict[Source, _Places] = {}
    found = []
    for diagnostic in diagnostics:
        if diagnostic.severity == "error":
            continue
        source = diagnostic.source
        if source not in places:
            places[source] = _Places(tree(source))
        start = diagnostic.finding.span.start
        inside = places[source].around(start)
        line = " ".join(source.line(source.position(start).line).split())
        key = (file(source.name), diagnostic.code, "/".join(inside), line)
        ordinal = counts[key] = counts.get(key, -1) + 1
        found.append((diagnostic, Entry(*key, ordinal)))
    return tuple(found)


def compare(
    baseline: Baseline,
    found: Iterable[tuple[Diagnostic, Entry]],
    looked_at: Container[str],
) -> Compared:
    """Hold what was found against a baseline. An entry is stale if nothing matched and its file
    is one of those `looked_at`."""
    present = {entry for _, entry in found}
    code = CODES["stale-baseline"]
    stale = []
    for entry, span in zip(baseline.entries, baseline.spans, strict=True):
        if entry not in present and entry.file in looked_at:
            where = f"`{entry.at}` in `{entry.file}`" if entry.at else f"`{entry.file}`"
            finding = Finding(
                span,
                f"`{entry.code}` is no longer found at {where}",
                "write the baseline again with `--write-baseline`",
            )
            stale.append(Diagnostic(baseline.source, code.code, code.name, code.severity, finding))
    return Compared(len(present.intersection(baseline.entries)), tuple(stale))


class _Places:
    """Where things with names stand in a file, each with the place that it is in."""

    def __init__(self, module: ast.Module) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._names: list[str] = []
        self._outer: list[int] = []
        around: list[int] = []
        for start, end, name in _places(module):
            while around and self._ends[around[-1]] <= start:
                around.pop()
            self._outer.append(around[-1] if around else -1)
            around.append(len(self._starts))
            self._starts.append(start)
            self._ends.append(end)
            self._names.append(name)

    def around(self, offset: int) -> list[str]:
        """The names of everything that an offset is in, the outermost first."""
        at = bisect_right(self._starts, offset) - 1
        names = []
        while at >= 0:
            if offset < self._ends[at]:
                names.append(self._names[at])
            at = self._outer[at]
        return names[::-1]


def _places(module: ast.Module) -> Iterable[tuple[int, int, str]]:
    """Where each flow, service, operation, step, await and branch stands, outer before inner."""
    stack: list[object] = list(reversed(module.declarations))
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(reversed(node))
            continue
        match node:
            case (
                ast.FlowDecl(span=span, name=name)
                | ast.ServiceDecl(span=span, name=name)
                | ast.OpDecl(span=span, name=name)
                | ast.Step(span=span, name=name)
                | ast.Await(span=span, name=name)
                | ast.Branch(span=span, label=name)
            ):
                yield span.start, span.end, name.text
            case _:
                pass
        if isinstance(node, Struct) and not isinstance(node, _LEAVES):
            stack.extend(getattr(node, field) for field in reversed(node.__match_args__))
