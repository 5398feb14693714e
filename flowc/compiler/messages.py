"""What waiting for people means: await, its reminders and its timeout."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.compiler.body import Arm, Body, Place
from flowc.compiler.contracts import repeated
from flowc.compiler.types import INT, TEXT
from flowc.dsl import ast


def await_(body: Body, written: ast.Await, place: Place) -> tuple[ir.Node, bool]:
    kind = body.scope.type_of(written.type)
    who = None
    if written.who is not None:
        who = body.typer.value(written.who, TEXT, "whom `from` names")
    within = None if written.within is None else body.scope.duration(written.within)
    reminders: list[ir.Reminder] = []
    on_timeout: ast.OnTimeout | None = None
    for part in written.meanwhile:
        if isinstance(part, ast.OnTimeout):
            if on_timeout is not None:
                repeated("on timeout", part.span, on_timeout.span, body.report)
                continue
            on_timeout = part
        else:
            reminders.append(_reminder(body, part, place))
    if on_timeout is not None and written.within is None:
        body.report.say(
            "misplaced-clause",
            on_timeout.span,
            "nothing times out here",
            "add `within` to the `await`",
        )
    block: ir.Block | None = None
    if on_timeout is not None:
        block, late = body.arm(on_timeout.body, place.inside())
    else:
        late = Arm({}, {}, False)
    mark = body.names.mark()
    body.bind(written.name, kind, addressed=True)
    since = body.names.rollback(mark)
    signal = Arm(since.bound, since.taken, True)
    binds = body.merge([signal, late])
    node = ir.Await(
        written.span,
        written.name.span,
        written.doc.text if written.doc else None,
        written.name.text,
        kind,
        who,
        within,
        tuple(reminders),
        block,
        binds,
    )
    return node, True


def _reminder(body: Body, written: ast.After | ast.Every, place: Place) -> ir.Reminder:
    delay = body.scope.duration(written.delay if isinstance(written, ast.After) else written.period)
    index = written.index if isinstance(written, ast.Every) else None
    mark = body.names.mark()
    if index is not None:
        body.bind(index, INT)
    block, arm = body.arm(written.body, place.inside(reminder=True, carries=()))
    body.names.rollback(mark)
    body.take(arm)
    for name in arm.bound:
        body.names.gone[name] = "what a reminder binds ends with the reminder"
    return ir.Reminder(
        written.span,
        delay or 1,
        isinstance(written, ast.Every),
        index.text if index is not None else None,
        block,
    )
