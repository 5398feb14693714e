"""Run a parse to its end through every syntax error: one finding for each, and a whole tree."""

from __future__ import annotations

from flowc.diagnostic import Finding
from flowc.dsl.depth import deep_blocks, deep_levels
from flowc.dsl.faults import fault
from flowc.dsl.habits import habit
from flowc.dsl.indent import begins_line
from flowc.dsl.lexer import END, NAME
from flowc.dsl.recovery import Search
from flowc.dsl.tables import WORDS
from flowc.dsl.words import CLOSERS, DECLARATIONS, OPENERS, STATEMENTS
from flowc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.dsl.driver import Run
    from flowc.dsl.lexer import Tokens
    from flowc.dsl.recovery import Repair

_NEAR = 1000  # tokens within which brackets that nest too deep are looked for
_OUTWARD = 150  # brackets, or tokens if there are none, that are given up at once
_RUN = 32  # equal tokens in a row that are dropped at once
_LIMIT = 500  # repairs in one file; a file with more errors is not a flow


STOPS = STATEMENTS | DECLARATIONS | {WORDS["}"]}


def complete(run: Run) -> list[tuple[str, Finding]]:
    """Repair what `run` stopped at and go on until all is read; return the faults with codes."""
    tokens = run.tokens
    faults: list[tuple[str, Finding]] = []
    quiet = 0  # an error before this offset belongs to the one before it
    repairs = 0
    while True:
        start = tokens.starts[run.index]
        if run.hopeless:
            quiet = max(quiet, _prune(run, faults))
        elif repairs == _LIMIT:
            faults.append(("SYN001", _too_many(start)))
            tokens.edit(run.index, len(tokens.kinds) - 1 - run.index, [])
            run.back(run.index)
            quiet = len(tokens.text) + 1
        else:
            search = Search(run)
            repair = search.repair()
            if start >= quiet and repair.how != "join":
                faults.append(fault(search, repair))
            quiet = max(quiet, _end_of_harm(search, repair))
            for at, removed, new in repair.edits:
                tokens.edit(at, removed + _alike(tokens, repair), new)
            run.back(min(at for at, _, _ in repair.edits))
        repairs += 1
        if run.go():
            return faults


def _alike(tokens: Tokens, repair: Repair) -> int:
    """How many tokens behind a dropped one are the same sign again, where it is a long run of
    them: what was refused once is refused again, and each edit costs the length of the file."""
    kinds, at = tokens.kinds, repair.at
    if repair.edits != [(at, 1, [])]:
        return 0
    kind = kinds[at]
    if kind == END or kinds[at : at + _RUN] != [kind] * _RUN:
        return 0
    stop = at + _RUN
    while kinds[stop] == kind:
        stop += 1
    return stop - at - 1


def _end_of_harm(search: Search, repair: Repair) -> int:
    """The offset up to which further errors are put down to the one that `repair` is about."""
    tokens, index = search.tokens, search.index
    if tokens.kinds[index] == END:
        return len(tokens.text) + 1
    start = tokens.starts[index]
    line_end = tokens.text.find("\n", start)
    if line_end < 0:
        line_end = len(tokens.text) + 1
    if habit(search) is not None:
        return line_end
    if repair.reach >= search.far or (repair.how == "insert" and begins_line(tokens, index)):
        return start + 1
    return line_end


def _prune(run: Run, faults: list[tuple[str, Finding]]) -> int:
    """Take out the brackets that are nested too deep; return the offset at which they end."""
    tokens = run.tokens
    kinds, index = tokens.kinds, run.index
    depth = outward = 0
    opener = None
    for at in range(index - 1, max(index - _NEAR, 0), -1):
        depth += (kinds[at] in CLOSERS) - (kinds[at] in OPENERS)
        if depth < outward:
            opener, outward = at, depth
            if outward < -_OUTWARD:
                break
    if opener is not None:
        start = opener + 1
        stop = _matching(tokens, index, -outward)
    else:  # no brackets: a run of `not`, `else if` or the like
        start, stop = max(index - _OUTWARD, 1), index
        while kinds[stop] != END and not (kinds[stop] in STOPS and begins_line(tokens, stop)):
            stop += 1
        if WORDS["}"] in kinds[start:index]:
            while kinds[start - 1] != WORDS["}"]:
                start += 1
    place = tokens.ends[start - 1]
    span = Span(tokens.starts[start - 1], place)
    block = kinds[start - 1] in (WORDS["{"], WORDS["}"])
    faults.append(("SYN008", deep_blocks(span) if block else deep_levels(span)))
    end = tokens.starts[stop] if kinds[stop] != END else len(tokens.text) + 1
    tokens.edit(start, stop - start, [] if block else [(NAME, place, place)])
    run.back(start)
    return end


def _matching(tokens: Tokens, at: int, depth: int) -> int:
    """The token from `at` on that closes the outermost of `depth` open brackets, or the last."""
    kinds = tokens.kinds
    while kinds[at] != END:
        if kinds[at] in OPENERS:
            depth += 1
        elif kinds[at] in CLOSERS:
            depth -= 1
            if depth == 0:
                break
        at += 1
    return at


def _too_many(start: int) -> Finding:
    return Finding(
        Span(start, start),
        f"more than {_LIMIT} syntax errors: the rest of the file is not read",
        "is this a .flow file?",
    )


def hole_fault(run: Run) -> tuple[str, Finding]:
    """The code and finding for what stopped the parse of a text's hole."""
    if run.hopeless:
        last = run.tokens.starts[run.index]
        return "SYN008", deep_levels(Span(last - 1, last))
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
