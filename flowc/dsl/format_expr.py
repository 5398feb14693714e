"""Expressions, types and calls become documents.

A chain is a row of operands with operators between them, or the parts of a conditional; broken,
each part starts a line with its operator, one step further right.
"""

from __future__ import annotations

from flowc.dsl.ast import (
    Apply,
    Arg,
    Binary,
    Bool,
    Call,
    Cond,
    Duration,
    Expr,
    Field,
    Get,
    ListLit,
    Minus,
    Missing,
    Name,
    NoneLit,
    Not,
    Number,
    Paren,
    Pick,
    Text,
    TypeRef,
    Var,
)
from flowc.dsl.layout import LINE, SOFT, Doc, Group, Indent
from flowc.dsl.trivia import Trivia, placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar, assert_never

    from flowc.dsl.trivia import Node

    N = TypeVar("N", bound=Node)
else:
    from flowc.struct import assert_never

_RANK = {
    "or": 0,
    "and": 1,
    "==": 2,
    "!=": 2,
    "<": 2,
    "<=": 2,
    ">": 2,
    ">=": 2,
    "+": 3,
    "-": 3,
    "*": 4,
    "/": 4,
    "??": 5,
}


def expr(trivia: Trivia, node: Expr) -> Doc:
    """One expression; comments that nobody placed yet go on lines before it."""
    if trivia.at < node.span.start:
        lead = trivia.lead(node.span.start)
        return Indent((lead, expr(trivia, node)))
    match node:
        case Var():
            return node.name.text
        case Get():
            return _path(trivia, node)
        case Text() | Number() | Duration() | Bool() | NoneLit() | Missing():
            return trivia.text[node.span.start : node.span.end]
        case Apply():
            return (node.name.text, arguments(trivia, node.name, node.args, node.span.end))
        case Binary() | Cond():
            return Group(Indent(chain(trivia, node)))
        case Paren():
            return _parenthesised(trivia, node)
        case ListLit():
            inside = trivia.enclosed(
                node.items,
                node.span.start,
                node.span.end,
                expr,
                edge=SOFT,
                between=LINE,
                comma=True,
            )
            return Group(("[", inside, "]"))
        case Pick():
            return _pick(trivia, node)
        case Not() | Minus():
            return _signed(trivia, node)
        case _:
            assert_never(node)


def assigned(trivia: Trivia, node: Expr) -> Doc:
    """` = EXPR`; a text that would make the line too wide goes on the next one."""
    if isinstance(node, Text) and trivia.at >= node.span.start:
        return (" =", Group(Indent((LINE, expr(trivia, node)))))
    return (" = ", expr(trivia, node))


def chain(trivia: Trivia, node: Binary | Cond) -> Doc:
    """The parts of a chain with breaks between them, for a group that indents them."""
    if isinstance(node, Cond):
        return _conditional(trivia, node)
    rank = _RANK[node.op]
    spine = [node]
    left = node.left
    while isinstance(left, Binary) and _RANK[left.op] == rank:
        spine.append(left)
        left = left.left
    parts = [expr(trivia, left)]
    end = left.span.end
    for link in reversed(spine):
        parts.append(trivia.gap(end, link.right.span.start, LINE))
        parts.append(link.op + " ")
        parts.append(expr(trivia, link.right))
        end = link.right.span.end
    return tuple(parts)


def _conditional(trivia: Trivia, node: Cond) -> Doc:
    parts: list[Doc] = []
    word = "if "
    while True:
        parts += (word, expr(trivia, node.condition))
        parts.append(trivia.gap(node.condition.span.end, node.yes.span.start, LINE))
        parts += ("then ", expr(trivia, node.yes))
        no = node.no
        start = no.condition.span.start if isinstance(no, Cond) else no.span.start
        parts.append(trivia.gap(node.yes.span.end, start, LINE))
        if not isinstance(no, Cond):
            parts += ("else ", expr(trivia, no))
            return tuple(parts)
        word = "else if "
        node = no


def _path(trivia: Trivia, node: Get) -> Doc:
    links = [node]
    base = node.value
    while isinstance(base, Get):
        links.append(base)
        base = base.value
    parts: list[Doc] = [expr(trivia, base)]
    for link in reversed(links):
        lead = trivia.lead(link.field.span.start)
        parts.append(placed(lead, "", ("?." if link.optional else ".") + link.field.text))
    return tuple(parts)


