"""A flow to a state machine: its start, its body, its unwinding and its four endings."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.struct import Struct
from flowc.targets.asl import kinds
from flowc.targets.asl.bindings import NONE
from flowc.targets.asl.body import lower_block
from flowc.targets.asl.calls import page
from flowc.targets.asl.names import condition, expression, field, said
from flowc.targets.asl.scope import LAST_MOMENT, Place, Scope, Shared, bound_names, errors
from flowc.targets.asl.steps import DEADLINE, DEAF, PREFIX
from flowc.targets.asl.unwinding import lower_unwinding, ordered, start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.targets.asl.bindings import Bindings
    from flowc.targets.asl.logical import Logical
    from flowc.targets.asl.scope import Assigned

LONGEST_CAUSE = 32_000  # characters of the cause of a failed execution; 32,768 are allowed


class Machine(Struct):
    """A definition, and what its placeholders stand for."""

    flow: ir.Flow
    definition: dict[str, object]
    operations: dict[str, ir.Operation]  # those that it calls, by title
    machines: frozenset[str]  # the flows that it calls
    pages: bool
    awaits: bool


def machine(
    flow: ir.Flow, marker: str, logical: Logical, bindings: Bindings = NONE, *, called: bool
) -> Machine:
    """The state machine of a flow. The input is an object of its parameters; how it ended is the
    output, or, for Incomplete and Halted, the cause that the execution fails with."""
    shared = Shared(flow, logical, bindings, called=called or flow.key is None)
    names = (*(param.name for param in flow.params), *bound_names(flow.body))
    scope = Scope(shared, None, names)
    begun, wrong = scope.take("start"), scope.take("wrong input")
    scope.halt, scope.late = scope.take("page halted"), scope.take("late")
    failed, uncompensated = scope.take("failed"), scope.take("page incomplete")
    # of the machine itself, whatever steps are called
    ends = {name: scope.take(name) for name in ("completed", "compensated", "incomplete", "halted")}
    fell, completed = scope.take("end"), scope.take("completed?")
    scope.out, shared.uncompensated, shared.completed = failed, uncompensated, completed
    first = lower_block(scope, flow.body, fell, Place(failed))
    scope.passing(fell, {scope.own_variable("value"): None}, completed)
    own = errors("DeadlineExceeded", "'the deadline has passed'", own=True)
    scope.passing(scope.late, {scope.error: expression(own)}, failed)
    _endings(scope, failed, uncompensated, completed, ends)
    lower_unwinding(scope)
    given: Assigned = {**scope.kept, "deadline_": expression(_deadline(flow))}
    if shared.called:
        prefix = f"$states.input.`{PREFIX}`"
        given["prefix_"] = expression(f"($type({prefix}) = 'string' ? {prefix} : '')")
        given["deaf_"] = expression(f"$exists($states.input.`{DEAF}`) and $states.input.`{DEAF}`")
    for param in flow.params:
        path = f"$states.input.{field(param.name)}"
        given[scope.variable(param.name)] = expression(kinds.plain(param.type, path))
    right = "$type($states.input) = 'object'"
    if flow.params:
        right += f" ? {kinds.all_fit(flow.params, '$states.input')} : false"
    scope.add(
        begun,
        {
            "Type": "Choice",
            "Choices": [{"Condition": condition(right), "Assign": given, "Next": first}],
            "Default": wrong,
        },
    )
    scope.add(
        wrong,
        {
            "Type": "Fail",
            "Error": "flowc.WrongInput",
            "Cause": "The input is no object of the flow's parameters, each of its type.",
        },
    )
    about = f"{marker}. {said(flow.doc)}" if flow.doc else marker
    definition: dict[str, object] = {
        "Comment": about,
        "QueryLanguage": "JSONata",
        "StartAt": begun,
        "States": ordered(begun, scope.states),
    }
    machines = frozenset(shared.machines)
    return Machine(flow, definition, shared.operations, machines, shared.pages, shared.awaits)


def _deadline(flow: ir.Flow) -> str:
    """Code for the moment at which the instance is late: its own or its caller's."""
    own = str(LAST_MOMENT) if flow.deadline is None else f"$millis() + {flow.deadline}"
    given = f"$states.input.`{DEADLINE}`"
    return f"($type({given}) = 'number' ? $min([{given}, {own}]) : {own})"


def _endings(
    scope: Scope, failed: str, uncompensated: str, completed: str, ends: dict[str, str]
) -> None:
    flow = scope.shared.flow
    value, error = f"${scope.own_variable('value')}", f"${scope.error}"
    shown = f"{{'name': {error}.name, 'message': {error}.message, 'fields': {error}.fields}}"
    if scope.compensations or scope.nested:
        unwound = scope.take("compensated?")
        assign, undo = start(scope, unwound)
        scope.passing(failed, assign, undo, "The flow has failed: unwind all that it did")
        scope.choice(
            unwound, [(f"$count(${scope.stuck}) > 0", {}, uncompensated)], ({}, ends["compensated"])
        )
        scope.choice(
            completed,
            # an error that was handled is not the ending's
            [(f"$count(${scope.stuck}) > 0", {scope.error: None}, uncompensated)],
            ({}, ends["completed"]),
        )
    else:
        scope.passing(failed, {}, ends["compensated"])
        scope.passing(completed, {}, ends["completed"])
    scope.add(
        ends["completed"],
        {"Type": "Succeed", "Output": {"ending": "Completed", "value": expression(value)}},
    )
    scope.add(
        ends["compensated"],
        {"Type": "Succeed", "Output": {"ending": "Compensated", "error": expression(shown)}},
    )
    stuck = f"${scope.stuck}"
    told = (
        f"{error} = null ? {{'ending': 'Incomplete', 'value': {value}, 'stuck': {stuck}}} : "
        f"{{'ending': 'Incomplete', 'error': {shown}, 'stuck': {stuck}}}"
    )
    page(scope, uncompensated, flow.owner, "''", "incomplete", ends["incomplete"])
    scope.add(ends["incomplete"], _failure("flowc.Incomplete", told))
    page(scope, scope.halt, flow.owner, f"${scope.halted}", "halted", ends["halted"])
    told = f"{{'ending': 'Halted', 'step': ${scope.halted}, 'ledger': ${scope.ledger}}}"
    scope.add(ends["halted"], _failure("flowc.Halted", told))


def _failure(error: str, told: str) -> dict[str, object]:
    """An execution that fails is what alarms count; its cause is the ending as JSON."""
    cause = f"$substring($string({told}), 0, {LONGEST_CAUSE})"
    return {"Type": "Fail", "Error": error, "Cause": expression(cause)}
