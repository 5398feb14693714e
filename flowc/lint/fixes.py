"""Diagnostics with fixes to mended text: whole fixes that do not meet, round after round."""

from __future__ import annotations

from bisect import bisect_left, insort
from itertools import pairwise

from flowc.source import Source
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flowc.diagnostic import Diagnostic, Edit

MOST_ROUNDS = 20  # a fix may uncover the next, but not for ever


class Applied(Struct):
    """A fix that was made: under which code, and what it did."""

    code: str
    name: str
    title: str
    line: int  # from 1, where it began in the text of its round


class Fixed(Struct):
    """`text` after all fixes, `applied` in the order in which they were made, and `refused`:
    fixes after which the file would no longer have been read."""

    text: str
    applied: tuple[Applied, ...]
    refused: tuple[Applied, ...]


def fix(
    source: Source,
    check: Callable[[Source], tuple[Diagnostic, ...]],
    *,
    unsafe: bool = False,
    found: tuple[Diagnostic, ...] | None = None,
) -> Fixed:
    """Mend what `check` finds until it finds nothing that can be mended.

    Fixes that touch the same place wait for the next round. A round after which the file has
    more syntax errors than before is taken back and its fixes are tried one by one. `found` is
    what `check` says about `source`, if that is known already.
    """
    if found is None:
        found = check(source)
    applied: list[Applied] = []
    refused: dict[tuple[str, str, str], Applied] = {}
    seen = {source.text}
    for _ in range(MOST_ROUNDS):
        candidates = [
            d
            for d in found
            if d.finding.fix is not None
            and (d.finding.fix.safe or unsafe)
            and _identity(d) not in refused
        ]
        round_ = _compatible(candidates, len(source.text))
        if not round_:
            break
        errors = _syntax_errors(found)
        mended = Source(source.name, apply(source.text, _edits(round_)))
        after = check(mended)
        if _syntax_errors(after) > errors:
            good = []
            for diagnostic in round_:
                alone = Source(source.name, apply(source.text, _edits([diagnostic])))
                if _syntax_errors(check(alone)) > errors:
                    refused[_identity(diagnostic)] = _applied(diagnostic)
                else:
                    good.append(diagnostic)
            if not good or len(good) == len(round_):
                good = good[:1]
            round_ = good
            if not round_:
                continue
            mended = Source(source.name, apply(source.text, _edits(round_)))
            after = check(mended)
            if _syntax_errors(after) > errors:
                break
        if mended.text in seen:
            break
        seen.add(mended.text)
        applied.extend(_applied(d) for d in round_)
        source, found = mended, after
    return Fixed(source.text, tuple(applied), tuple(refused.values()))


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Make edits that do not overlap. Raises ValueError if they do."""
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda e: (e.span.start, e.span.end)):
        if edit.span.start < at or edit.span.end > len(text):
            raise ValueError("edits overlap or leave the text")
        parts += (text[at : edit.span.start], edit.text)
        at = edit.span.end
    parts.append(text[at:])
    return "".join(parts)


def diff(name: str, before: str, after: str) -> str:
    """A unified diff that `patch` and `git apply` take; empty if nothing changed."""
    if before == after:
        return ""
    from difflib import unified_diff

    lines = []
    old, new = (_split(text) for text in (before, after))
    for line in unified_diff(old, new, f"a/{name}", f"b/{name}"):
        lines.append(line)
        if not line.endswith("\n"):
            lines.append("\n\\ No newline at end of file\n")
    return "".join(lines)


def _split(text: str) -> list[str]:
    """Lines with their ends; only `\\n` ends a line, as `patch` sees it."""
    lines = [line + "\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _edits(diagnostics: list[Diagnostic]) -> list[Edit]:
    return [edit for d in diagnostics if d.finding.fix for edit in d.finding.fix.edits]


def _compatible(diagnostics: list[Diagnostic], length: int) -> list[Diagnostic]:
    """From the front, every diagnostic whose fix does not touch one taken before."""
    taken: list[tuple[int, int]] = []
    chosen = []
    for diagnostic in diagnostics:
        assert diagnostic.finding.fix is not None
        spans = sorted((e.span.start, e.span.end) for e in diagnostic.finding.fix.edits)
        if not spans or any(not 0 <= start <= end <= length for start, end in spans):
            continue
        if any(_meets(span, taken) for span in spans):
            continue
        if any(one[1] > other[0] for one, other in pairwise(spans)):
            continue
        for span in spans:
            insort(taken, span)
        chosen.append(diagnostic)
    return chosen


def _meets(span: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    """Whether a span overlaps or touches one of those, which are apart and in order."""
    at = bisect_left(taken, span)
    return (at < len(taken) and taken[at][0] <= span[1]) or (at > 0 and span[0] <= taken[at - 1][1])


def _syntax_errors(diagnostics: tuple[Diagnostic, ...]) -> int:
    return sum(d.code.startswith("SYN") for d in diagnostics)


def _identity(diagnostic: Diagnostic) -> tuple[str, str, str]:
    """What of a finding stays the same while other fixes move it."""
    span = diagnostic.finding.span
    fix = diagnostic.finding.fix
    return diagnostic.code, fix.title if fix else "", diagnostic.source.text[span.start : span.end]


def _applied(diagnostic: Diagnostic) -> Applied:
    assert diagnostic.finding.fix is not None
    line = diagnostic.source.position(diagnostic.finding.span.start).line
    return Applied(diagnostic.code, diagnostic.name, diagnostic.finding.fix.title, line)