def _parenthesised(trivia: Trivia, node: Paren) -> Doc:
    opened = trivia.lead(node.value.span.start)
    value = node.value
    inner = chain(trivia, value) if isinstance(value, (Binary, Cond)) else expr(trivia, value)
    notes, edge = trivia.close(node.span.end, node.span.end, SOFT)
    if opened or notes or isinstance(value, (Binary, Cond)):
        return Group(("(", Indent((opened or SOFT, inner, notes)), edge, ")"))
    return ("(", inner, ")")


def _pick(trivia: Trivia, node: Pick) -> Doc:
    start = node.span.start
    parts = [
        trivia.gap(start, node.value.span.start, SOFT),
        expr(trivia, node.value),
        trivia.gap(node.value.span.end, node.name.span.start, LINE),
        ("for ", node.name.text),
        placed(trivia.lead(node.items.span.start), " ", ("in ", expr(trivia, node.items))),
    ]
    end = node.items.span.end
    if node.condition:
        parts.append(trivia.gap(end, node.condition.span.start, LINE))
        parts += ("when ", expr(trivia, node.condition))
        end = node.condition.span.end
    notes, edge = trivia.close(end, node.span.end, SOFT)
    return Group(("[", Indent((*parts, notes)), edge, "]"))


def _signed(trivia: Trivia, node: Not | Minus) -> Doc:
    signs: list[Doc] = []
    value: Expr = node
    while isinstance(value, (Not, Minus)):
        signs.append("not " if isinstance(value, Not) else "-")
        value = value.value
    return (*signs, expr(trivia, value))


def arguments(trivia: Trivia, name: Name, args: tuple[Arg, ...], end: int) -> Doc:
    """`(a, b: x)`, behind the name of what is called."""
    inside = trivia.enclosed(
        args, name.span.end, end, _argument, edge=SOFT, between=LINE, comma=True
    )
    return Group(("(", inside, ")"))


def parameters(trivia: Trivia, name: Name, params: tuple[Field, ...]) -> tuple[Doc, int]:
    """`(p: T)` behind the name of what is declared, and where it ends."""
    start = name.span.end
    end = trivia.find(")", params[-1].span.end if params else start)
    inside = trivia.enclosed(params, start, end, field, edge=SOFT, between=LINE, comma=True)
    return Group(("(", inside, ")")), end + 1


def _argument(trivia: Trivia, node: Arg) -> Doc:
    value = expr(trivia, node.value)
    return (node.name.text, ": ", value) if node.name else value


def call(trivia: Trivia, node: Call) -> Doc:
    """`service.op(args)` or `flow(args)`."""
    if node.member is None:
        return (node.target.text, arguments(trivia, node.target, node.args, node.span.end))
    lead = trivia.lead(node.member.span.start)
    args = arguments(trivia, node.member, node.args, node.span.end)
    return (node.target.text, placed(lead, "", ("." + node.member.text, args)))


def type_ref(trivia: Trivia, node: TypeRef) -> Doc:
    """`T`, `[T]`, each possibly with a `?`."""
    lead = trivia.lead(node.span.end)
    return placed(lead, "", _type_text(node))


def _type_text(node: TypeRef) -> str:
    mark = "?" if node.optional else ""
    if node.item:
        return f"[{_type_text(node.item)}]{mark}"
    return (node.name.text if node.name else "") + mark


def field(trivia: Trivia, node: Field) -> Doc:
    """`name: type`."""
    return (node.name.text, ": ", type_ref(trivia, node.type))


def either(trivia: Trivia, names: tuple[Name, ...]) -> Doc:
    """`A | B`: the parts of a chain, for a group that indents them."""
    parts = [placed(trivia.lead(names[0].span.start), "", names[0].text)]
    end = names[0].span.end
    for name in names[1:]:
        parts += (trivia.gap(end, name.span.start, LINE), "| ", name.text)
        end = name.span.end
    return tuple(parts)


def series(
    trivia: Trivia, nodes: Sequence[N], build: Callable[[Trivia, N], Doc], word: str = ""
) -> Doc:
    """`a, b` outside brackets: the parts, for a group that indents them.

    `word` stands before the second and each further part.
    """
    parts: list[Doc] = [build(trivia, nodes[0])]
    end = nodes[0].span.end
    for node in nodes[1:]:
        parts += (",", trivia.gap(end, node.span.start, LINE), word, build(trivia, node))
        end = node.span.end
    return tuple(parts)
