"""Policies and services: from clauses in any order to contracts with every default spelled out."""

from __future__ import annotations

from flowc.compiler.flow import Operation, Policy, Service
from flowc.compiler.literals import whole
from flowc.compiler.types import ErrorType
from flowc.diagnostic import Related
from flowc.dsl import ast
from flowc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc.compiler.report import Reporter
    from flowc.compiler.resolve import Scope

UNGOVERNED = Policy(Span(0, 0), None, None, 1, 0, None, 1.0, False, None, None, None)
"""What holds where neither step, policy nor default says anything (rule: attempts 1, no wait)."""

MAX_DURATION = 1000 * 365 * 86_400_000  # a thousand years in ms: sums stay far below 2**53


def once(
    parts: Iterable[ast.Trait | ast.PolicyItem], words: dict[type, str], report: Reporter
) -> None:
    """Report every clause that stands a second time."""
    seen: dict[str, Span] = {}
    for part in parts:
        word = words[type(part)]
        if word in seen:
            repeated(word, part.span, seen[word], report)
        seen.setdefault(word, part.span)


def repeated(word: str, span: Span, first: Span, report: Reporter) -> None:
    """Report a clause that may stand only once."""
    report.say(
        "repeated-clause",
        span,
        f"`{word}` stands here twice",
        "keep one of them",
        related=(Related(first, "the first one"),),
    )


_ITEM_WORDS: dict[type, str] = {
    ast.TimeoutItem: "timeout",
    ast.AttemptsItem: "attempts",
    ast.BackoffItem: "backoff",
    ast.WithinItem: "within",
    ast.HeartbeatItem: "heartbeat",
    ast.ExhaustedItem: "exhausted",
}
_TRAIT_WORDS: dict[type, str] = {
    ast.WritesTrait: "writes",
    ast.NotifiesTrait: "notifies",
    ast.KeyTrait: "key",
    ast.RaisesTrait: "raises",
    ast.LeaseTrait: "lease",
    ast.AbsorbingTrait: "absorbing",
}


def policy(decl: ast.PolicyDecl, scope: Scope) -> Policy:
    """The meaning of a policy of `scope`'s file."""
    report = scope.report
    once(decl.items, _ITEM_WORDS, report)
    found = UNGOVERNED.replace(span=decl.name.span, name=decl.name.text)
    for item in decl.items:
        match item:
            case ast.TimeoutItem():
                found = found.replace(timeout=scope.duration(item.limit))
            case ast.AttemptsItem():
                count = None if item.count is None else whole(item.count, report) or 1
                found = found.replace(attempts=count)
            case ast.BackoffItem():
                found = _backoff(found, item, scope)
            case ast.WithinItem():
                found = found.replace(within=scope.duration(item.limit))
            case ast.HeartbeatItem():
                found = found.replace(heartbeat=scope.duration(item.every))
            case ast.ExhaustedItem():
                found = found.replace(page=plain_text(item.page, report))
    return found


def _backoff(found: Policy, item: ast.BackoffItem, scope: Scope) -> Policy:
    report = scope.report
    first = scope.duration(item.first, zero=True) or 0
    cap = None if item.cap is None else scope.duration(item.cap, zero=True)
    if cap is not None and cap < first:
        report.say(
            "bad-number",
            item.span,
            "the longest wait is shorter than the first",
            "write the shorter one first: `backoff 1s..30s`",
        )
        cap = first
    factor = 1.0
    if item.factor is not None:
        factor = float(item.factor.text) if len(item.factor.text) < 20 else 0.0
        if not 1 <= factor <= 1000:
            report.say(
                "bad-number",
                item.factor.span,
                "a factor lies between 1 and 1000",
                "each wait is the one before times the factor",
            )
            factor = 1.0
    return found.replace(backoff=first, cap=cap, factor=factor, jitter=item.jitter)


def plain_text(text: ast.Text, report: Reporter) -> str:
    """The text of a literal that may have no holes."""
    if any(not isinstance(part, str) for part in text.parts):
        report.say(
            "not-a-literal",
            text.span,
            "this text may have no holes",
            "it is read before any instance runs; write `\\{` for a brace",
        )
    return "".join(part for part in text.parts if isinstance(part, str))


def service(decl: ast.ServiceDecl, scope: Scope) -> Service:
    """The meaning of a service of `scope`'s file."""
    operations: dict[str, Operation] = {}
    for op in decl.ops:
        name = op.name.text
        if name in operations and name:
            scope.report.say(
                "duplicate-declaration",
                op.name.span,
                f"`{decl.name.text}` has two operations `{name}`",
                "rename or remove one",
                related=(Related(operations[name].span, "the first one"),),
            )
            continue
        operations[name] = _operation(decl.name.text, op, scope)
    doc = decl.doc.text if decl.doc else None
    return Service(decl.name.span, scope.source, doc, decl.name.text, tuple(operations.values()))


def _operation(service_name: str, op: ast.OpDecl, scope: Scope) -> Operation:
    report = scope.report
    once(op.traits, _TRAIT_WORDS, report)
    params = scope.fields(op.params, "parameter")
    writes = notifies = None
    key: tuple[str, ...] | None = None
    raises: tuple[ErrorType, ...] = ()
    lease: int | None = None
    absorbing = False
    for trait in op.traits:
        if op.kind == "read" and not isinstance(trait, ast.RaisesTrait):
            word = _TRAIT_WORDS[type(trait)]
            report.say(
                "misplaced-clause",
                trait.span,
                f"a read has no `{word}`",
                "a read has no effect; make it an `action` if it changes something",
            )
            continue
        match trait:
            case ast.WritesTrait():
                writes = trait.resource.text
            case ast.NotifiesTrait():
                notifies = trait.resource.text
            case ast.KeyTrait():
                key = _key(trait, op, scope)
            case ast.RaisesTrait():
                raises = _raised(trait, scope)
            case ast.LeaseTrait():
                lease = scope.duration(trait.limit)
            case ast.AbsorbingTrait():
                absorbing = True
    if writes is not None and notifies is not None:
        report.say(
            "misplaced-clause",
            op.name.span,
            f"`{op.name.text}` both writes and notifies",
            "keep `writes` if it must be compensated, `notifies` if it only tells somebody",
        )
    return Operation(
        op.name.span,
        scope.source,
        op.doc.text if op.doc else None,
        service_name,
        op.name.text,
        op.kind,
        params,
        scope.type_of(op.result) if op.result else None,
        writes,
        notifies,
        key,
        raises,
        lease,
        absorbing,
    )


def _key(trait: ast.KeyTrait, op: ast.OpDecl, scope: Scope) -> tuple[str, ...]:
    known = [param.name.text for param in op.params]
    names: list[str] = []
    for name in trait.params:
        if name.text in known:
            if name.text not in names:
                names.append(name.text)
        else:
            scope.unknown("parameter", name, known)
    return tuple(names)


def _raised(trait: ast.RaisesTrait, scope: Scope) -> tuple[ErrorType, ...]:
    found: list[ErrorType] = []
    for name in trait.errors:
        error = scope.error_named(name)
        if error is None:
            continue
        if error.source is None:
            scope.report.say(
                "misplaced-clause",
                name.span,
                f"`{name.text}` is built in: an action cannot raise it",
                "declare an error of your own: `error ...`",
            )
        elif error not in found:
            found.append(error)
    return tuple(found)
