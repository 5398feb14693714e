"""The head of a flow: version, owner, key, deadline, defaults and objectives."""

from __future__ import annotations

from flowc.compiler.calls import Defaults, governed_by
from flowc.compiler.contracts import plain_text, repeated
from flowc.compiler.expr import Expr
from flowc.compiler.flow import Slo
from flowc.compiler.literals import whole
from flowc.compiler.names import Names
from flowc.compiler.typer import Typer
from flowc.compiler.types import INT, TEXT, Broken, EnumType, OptionalType, show
from flowc.dsl import ast
from flowc.source import Span
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from flowc.compiler.resolve import Scope

MOST_VERSIONS = 100  # supported at once; each is checked on its own


class Headers(Struct):
    """What the head of a flow says; absent parts are None. See flow.Flow for the units."""

    versions: tuple[int, ...]
    owner: str | None
    runbook: str | None
    key: Expr | None
    on_duplicate: Literal["attach", "reject"] | None
    deadline: int | None
    compensate_within: int | None
    defaults: Defaults
    slo: Slo | None


_WORDS: dict[type, str] = {
    ast.VersionHead: "version",
    ast.OwnerHead: "owner",
    ast.KeyHead: "key",
    ast.DeadlineHead: "deadline",
    ast.DefaultHead: "default",
    ast.SloHead: "slo",
}


def headers(decl: ast.FlowDecl, scope: Scope) -> Headers:
    """Read the head of a flow of `scope`'s file."""
    found = Headers((1,), None, None, None, None, None, None, Defaults(None, None), None)
    seen: dict[str, Span] = {}
    for head in decl.heads:
        word = _WORDS[type(head)]
        if word in seen:
            repeated(word, head.span, seen[word], scope.report)
            continue
        seen[word] = head.span
        match head:
            case ast.VersionHead():
                found = found.replace(versions=_versions(head, scope))
            case ast.OwnerHead():
                runbook = None if head.runbook is None else plain_text(head.runbook, scope.report)
                found = found.replace(owner=plain_text(head.owner, scope.report), runbook=runbook)
            case ast.KeyHead():
                found = found.replace(key=_key(head, decl, scope), on_duplicate=head.on_duplicate)
            case ast.DeadlineHead():
                undo = None if head.compensate is None else scope.duration(head.compensate)
                found = found.replace(deadline=scope.duration(head.limit), compensate_within=undo)
            case ast.DefaultHead():
                forward = governed_by(scope, head.forward)
                back = None if head.compensate is None else governed_by(scope, head.compensate)
                found = found.replace(defaults=Defaults(forward, back))
            case ast.SloHead():
                found = found.replace(slo=_slo(head, scope))
    return found


def _versions(head: ast.VersionHead, scope: Scope) -> tuple[int, ...]:
    newest = whole(head.number, scope.report) or 1
    oldest = newest
    if head.supports is not None:
        oldest = whole(head.supports, scope.report) or newest
        if oldest > newest:
            scope.report.say(
                "bad-number",
                head.supports.span,
                "a version cannot support one that is newer than itself",
                f"`version {newest} supports {newest}` at most",
            )
            oldest = newest
    if newest - oldest >= MOST_VERSIONS:
        scope.report.say(
            "bad-number",
            head.span,
            f"at most {MOST_VERSIONS} versions can run side by side",
            f"let the oldest finish, then write `supports {newest - MOST_VERSIONS + 1}`",
        )
        oldest = newest
    return tuple(range(oldest, newest + 1))


def _key(head: ast.KeyHead, decl: ast.FlowDecl, scope: Scope) -> Expr:
    names = Names()
    signature = scope.signature(decl.name.text)
    for param in signature.params if signature is not None else ():
        names.bind(param.name, param.type, param.span)
    typer = Typer(scope, names)
    made = typer.expr(head.key)
    if isinstance(made.type, OptionalType):
        scope.report.say(
            "maybe-none",
            made.span,
            "a business key is never none",
            "give a value with `??`, or make the field required",
            label=f"`{show(made.type)}`",
        )
    elif made.type not in (TEXT, INT) and not isinstance(made.type, Broken | EnumType):
        scope.report.say(
            "type-mismatch",
            made.span,
            f"a business key is a text or an int, but this is `{show(made.type)}`",
            'put what identifies the process into a text: `"{a}/{b}"`',
        )
    return made


def _slo(head: ast.SloHead, scope: Scope) -> Slo:
    found = Slo(head.span, None, None, None, None)
    seen: dict[str, Span] = {}
    for item in head.items:
        word = {ast.SloStart: "start", ast.SloComplete: "complete"}.get(type(item), "failures")
        if word in seen:
            repeated(word, item.span, seen[word], scope.report)
            continue
        seen[word] = item.span
        match item:
            case ast.SloStart():
                found = found.replace(start=scope.duration(item.limit))
            case ast.SloComplete():
                found = found.replace(
                    complete=scope.duration(item.limit),
                    complete_percent=_percent(item.percent, item.span, scope),
                )
            case ast.SloFailures():
                found = found.replace(failures_percent=_percent(item.percent, item.span, scope))
    return found


def _percent(written: str, span: Span, scope: Scope) -> str:
    whole_part = written.partition(".")[0].lstrip("0")
    if len(written) > 12 or len(whole_part) > 3 or float(written) > 100:
        scope.report.say("bad-number", span, "a share lies between 0% and 100%")
        return "100"
    return written
