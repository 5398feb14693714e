"""Statements and the blocks they stand in become documents."""

from __future__ import annotations

from flowc.dsl.ast import (
    After,
    Await,
    Binary,
    Branch,
    Carried,
    Case,
    Commit,
    CompensateClause,
    Cond,
    DurationExpr,
    Every,
    Fail,
    For,
    Gather,
    Governed,
    Handler,
    If,
    Let,
    Match,
    Name,
    Next,
    OnTimeout,
    OtherwiseClause,
    Parallel,
    Record,
    Repeat,
    Return,
    Since,
    Step,
    Try,
    UnknownCompensate,
    UnknownHalt,
    UnknownProbe,
    Until,
    WaitFor,
    WaitUntil,
)
from flowc.dsl.format_expr import arguments, assigned, call, chain, either, expr, series, type_ref
from flowc.dsl.layout import HARD, LINE, Doc, Group, Indent
from flowc.dsl.trivia import Trivia, named, placed
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import assert_never

    from flowc.dsl.ast import Block, Clause, Comment, Expr, Statement
    from flowc.dsl.ast import Doc as Documentation
    from flowc.source import Span
else:
    from flowc.struct import assert_never

_LONE = (WaitFor, WaitUntil, Fail, Return, Next)


def statement(trivia: Trivia, node: Statement) -> Doc:
    """One statement with its documentation and clauses."""
    match node:
        case Step():
            return _step(trivia, node)
        case Let() | Record() | Next():
            word = "let" if isinstance(node, Let) else node.__class__.__name__.lower()
            return (named(trivia, word, node.name), assigned(trivia, node.value))
        case If():
            return _if(trivia, node)
        case WaitFor():
            return ("wait ", expr(trivia, node.duration))
        case WaitUntil():
            return ("wait until ", expr(trivia, node.time))
        case Fail():
            return fail(trivia, node)
        case Return():
            return ("return ", expr(trivia, node.value))
        case Commit():
            return "commit"
        case Since() | Until():
            word = "since " if isinstance(node, Since) else "until "
            return (word, expr(trivia, node.version), " ", block(trivia, node.body))
        case Match():
            return _match(trivia, node)
        case Parallel():
            start, end = node.span.start, node.span.end
            inside = trivia.enclosed(node.branches, start, end, _arm, edge=HARD, between=HARD)
            return ("parallel {", inside, "}")
        case For():
            return _for(trivia, node)
        case Repeat():
            return _repeat(trivia, node)
        case Await():
            return _await(trivia, node)
        case Try():
            parts: list[Doc] = ["try ", block(trivia, node.body)]
            for handler in node.handlers:
                parts += (" ", _handler(trivia, handler))
            return tuple(parts)
        case _:
            assert_never(node)


# -- blocks ----------------------------------------------------------------------------------


def block(
    trivia: Trivia,
    node: Block,
    *,
    held: Sequence[Comment] = (),
    opened: Doc = "",
    above: Doc = "",
) -> Doc:
    """`{ ... }` with the break before it left to the caller.

    Multi-line, but for `{}` and a lone short statement that its author left on one line. `held`
    are comments from before the brace, `opened` one behind it, `above` the header of a flow.
    """
    statements = node.statements
    lone = len(statements) == 1 and isinstance(statements[0], _LONE) and not above
    edge = LINE if lone else HARD
    inside = trivia.enclosed(
        statements,
        node.span.start + 1,
        node.span.end,
        statement,
        edge=edge,
        between=HARD,
        held=held,
        above=above,
    )
    if not inside:
        return "{}"
    whole = ("{", opened, inside, "}")
    return Group(whole, brace=True) if lone else whole


def _opening(trivia: Trivia, word: str, node: Expr) -> Doc:
    """`word EXPR ` before a block, whose brace has its own line if the chain EXPR is broken."""
    if isinstance(node, (Binary, Cond)) and trivia.at >= node.span.start:
        return Group((word, Indent(chain(trivia, node)), LINE))
    return (word, expr(trivia, node), " ")


def _named(trivia: Trivia, word: str, names: tuple[Name, ...], alias: Name | None) -> Doc:
    """`word A | B as e ` before a block."""
    inside = either(trivia, names)
    if alias:
        lead = trivia.lead(alias.span.start)
        inside = (inside, placed(lead, " ", "as " + alias.text))
    return Group((word, Indent(inside), LINE if len(names) > 1 else " "))


def _outcome(trivia: Trivia, node: Fail | Block) -> Doc:
    return fail(trivia, node) if isinstance(node, Fail) else block(trivia, node)


