"""Findings to names that stay the same while lines around them come and go."""

from __future__ import annotations

from hashlib import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.diagnostic import Diagnostic


_MOST = 300  # code points of a line that count


def fingerprints(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    """For each finding a hash of its file, code and (the first part of) its line of code; equal
    ones are numbered."""
    seen: dict[tuple[str, str, str], int] = {}
    names = []
    for diagnostic in diagnostics:
        source = diagnostic.source
        begin = source.line_starts[source.position(diagnostic.finding.span.start).line - 1]
        line = source.text[begin : begin + _MOST].partition("\n")[0]
        key = (source.name.replace("\\", "/"), diagnostic.code, " ".join(line.split()))
        count = seen[key] = seen.get(key, 0) + 1
        text = "\0".join((*key, str(count)))
        names.append(sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40])
    return names
