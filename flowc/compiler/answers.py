"""The clauses of a step: what answers UNKNOWN (rule 3), what compensates, what stands in."""

from __future__ import annotations

from flowc.compiler.body import Body
from flowc.compiler.contracts import UNGOVERNED, repeated
from flowc.compiler.flow import (
    Call,
    CompensateBlind,
    Compensation,
    Halt,
    Probe,
    SubFlow,
)
from flowc.diagnostic import Edit, Fix, Related
from flowc.dsl import ast
from flowc.source import Span
from flowc.struct import Struct


class Answers(Struct):
    """The answers that hold for a step; `written`: the author answered UNKNOWN."""

    unknown: Probe | CompensateBlind | Halt | None
    written: bool
    compensation: Compensation | None
    otherwise: ast.OtherwiseClause | None


_UNKNOWN = (ast.UnknownProbe, ast.UnknownCompensate, ast.UnknownHalt)


def answer(body: Body, written: ast.Step, call: Call | SubFlow | None) -> Answers:
    """Read the clauses of a step whose call is known, and decide what UNKNOWN means for it."""
    unknown: ast.UnknownProbe | ast.UnknownCompensate | ast.UnknownHalt | None = None
    compensate: ast.CompensateClause | None = None
    otherwise: ast.OtherwiseClause | None = None
    for clause in written.clauses:
        match clause:
            case ast.CompensateClause():
                if compensate is not None:
                    repeated("compensate", clause.span, compensate.span, body.report)
                compensate = compensate or clause
            case ast.OtherwiseClause():
                if otherwise is not None:
                    repeated("otherwise", clause.span, otherwise.span, body.report)
                otherwise = otherwise or clause
            case _:
                if unknown is not None:
                    repeated("on unknown", clause.span, unknown.span, body.report)
                unknown = unknown or clause
    if isinstance(call, Call):
        unknown, compensate = _belonging(body, call, unknown, compensate)
    elif isinstance(call, SubFlow) and unknown is not None:
        body.report.say(
            "misplaced-clause",
            unknown.span,
            "a sub-flow takes no `on unknown`",
            "its outcome is always known: it ends, or it halts this flow, too",
        )
        unknown = None
    compensation = _compensation(body, written, call, compensate)
    made: Probe | CompensateBlind | Halt | None = None
    if isinstance(call, Call):
        match unknown:
            case ast.UnknownProbe():
                made = body.calls.probe(unknown, call.operation.result, call.policy)
            case ast.UnknownCompensate():
                _check_blind(body, unknown.span, written, compensation, compensate)
                made = CompensateBlind(unknown.span)
            case ast.UnknownHalt():
                made = Halt(unknown.span)
            case None if call.operation.is_write:
                made = _implied(body, written, call, compensation, compensate, otherwise)
    return Answers(made, unknown is not None, compensation, otherwise)


def _belonging(
    body: Body,
    call: Call,
    unknown: ast.UnknownProbe | ast.UnknownCompensate | ast.UnknownHalt | None,
    compensate: ast.CompensateClause | None,
) -> tuple[
    ast.UnknownProbe | ast.UnknownCompensate | ast.UnknownHalt | None,
    ast.CompensateClause | None,
]:
    operation = call.operation
    if operation.is_write:
        return unknown, compensate
    what = "a read has no effect" if operation.is_read else "a notification is never undone"
    if unknown is not None:
        body.report.say(
            "misplaced-clause",
            unknown.span,
            f"`on unknown` does not belong here: {what}",
            f"without an answer `{operation.title}` simply fails; `otherwise` can stand in",
        )
    if compensate is not None:
        body.report.say(
            "misplaced-clause",
            compensate.span,
            f"`compensate` does not belong here: {what}",
            "remove it"
            if operation.is_read
            else f"declare `{operation.title}` with `writes` if it must be undone",
            related=(
                Related(
                    operation.span,
                    "declared here",
                    None if operation.source is body.scope.source else operation.source,
                ),
            ),
        )
    return None, None


def _compensation(
    body: Body,
    written: ast.Step,
    call: Call | SubFlow | None,
    clause: ast.CompensateClause | None,
) -> Compensation | None:
    if clause is None:
        return None
    own = call.policy if isinstance(call, Call) else body.calls.defaults.forward or UNGOVERNED
    result = None
    if isinstance(call, Call):
        result = call.operation.result
    elif call is not None:
        result = call.result
    mark = body.names.mark()
    name = written.name.text
    if name and body.names.get(name) is None:
        from flowc.compiler.types import BROKEN

        body.names.bind(name, BROKEN if call is None else result, written.name.span)
    made = body.calls.compensation(clause, name, own)
    body.names.rollback(mark)
    return made


def _check_blind(
    body: Body,
    at: Span,
    written: ast.Step,
    compensation: Compensation | None,
    clause: ast.CompensateClause | None,
) -> None:
    name = written.name.text
    if clause is None:
        body.report.say(
            "misplaced-clause",
            at,
            f"`{name}` has nothing to compensate with",
            "add `compensate service.action(...)` to the step, or write `on unknown halt`",
        )
    elif compensation is not None and compensation.uses_result:
        body.report.say(
            "compensation-needs-lost-result",
            compensation.call.span,
            f"when the outcome of `{name}` is unknown, its result is lost, "
            "but this compensation needs it",
            "compensate by a key that is known before the call, or use `on unknown probe`",
            related=(Related(at, "an unknown outcome is compensated"),),
            story=(f"{name} unknown", f"the ledger needs `{name}`, which nobody has"),
        )


def _implied(
    body: Body,
    written: ast.Step,
    call: Call,
    compensation: Compensation | None,
    clause: ast.CompensateClause | None,
    otherwise: ast.OtherwiseClause | None,
) -> CompensateBlind | Halt | None:
    """Rule 3 for a step without `on unknown`."""
    if clause is not None and (compensation is None or compensation.call.operation.is_read):
        return None  # its call is wrong, and that is reported
    if (
        compensation is not None
        and compensation.call.operation.absorbing
        and not compensation.uses_result
    ):
        return CompensateBlind(written.span)
    if body.commit is not None:
        return None if otherwise is not None else Halt(written.span)
    name = written.name.text
    if compensation is None:
        reason = "nothing undoes it blindly"
    elif compensation.uses_result:
        reason = f"`{compensation.call.operation.title}` needs its result"
    else:
        reason = f"`{compensation.call.operation.title}` is not absorbing"
    end = written.action.span.end
    body.report.say(
        "unknown-outcome-unanswered",
        written.name.span,
        f"nobody says what happens when the outcome of `{name}` is unknown",
        "answer with `on unknown probe service.read(...)`, `on unknown halt`, or an absorbing "
        "compensation that does not use the result",
        label="timeout, crash, lost answer",
        related=(
            Related(
                call.operation.span,
                f"it takes effect, and {reason}",
                None if call.operation.source is body.scope.source else call.operation.source,
            ),
        ),
        fix=Fix(
            "stop for a person to look: `on unknown halt`",
            (Edit(Span(end, end), "\n    on unknown halt"),),
            safe=False,
        ),
        story=(f"{name} times out", f"did `{call.operation.title}` happen? nobody knows"),
    )
    return None