class _Else(Struct):
    """The last arm of a `match`."""

    span: Span
    body: Block


def _arm(trivia: Trivia, node: Branch | Case | _Else) -> Doc:
    match node:
        case Case():
            return (_named(trivia, "case ", node.members, None), block(trivia, node.body))
        case Branch():
            name = named(trivia, "branch", node.label)
            if node.condition:
                lead = trivia.lead(node.condition.span.start)
                opening = _opening(trivia, "when ", node.condition)
                return (name, placed(lead, " ", opening), block(trivia, node.body))
            return (name, " ", block(trivia, node.body))
        case _Else():
            return ("else ", block(trivia, node.body))
        case _:
            assert_never(node)


def _if(trivia: Trivia, node: If) -> Doc:
    parts = [_opening(trivia, "if ", node.condition), block(trivia, node.yes)]
    no = node.no
    while isinstance(no, If):
        held = trivia.take(no.condition.span.start)
        parts += (" ", _opening(trivia, "else if ", no.condition), block(trivia, no.yes, held=held))
        no = no.no
    if no:
        parts += (" else ", block(trivia, no))
    return tuple(parts)


def _match(trivia: Trivia, node: Match) -> Doc:
    opening = _opening(trivia, "match ", node.value)
    arms: tuple[Case | _Else, ...] = node.cases
    if node.no:
        arms = (*arms, _Else(node.no.span, node.no))
    start, end = node.value.span.end, node.span.end
    return (opening, "{", trivia.enclosed(arms, start, end, _arm, edge=HARD, between=HARD), "}")


def _handler(trivia: Trivia, node: Handler) -> Doc:
    held = trivia.take(node.errors[0].span.start)
    opening = _named(trivia, "on ", node.errors, node.name)
    return (opening, block(trivia, node.body, held=held))


def _for(trivia: Trivia, node: For) -> Doc:
    parts: list[Doc] = [
        named(trivia, "for", node.name),
        placed(trivia.lead(node.items.span.start), " ", ("in ", expr(trivia, node.items))),
        placed(trivia.lead(node.limit.span.start), " ", ("max ", expr(trivia, node.limit))),
        _index(trivia, node.index),
    ]
    if node.width:
        lead = trivia.lead(node.width.span.start)
        parts += (",", placed(lead, " ", (expr(trivia, node.width), " at once")))
    end = (node.width or node.index or node.limit).span.end
    parts = [_carrying(trivia, tuple(parts), end, node.carries), block(trivia, node.body)]
    if node.collects:
        lead = trivia.lead(node.collects[0].span.start)
        collects = Group(Indent(series(trivia, node.collects, _gather)))
        parts.append(placed(lead, " ", ("collect ", collects)))
    return tuple(parts)


def _repeat(trivia: Trivia, node: Repeat) -> Doc:
    parts: list[Doc] = [
        "repeat ",
        placed(trivia.lead(node.limit.span.start), "", ("max ", expr(trivia, node.limit))),
        _index(trivia, node.index),
    ]
    if node.pause:
        lead = trivia.lead(node.pause.span.start)
        parts += (",", placed(lead, " ", ("every ", expr(trivia, node.pause))))
    end = (node.pause or node.index or node.limit).span.end
    parts = [_carrying(trivia, tuple(parts), end, node.carries), block(trivia, node.body)]
    lead = trivia.lead(node.until.span.start)
    parts.append(placed(lead, " ", ("until ", expr(trivia, node.until))))
    if node.exhausted:
        gap = trivia.gap(node.until.span.end, node.exhausted.span.start, HARD)
        parts.append(Indent((gap, "on exhausted ", _outcome(trivia, node.exhausted))))
    return tuple(parts)


def _index(trivia: Trivia, name: Name | None) -> Doc:
    return placed(trivia.lead(name.span.start), " ", "as " + name.text) if name else ""


def _carrying(trivia: Trivia, head: Doc, end: int, carries: tuple[Carried, ...]) -> Doc:
    """The head of a loop up to its block, with a line for `carry` if it is broken."""
    if not carries:
        return (head, " ")
    gap = trivia.gap(end, carries[0].span.start, LINE)
    inner = Indent(series(trivia, carries, _carried))
    return Group((head, Indent((gap, "carry ", inner)), LINE))


def _carried(trivia: Trivia, node: Carried) -> Doc:
    if not node.type:
        return (node.name.text, assigned(trivia, node.start))
    return (node.name.text, ": ", type_ref(trivia, node.type), assigned(trivia, node.start))


