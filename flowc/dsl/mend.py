"""Run a parse to its end through every syntax error: one finding for each, and a whole tree."""

from __future__ import annotations

from flowc.diagnostic import Finding
from flowc.dsl.faults import fault
from flowc.dsl.lexer import END
from flowc.dsl.recovery import Search
from flowc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc.dsl.driver import Run

_LIMIT = 500  # repairs in one file; a file with more errors is not a flow


def complete(run: Run, report: Callable[[str, Finding], None]) -> None:
    """Run and repair until the whole input is read; `run.value` is the result."""
    tokens = run.tokens
    quiet = -1  # an error up to this offset, or on its line, belongs to the one before
    repairs = 0
    while not run.go():
        repairs += 1
        search = Search(run)
        start = tokens.starts[run.index]
        if repairs > _LIMIT:
            report("SYN001", _too_many(start))
            last = len(tokens.kinds) - 1
            tokens.edit(run.index, last - run.index, [])
            run.back(run.index)
            quiet = len(tokens.text)
            repairs = -len(tokens.kinds) - _LIMIT
            continue
        repair = search.repair()
        if start > quiet and (quiet < 0 or "\n" in tokens.text[quiet:start]):
            report(*fault(search, repair))
        reach = tokens.starts[min(repair.reach, len(tokens.kinds) - 1)]
        if tokens.kinds[run.index] == END:
            quiet = len(tokens.text)
        elif repair.reach < search.far or repair.how == "drop":
            quiet = max(quiet, start, reach if repair.how == "drop" else 0)
        for at, removed, new in repair.edits:
            tokens.edit(at, removed, new)
        run.back(min(at for at, _, _ in repair.edits))


def _too_many(start: int) -> Finding:
    return Finding(
        Span(start, start),
        f"more than {_LIMIT} syntax errors: the rest of the file is not read",
        "is this a .flow file?",
    )


def hole_fault(run: Run) -> tuple[str, Finding]:
    """The code and finding for what stopped the parse of a text's hole."""
    search = Search(run)
    code, finding = fault(search, search.repair())
    if run.tokens.kinds[run.index] == END:
        return "SYN005", Finding(
            finding.span,
            "the expression in this hole of the text is not complete",
            finding.help,
            label=finding.label,
        )
    return code, finding
