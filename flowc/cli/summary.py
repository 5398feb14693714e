"""How many findings there are: the line and the table below a report."""

from __future__ import annotations

from flowc.cli.display import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc.diagnostic import Diagnostic

_WORDS = {"error": ("error", "errors"), "warning": ("warning", "warnings")}


def summary(diagnostics: Iterable[Diagnostic], files: int) -> str:
    """`3 errors, 1 warning in 2 files`; `files` is how many were looked at."""
    found = tuple(diagnostics)
    counts = dict.fromkeys(("error", "warning", "advice"), 0)
    for diagnostic in found:
        counts[diagnostic.severity] += 1
    if not found:
        return f"no findings in {count(files, 'file')}"
    parts = []
    for severity, number in counts.items():
        if number:
            one, many = _WORDS.get(severity, ("piece of advice", "pieces of advice"))
            parts.append(f"{number} {one if number == 1 else many}")
    places = len({diagnostic.source.name for diagnostic in found})
    fixes = sum(d.finding.fix is not None and d.finding.fix.safe for d in found)
    unsafe = sum(d.finding.fix is not None and not d.finding.fix.safe for d in found)
    line = f"{', '.join(parts)} in {count(places, 'file')}"
    if fixes:
        line += f"; {fixes} can be fixed with `--fix`"
        if unsafe:
            line += f", {unsafe} more with `--fix --unsafe-fixes`"
    elif unsafe:
        line += f"; {unsafe} can be fixed with `--fix --unsafe-fixes`"
    return line


def statistics(diagnostics: Iterable[Diagnostic]) -> str:
    """A line for each code that was found, the most frequent first."""
    counts: dict[tuple[str, str, str], int] = {}
    for d in diagnostics:
        key = (d.code, d.name, d.severity)
        counts[key] = counts.get(key, 0) + 1
    digits = max((len(str(number)) for number in counts.values()), default=1)
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "".join(
        f"{number:>{digits}}  {code}  {clean(name)} ({severity})\n"
        for (code, name, severity), number in rows
    )


def count(number: int, thing: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
