"""A flow's declaration to a Flow at one version."""

from __future__ import annotations

from flowc.compiler import branching, endings, loops, messages, steps
from flowc.compiler import flow as ir
from flowc.compiler.body import TOP, Body, Place
from flowc.compiler.expr import Lit
from flowc.compiler.headers import Headers, headers
from flowc.compiler.mentioned import mentioned
from flowc.compiler.names import Names
from flowc.compiler.projection import project
from flowc.compiler.types import DURATION, TIME
from flowc.dsl import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import assert_never

    from flowc.compiler.resolve import Scope
else:

    def assert_never(value):
        raise AssertionError(value)


def statement(body: Body, written: ast.Statement, place: Place) -> tuple[ir.Node | None, bool]:
    """The meaning of a statement, and whether control goes on behind it."""
    if place.reminder and not isinstance(written, ast.Step):
        body.report.say(
            "misplaced-statement",
            written.span,
            "a reminder holds steps only",
            "do other work before or after the `await`",
        )
        if isinstance(written, ast.Commit | ast.Next):
            return None, True
        place = Place(False, False, False, ())
    match written:
        case ast.Step():
            return steps.step(body, written, place), True
        case ast.Let():
            value = body.typer.expr(written.value)
            body.bind(written.name, value.type)
            return ir.Let(written.span, written.name.span, written.name.text, value), True
        case ast.Record():
            return steps.record(body, written), True
        case ast.Next():
            return loops.next_(body, written, place), True
        case ast.If():
            return branching.if_(body, written, place)
        case ast.Match():
            return branching.match(body, written, place)
        case ast.Since() | ast.Until():
            raise AssertionError("the body is projected to a version before it is lowered")
        case ast.Parallel():
            return branching.parallel(body, written, place)
        case ast.For():
            return loops.for_(body, written, place), True
        case ast.Repeat():
            return loops.repeat(body, written, place)
        case ast.WaitFor():
            duration = body.typer.value(written.duration, DURATION, "what `wait` takes")
            if isinstance(duration, Lit) and duration.value == 0:
                body.report.say(
                    "bad-number",
                    duration.span,
                    "a wait of 0 is none",
                    "write how long, as in `30s`, or take it away",
                )
            return ir.WaitFor(written.span, duration), True
        case ast.WaitUntil():
            time = body.typer.value(written.time, TIME, "what `wait until` takes")
            return ir.WaitUntil(written.span, time), True
        case ast.Await():
            return messages.await_(body, written, place)
        case ast.Try():
            return branching.try_(body, written, place)
        case ast.Commit():
            return endings.commit_(body, written, place), True
        case ast.Fail():
            return endings.fail(body, written), False
        case ast.Return():
            return endings.return_(body, written, place), False
    assert_never(written)


def lower(decl: ast.FlowDecl, scope: Scope, version: int, head: Headers) -> ir.Flow:
    """The flow as instances of `version` run it; findings go to the scope's reporter."""
    signature = scope.signature(decl.name.text)
    params = signature.params if signature is not None else scope.fields(decl.params, "parameter")
    result = scope.type_of(decl.result) if decl.result else None
    names = Names()
    for param in params:
        names.bind(param.name, param.type, param.span)
    body = Body(scope, names, head.defaults, result, statement)
    for param in params:
        body.typer.declared(param.name, param.span)
    made = body.block(project(decl.body, version), TOP)
    if made.ends and result is not None:
        scope.report.say(
            "missing-return",
            decl.name.span,
            f"`{decl.name.text}` can end without the result that it promises",
            "add `return ...` at its end",
        )
    services, records, enums, errors = mentioned(params, result, made.block, scope)
    return ir.Flow(
        decl.span,
        decl.name.span,
        scope.source,
        decl.doc.text if decl.doc else None,
        decl.name.text,
        version,
        head.versions,
        head.owner,
        head.runbook,
        head.key,
        head.on_duplicate,
        head.deadline,
        head.compensate_within,
        head.slo,
        params,
        result,
        made.block,
        services,
        records,
        enums,
        errors,
    )


def lower_all(decl: ast.FlowDecl, scope: Scope) -> tuple[ir.Flow, ...]:
    """The flow at every supported version, oldest first."""
    head = headers(decl, scope)
    return tuple(lower(decl, scope, version, head) for version in head.versions)
