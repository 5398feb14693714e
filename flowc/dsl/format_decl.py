"""Declarations, with the headers of flows, become documents."""

from __future__ import annotations

from flowc.dsl.ast import (
    AbsorbingTrait,
    AttemptsItem,
    BackoffItem,
    ConstDecl,
    DeadlineHead,
    Decl,
    DefaultHead,
    EnumDecl,
    ErrorDecl,
    ExhaustedItem,
    FlowDecl,
    Governance,
    Head,
    HeartbeatItem,
    ImportDecl,
    KeyHead,
    KeyTrait,
    LeaseTrait,
    Name,
    NotifiesTrait,
    OpDecl,
    OwnerHead,
    PolicyDecl,
    PolicyItem,
    RaisesTrait,
    ServiceDecl,
    SloComplete,
    SloFailures,
    SloHead,
    SloStart,
    TimeoutItem,
    Trait,
    TypeDecl,
    TypeRef,
    VersionHead,
    WithinItem,
    WritesTrait,
)
from flowc.dsl.format_expr import assigned, either, expr, field, parameters, series, type_ref
from flowc.dsl.format_flow import block, documentation, within
from flowc.dsl.layout import COMMA, HARD, LINE, Doc, Group, Indent
from flowc.dsl.trivia import Trivia, named, placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar, assert_never

    from flowc.dsl.trivia import Node

    N = TypeVar("N", bound=Node)
else:
    from flowc.struct import assert_never


def declaration(trivia: Trivia, node: Decl) -> Doc:
    """One declaration with its documentation."""
    if isinstance(node, ImportDecl):
        return ("import ", expr(trivia, node.path))
    documented = documentation(trivia, node.doc, node.span.start)
    return (documented, _declared(trivia, node)) if documented else _declared(trivia, node)


def _declared(trivia: Trivia, node: Decl) -> Doc:
    match node:
        case ImportDecl():
            return ("import ", expr(trivia, node.path))
        case ConstDecl():
            return (named(trivia, "const", node.name), assigned(trivia, node.value))
        case TypeDecl():
            return _body(trivia, "type", node.name, node.fields, node.span.end, field)
        case EnumDecl():
            return _body(trivia, "enum", node.name, node.members, node.span.end, _member)
        case PolicyDecl():
            return _body(trivia, "policy", node.name, node.items, node.span.end, _policy_item)
        case ErrorDecl():
            return _error(trivia, node)
        case ServiceDecl():
            return _service(trivia, node)
        case FlowDecl():
            return _flow(trivia, node)
        case _:
            assert_never(node)


def _body(
    trivia: Trivia,
    word: str,
    name: Name,
    nodes: Sequence[N],
    end: int,
    build: Callable[[Trivia, N], Doc],
) -> Doc:
    """`word name { a, b }`; one part per line without commas where broken."""
    head = named(trivia, word, name)
    inside = trivia.enclosed(nodes, name.span.end, end, build, edge=LINE, between=COMMA)
    return Group((head, " {", inside, "}"))


def _member(_: Trivia, node: Name) -> Doc:
    return node.text


def _error(trivia: Trivia, node: ErrorDecl) -> Doc:
    parts = [named(trivia, "error", node.name)]
    if node.fields is not None:
        parts.append(parameters(trivia, node.name, node.fields)[0])
    if node.transient:
        parts.append(placed(trivia.lead(node.span.end), " ", "transient"))
    return tuple(parts)


def _policy_item(trivia: Trivia, node: PolicyItem) -> Doc:
    match node:
        case TimeoutItem():
            return ("timeout ", expr(trivia, node.limit))
        case WithinItem():
            return ("within ", expr(trivia, node.limit))
        case HeartbeatItem():
            return ("heartbeat ", expr(trivia, node.every))
        case AttemptsItem():
            if node.count:
                return ("attempts ", expr(trivia, node.count))
            return ("attempts ", placed(trivia.lead(node.span.end), "", "unlimited"))
        case BackoffItem():
            return _backoff(trivia, node)
        case ExhaustedItem():
            return ("exhausted page ", expr(trivia, node.page))
        case _:
            assert_never(node)


def _backoff(trivia: Trivia, node: BackoffItem) -> Doc:
    parts: list[Doc] = ["backoff ", expr(trivia, node.first)]
    if node.cap:
        lead = trivia.lead(node.cap.span.start)
        parts.append(placed(lead, "", ("..", expr(trivia, node.cap))))
    if node.factor:
        lead = trivia.lead(node.factor.span.start)
        parts.append(placed(lead, " ", ("factor ", expr(trivia, node.factor))))
    if node.jitter:
        parts.append(placed(trivia.lead(node.span.end), " ", "jitter"))
    return tuple(parts)


# -- services --------------------------------------------------------------------------------


def _service(trivia: Trivia, node: ServiceDecl) -> Doc:
    head = named(trivia, "service", node.name)
    edge = LINE if len(node.ops) < 2 else HARD
    start, end = trivia.find("{", node.name.span.end) + 1, node.span.end
    inside = trivia.enclosed(node.ops, start, end, _operation, edge=edge, between=HARD)
    return Group((head, " {", inside, "}"))


