"""What ends a path or a phase: commit, fail and return."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.compiler.applying import arguments
from flowc.compiler.body import Body, Place
from flowc.compiler.contracts import repeated
from flowc.compiler.types import Broken, NoneType, show
from flowc.diagnostic import Related
from flowc.dsl import ast


def commit_(body: Body, written: ast.Commit, place: Place) -> ir.Node:
    if not place.top:
        if place.concurrent:
            body.report.say(
                "commit-in-parallel",
                written.span,
                "a commit here would bind the others that may still fail",
                "move `commit` to the top level, after the `parallel` or `for`",
            )
        else:
            body.report.say(
                "misplaced-statement",
                written.span,
                "`commit` stands at the top level of a flow",
                "move it out of the block: before it everything can be undone, after it nothing",
            )
    elif body.commit is not None:
        repeated("commit", written.span, body.commit, body.report)
    body.commit = body.commit or written.span
    return ir.Commit(written.span)


def fail(body: Body, written: ast.Fail) -> ir.Node | None:
    error = body.scope.error_named(written.error)
    if body.commit is not None:
        body.report.say(
            "fail-after-commit",
            written.span,
            "after `commit` nothing is undone",
            "decide before the `commit`, or go on and `return` what is known",
            related=(Related(body.commit, "the point of no return"),),
        )
    if error is None:
        for arg in written.args or ():
            body.typer.expr(arg.value)
        return None
    if error.source is None:
        body.report.say(
            "misplaced-statement",
            written.error.span,
            f"`{error.name}` is built in: only the engine raises it",
            "declare an error of your own: `error ...`",
        )
    args = arguments(
        body.typer, error.fields, written.args or (), written.error.span, f"`{error.name}`", "field"
    )
    return ir.Fail(written.span, error, args)


def return_(body: Body, written: ast.Return, place: Place) -> ir.Node:
    if place.concurrent:
        body.report.say(
            "return-in-parallel",
            written.span,
            "no `return` inside `parallel` or `for`",
            "the others are still running: bind a name and return after them",
        )
    if body.result is None:
        value = body.typer.expr(written.value)
        if not isinstance(value.type, NoneType | Broken):
            body.report.say(
                "type-mismatch",
                value.span,
                "this flow returns nothing",
                f"declare it: `-> {show(value.type)}` behind its parameters",
            )
        return ir.Return(written.span, None)
    value = body.typer.value(written.value, body.result, "the result of the flow")
    return ir.Return(written.span, value)
