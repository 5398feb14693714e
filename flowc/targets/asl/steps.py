"""A step to states: its intent, its call, the answers to UNKNOWN, and `otherwise`."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.targets.asl.calls import Governed, arguments, begin, lower, reserve
from flowc.targets.asl.names import expression, quote, said
from flowc.targets.asl.scope import Place, Scope, unknown
from flowc.targets.asl.unwinding import entry, start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc.targets.asl.scope import Assigned

CHILD = "arn:aws:states:::states:startExecution.sync:2"
# in the input of a flow that another one calls; no parameter can be called so
DEADLINE, PREFIX, DEAF = "flowc:deadline", "flowc:path", "flowc:deaf"


def lower_step(scope: Scope, step: ir.Step, name: str, to: str, place: Place) -> None:
    """The states of a step, the first of which is `name`."""
    if isinstance(step.call, ir.SubFlow):
        _sub_flow(scope, step, step.call, name, to, place)
        return
    call, undo = step.call, step.compensation
    task = scope.take(step.name)
    places = reserve(scope, task, call, "do")
    path = scope.path(step.name, place)
    intent: Assigned = begin(scope, call, arguments(scope, call))
    if undo is not None:
        scope.compensations.append((task, step))
        if not undo.uses_result:
            frozen = scope.own_variable("undoing")
            intent[frozen] = expression(arguments(scope, undo.call))
    if isinstance(step.unknown, ir.Probe):
        intent[scope.own_variable("asking")] = expression(arguments(scope, step.unknown.call))
    catch = place.catch
    if step.otherwise is not None:
        catch = _otherwise(scope, step, task, to, intent)
    guard(scope, name, intent, task, place)

    def ended_well(value: str) -> Assigned:
        assign: Assigned = {scope.variable(step.name): expression(value)}
        if undo is not None:
            frozen = f"${scope.own_variable('undoing')}"
            made = arguments_of_result(value) if undo.uses_result else frozen
            assign[scope.ledger] = entry(scope, task, path, made)
        return assign

    def arguments_of_result(value: str) -> str:
        assert undo is not None
        return scope.expressions.bound_as(step.name, value, lambda: arguments(scope, undo.call))

    def fails(code: str) -> tuple[Assigned, str]:
        return {scope.error: expression(code)}, catch

    lower(
        scope,
        places,
        Governed(
            call,
            "do",
            path,
            step.doc,
            lambda value: [(None, ended_well(value), to)],
            fails,
            _lost(scope, step, task, path, catch, to, ended_well),
        ),
    )


def _lost(
    scope: Scope,
    step: ir.Step,
    task: str,
    path: str,
    catch: str,
    to: str,
    ended_well: Callable[[str], Assigned],
) -> tuple[Assigned, str]:
    """Where a step of unknown outcome goes."""
    undo = step.compensation
    fails: Assigned = {scope.error: expression(unknown(path))}
    barred = dict(fails)
    if undo is not None and not undo.uses_result:
        frozen = f"${scope.own_variable('undoing')}"
        barred[scope.ledger] = entry(scope, task, path, frozen)
    stops: Assigned = {scope.halted: expression(path)}
    match step.unknown:
        case None:
            return fails, catch
        case ir.Halt():
            return stops, scope.halt
        case ir.CompensateBlind():
            return barred, catch
    asked = step.unknown.call
    probe = scope.take(f"{task} probe")
    assert isinstance(step.call, ir.Call)

    def answers(value: str) -> list[tuple[str | None, Assigned, str]]:
        late = barred if undo is not None and undo.call.operation.absorbing else fails
        if isinstance(step.call, ir.Call) and step.call.operation.result is None:
            return [(value, ended_well("null"), to), (None, late, catch)]
        return [(f"{value} != null", ended_well(value), to), (None, late, catch)]

    lower(
        scope,
        reserve(scope, probe, asked, "probe"),
        Governed(
            asked, "probe", path, None, answers, lambda _: (stops, scope.halt), (stops, scope.halt)
        ),
    )
    return begin(scope, asked, f"${scope.own_variable('asking')}"), probe


def guard(scope: Scope, name: str, assign: Assigned, to: str, place: Place) -> None:
    """Go on, assigning, unless the deadline has passed; after `commit` it is not looked at."""
    if place.committed:
        scope.passing(name, assign, to)
    else:
        scope.choice(name, [("$millis() >= $deadline_", {}, scope.late)], (assign, to))


def _otherwise(scope: Scope, step: ir.Step, task: str, to: str, intent: Assigned) -> str:
    """The state that errors of the step go to: undo what it may have done, go on with a value."""
    assert step.otherwise is not None
    value = scope.take(f"{task} otherwise")
    scope.passing(
        value,
        {
            scope.variable(step.name): expression(scope.expressions.code(step.otherwise)),
            scope.error: None,
        },
        to,
    )
    if step.compensation is None:
        return value
    mark = scope.own_variable("before")
    intent[mark] = expression(f"$count(${scope.ledger})")
    unwind = scope.take(f"{task} undo")
    assign, undo = start(scope, value, f"${mark}")
    scope.passing(unwind, assign, undo)
    return unwind


def _sub_flow(
    scope: Scope, step: ir.Step, call: ir.SubFlow, name: str, to: str, place: Place
) -> None:
    """A flow as a step: an execution of its own, that is waited for; its ending is data."""
    task = scope.reserve(scope.take(step.name))
    ended = scope.reserve(scope.take(f"{step.name} ended"))
    path = scope.path(step.name, place)
    undo = step.compensation
    args = ", ".join(
        f"{quote(param.name)}: {scope.expressions.code(value)}"
        for param, value in zip(call.params, call.args, strict=True)
    )
    args += f"{', ' if args else ''}{quote(PREFIX)}: {path} & '/'"
    if place.committed:  # neither the deadline nor a cancel is passed on
        args += f", {quote(DEAF)}: true"
    else:
        args += f", {quote(DEADLINE)}: $deadline_"
        if scope.shared.called:
            args += f", {quote(DEAF)}: $deaf_"
    intent: Assigned = {scope.own_variable("args"): expression(f"{{{args}}}")}
    if undo is not None:
        scope.compensations.append((task, step))
        if not undo.uses_result:
            intent[scope.own_variable("undoing")] = expression(arguments(scope, undo.call))
    catch = place.catch
    if step.otherwise is not None:
        catch = _otherwise(scope, step, task, to, intent)
    guard(scope, name, intent, task, place)
    key = scope.shared.logical.callees[call.flow]
    scope.shared.machines.add(call.flow)
    reply = scope.own_variable("reply")
    stops: Assigned = {scope.halted: expression(path)}
    scope.add(
        task,
        {
            "Type": "Task",
            **({"Comment": said(step.doc)} if step.doc else {}),
            "Resource": CHILD,
            "Arguments": {
                "StateMachineArn": f"${{{key}}}",
                "Name": expression(
                    f"$hash($states.context.Execution.Id & '/' & {path}, 'SHA-256')"
                ),
                "Input": expression(f"${scope.own_variable('args')}"),
            },
            "TimeoutSeconds": 31_536_000,
            "Assign": {reply: expression("$states.result.Output")},
            "Next": ended,
            "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": stops, "Next": scope.halt}],
        },
    )
    value = f"${reply}.value" if call.result is not None else "null"
    well: Assigned = {scope.variable(step.name): expression(value)}
    if undo is not None:
        made = f"${scope.own_variable('undoing')}"
        if undo.uses_result:
            made = scope.expressions.bound_as(step.name, value, lambda: arguments(scope, undo.call))
        well[scope.ledger] = entry(scope, task, path, made)
    fails: Assigned = {scope.error: expression(f"${reply}.error")}
    scope.choice(
        ended,
        [
            (f"${reply}.ending = 'Completed'", well, to),
            (f"${reply}.ending = 'Compensated'", fails, catch),
        ],
        (stops, scope.halt),
    )