def _gather(trivia: Trivia, node: Gather) -> Doc:
    lead = trivia.lead(node.out.span.start)
    return (node.name.text, placed(lead, " ", "as " + node.out.text))


# -- steps and signals -----------------------------------------------------------------------

_ORDER: dict[type, int] = {
    UnknownProbe: 0,
    UnknownCompensate: 0,
    UnknownHalt: 0,
    CompensateClause: 1,
    OtherwiseClause: 2,
}


def _step(trivia: Trivia, node: Step) -> Doc:
    documented = documentation(trivia, node.doc, node.span.start)
    name = named(trivia, "step", node.name)
    parts = [documented, trivia.settled((name, " = ", governed(trivia, node.action)))]
    if node.clauses:
        end = node.action.span.end
        parts.append(trivia.trailing(end))
        clauses: list[tuple[int, Doc]] = []
        for clause in node.clauses:
            lead = trivia.lead(clause.span.start)
            inside = trivia.settled(_clause(trivia, clause))
            line = (lead or HARD, inside, trivia.trailing(clause.span.end))
            clauses.append((_ORDER[clause.__class__], line))
        clauses.sort(key=_rank)
        parts.append(Indent(tuple(line for _, line in clauses)))
    return tuple(parts)


def _rank(line: tuple[int, Doc]) -> int:
    return line[0]


def _clause(trivia: Trivia, node: Clause) -> Doc:
    match node:
        case UnknownProbe():
            return ("on unknown probe ", governed(trivia, node.probe))
        case UnknownCompensate() | UnknownHalt():
            lead = trivia.lead(node.span.end)
            answer = "halt" if isinstance(node, UnknownHalt) else "compensate"
            return ("on unknown ", placed(lead, "", answer))
        case CompensateClause():
            return ("compensate ", governed(trivia, node.action))
        case OtherwiseClause():
            return ("otherwise ", expr(trivia, node.value))
        case _:
            assert_never(node)


def governed(trivia: Trivia, node: Governed) -> Doc:
    """`call with P within D`, on one line but for the arguments."""
    lead = trivia.lead(node.span.start)
    parts = [call(trivia, node.call)]
    if node.policy:
        parts.append(placed(trivia.lead(node.policy.span.start), " ", "with " + node.policy.text))
    if node.within:
        parts.append(within(trivia, node.within))
    return placed(lead, "", tuple(parts))


def within(trivia: Trivia, limit: DurationExpr) -> Doc:
    """` within D`, behind something on the same line."""
    return placed(trivia.lead(limit.span.start), " ", ("within ", expr(trivia, limit)))


def fail(trivia: Trivia, node: Fail) -> Doc:
    """`fail E(args)`."""
    if node.args is None:
        return ("fail ", placed(trivia.lead(node.error.span.start), "", node.error.text))
    lead = trivia.lead(node.error.span.start)
    args = arguments(trivia, node.error, node.args, node.span.end)
    return ("fail ", placed(lead, "", (node.error.text, args)))


def _await(trivia: Trivia, node: Await) -> Doc:
    parts: list[Doc] = [
        documentation(trivia, node.doc, node.span.start),
        named(trivia, "await", node.name),
        ": ",
        type_ref(trivia, node.type),
    ]
    end = node.type.span.end
    if node.who:
        lead = trivia.lead(node.who.span.start)
        parts.append(placed(lead, " ", ("from ", expr(trivia, node.who))))
        end = node.who.span.end
    if node.within:
        parts.append(within(trivia, node.within))
        end = node.within.span.end
    lines: list[Doc] = []
    for clause in node.meanwhile:
        lines += (trivia.gap(end, clause.span.start, HARD), _meanwhile(trivia, clause))
        end = clause.span.end
    parts.append(Indent(tuple(lines)))
    return tuple(parts)


def _meanwhile(trivia: Trivia, node: After | Every | OnTimeout) -> Doc:
    match node:
        case OnTimeout():
            return ("on timeout ", _outcome(trivia, node.body))
        case After():
            return ("after ", expr(trivia, node.delay), " ", block(trivia, node.body))
        case Every():
            period = expr(trivia, node.period)
            index = _index(trivia, node.index)
            return ("every ", period, index, " ", block(trivia, node.body))
        case _:
            assert_never(node)


def documentation(trivia: Trivia, doc: Documentation | None, before: int) -> Doc:
    """The `///` lines above something that begins at `before`, each with its line end."""
    if doc is None:
        return ""
    lines: list[Doc] = []
    for line in trivia.text[doc.span.start : doc.span.end].split("\n"):
        lines += (line.strip(), HARD)
    return (*lines, trivia.lead(before))
