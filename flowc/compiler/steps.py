"""What a step and a record mean."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.compiler.answers import answer
from flowc.compiler.body import Body, Place
from flowc.compiler.types import BROKEN, DECIMAL, NONE, TEXT, TIME, Type, join, show
from flowc.dsl import ast


def step(body: Body, written: ast.Step, place: Place) -> ir.Node | None:
    call = body.calls.step(written.action)
    answers = answer(body, written, call)
    otherwise = None
    result = None if call is None else _result(call)
    kind: Type | None = BROKEN if call is None else result
    if answers.otherwise is not None:
        otherwise = body.typer.expr(answers.otherwise.value, result)
        joined = join(NONE if result is None else result, otherwise.type)
        if call is None:
            joined = BROKEN
        if joined is None:
            body.report.say(
                "type-mismatch",
                otherwise.span,
                f"`{written.name.text}` is `{show(result or NONE)}`, "
                f"but `otherwise` gives `{show(otherwise.type)}`",
                "give a value of the same type, or none",
            )
            joined = BROKEN
        kind = joined
    elif place.reminder:
        body.report.say(
            "misplaced-statement",
            written.span,
            "a step of a reminder needs `otherwise`: it must not end the wait",
            "add `otherwise none`",
        )
    body.bind(written.name, kind, addressed=True)
    if call is None:
        return None
    return ir.Step(
        written.span,
        written.name.span,
        written.doc.text if written.doc else None,
        written.name.text,
        kind,
        call,
        answers.unknown,
        answers.written,
        answers.compensation,
        otherwise,
        body.commit is not None,
    )


def record(body: Body, written: ast.Record) -> ir.Node | None:
    value = written.value
    while isinstance(value, ast.Paren):
        value = value.value
    if isinstance(value, ast.Apply) and not value.args:
        match value.name.text:
            case "now":
                return _record(body, written, TIME, "now")
            case "uuid":
                return _record(body, written, TEXT, "uuid")
            case "random":
                return _record(body, written, DECIMAL, "random")
    if not isinstance(value, ast.Missing):
        body.report.say(
            "not-drawn",
            value.span,
            "`record` takes `now()`, `uuid()` or `random()`",
            "use `let` for what is computed",
        )
    body.bind(written.name, BROKEN)
    return None


def _record(body: Body, written: ast.Record, kind: Type, what: str) -> ir.Record:
    body.bind(written.name, kind)
    return ir.Record(
        written.span,
        written.name.span,
        written.name.text,
        kind,
        "now" if what == "now" else "uuid" if what == "uuid" else "random",
    )


def _result(call: ir.Call | ir.SubFlow) -> Type | None:
    return call.operation.result if isinstance(call, ir.Call) else call.result