def _operation(trivia: Trivia, node: OpDecl) -> Doc:
    """On one line, or one trait per line."""
    documented = documentation(trivia, node.doc, node.span.start)
    name = named(trivia, node.kind, node.name)
    params, end = parameters(trivia, node.name, node.params)
    head: list[Doc] = [name, params]
    if node.result:
        head.append(_result(trivia, node.result))
        end = node.result.span.end
    if not node.traits:
        return (documented, *head)
    traits: list[Doc] = []
    for trait in node.traits:
        traits += (trivia.gap(end, trait.span.start, LINE), _trait(trivia, trait))
        end = trait.span.end
    return (documented, Group((*head, Indent(tuple(traits)))))


def _result(trivia: Trivia, node: TypeRef) -> Doc:
    return placed(trivia.lead(node.span.end), " ", ("-> ", type_ref(trivia, node)))


def _trait(trivia: Trivia, node: Trait) -> Doc:
    match node:
        case WritesTrait() | NotifiesTrait():
            word = "writes " if isinstance(node, WritesTrait) else "notifies "
            return (word, placed(trivia.lead(node.resource.span.start), "", node.resource.text))
        case KeyTrait():
            lead = trivia.lead(node.params[0].span.start)
            inside = Group(Indent(series(trivia, node.params, _member)))
            return ("key ", placed(lead, "", inside))
        case RaisesTrait():
            lead = trivia.lead(node.errors[0].span.start)
            return ("raises ", placed(lead, "", Group(Indent(either(trivia, node.errors)))))
        case LeaseTrait():
            return ("lease ", expr(trivia, node.limit))
        case AbsorbingTrait():
            return "absorbing"
        case _:
            assert_never(node)


# -- flows -----------------------------------------------------------------------------------

_ORDER: dict[type, int] = {
    VersionHead: 0,
    OwnerHead: 1,
    KeyHead: 2,
    DeadlineHead: 3,
    DefaultHead: 4,
    SloHead: 5,
}


def _flow(trivia: Trivia, node: FlowDecl) -> Doc:
    parts = [named(trivia, "flow", node.name)]
    parts.append(parameters(trivia, node.name, node.params)[0])
    if node.result:
        parts.append(_result(trivia, node.result))
    if not node.heads:
        return (*parts, " ", block(trivia, node.body))
    opened = trivia.trailing(node.body.span.start + 1)
    heads: list[tuple[int, Doc]] = []
    for head in node.heads:
        lead = trivia.lead(head.span.start)
        line = (lead, _head(trivia, head), trivia.trailing(head.span.end))
        heads.append((_ORDER[head.__class__], line))
    heads.sort(key=lambda line: line[0])
    above: list[Doc] = []
    for _, ordered in heads:
        above += (HARD, ordered)
    return (*parts, " ", block(trivia, node.body, above=tuple(above[1:]), opened=opened))


def _head(trivia: Trivia, node: Head) -> Doc:
    match node:
        case VersionHead():
            number: Doc = ("version ", expr(trivia, node.number))
            if not node.supports:
                return number
            lead = trivia.lead(node.supports.span.start)
            return (number, placed(lead, " ", ("supports ", expr(trivia, node.supports))))
        case OwnerHead():
            owner: Doc = ("owner ", expr(trivia, node.owner))
            if not node.runbook:
                return owner
            gap = trivia.gap(node.owner.span.end, node.runbook.span.start, LINE)
            return Group((owner, Indent((gap, "runbook ", expr(trivia, node.runbook)))))
        case KeyHead():
            key: Doc = ("key ", expr(trivia, node.key))
            lead = trivia.lead(node.span.end)
            return (key, placed(lead, " ", "on duplicate " + node.on_duplicate))
        case DeadlineHead():
            limit: Doc = ("deadline ", expr(trivia, node.limit))
            if not node.compensate:
                return limit
            gap = trivia.gap(node.limit.span.end, node.compensate.span.start, LINE)
            compensate: Doc = ("compensate within ", expr(trivia, node.compensate))
            return Group((limit, ",", Indent((gap, compensate))))
        case DefaultHead():
            forward: Doc = ("default ", _governance(trivia, node.forward))
            if not node.compensate:
                return forward
            start = node.compensate.policy.span.start
            gap = trivia.gap(node.forward.span.end, start, LINE)
            unwinding: Doc = ("compensate ", _governance(trivia, node.compensate))
            return Group((forward, ",", Indent((gap, unwinding))))
        case SloHead():
            return ("slo ", Group(Indent(series(trivia, node.items, _objective))))
        case _:
            assert_never(node)


def _governance(trivia: Trivia, node: Governance) -> Doc:
    policy = placed(trivia.lead(node.policy.span.start), "", "with " + node.policy.text)
    return (policy, within(trivia, node.within)) if node.within else policy


def _objective(trivia: Trivia, node: SloStart | SloComplete | SloFailures) -> Doc:
    match node:
        case SloStart():
            return ("start ", expr(trivia, node.limit))
        case SloComplete():
            limit: Doc = ("complete ", expr(trivia, node.limit))
            return (limit, placed(trivia.lead(node.span.end), " ", f"for {node.percent}%"))
        case SloFailures():
            return ("failures ", placed(trivia.lead(node.span.end), "", node.percent + "%"))
        case _:
            assert_never(node)
