"""A governed call: the task, what to make of its reply, and the loop that tries it again."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.struct import Struct
from flowc.targets.asl import kinds
from flowc.targets.asl.bindings import Integration
from flowc.targets.asl.integrations import answered, function_name, integration, raised
from flowc.targets.asl.names import expression, field, quote, said
from flowc.targets.asl.scope import Scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from flowc.compiler.types import ErrorType
    from flowc.targets.asl.scope import Assigned, State

INVOKE = "arn:aws:states:::lambda:invoke"
LONGEST_TIMEOUT = 99_999_999  # s
_STEEPEST = 60  # doublings of a backoff without a cap


class Governed(Struct):
    """A call in a place of the machine, and where its outcomes go."""

    call: ir.Call
    role: Literal["do", "probe", "undo"]
    path: str  # code for the step's path
    doc: str | None
    goes_on: Callable[[str], list[tuple[str | None, Assigned, str]]]  # by the code of the value
    fails: Callable[[str], tuple[Assigned, str]]  # by the code of the error
    lost: tuple[Assigned, str]  # where UNKNOWN goes

    @property
    def repeatable(self) -> bool:
        operation = self.call.operation
        return operation.repeatable or (self.role == "undo" and operation.absorbing)


class Places(Struct):
    """The states of a call, by name: the task, what its reply says, whether to try again, the
    pause before that, and what follows when it is given up."""

    task: str
    ended: str
    again: str
    pause: str | None
    page: str | None
    lost: str | None


def reserve(scope: Scope, task: str, call: ir.Call, role: Literal["do", "probe", "undo"]) -> Places:
    """Keep the places of a call's states, one after the other."""
    policy = call.policy
    pages = policy.page is not None and role != "undo"
    scope.reserve(task)
    return Places(
        task,
        ended=scope.reserve(scope.take(f"{task} ended")),
        again=scope.reserve(scope.take(f"{task} again")),
        pause=scope.reserve(scope.take(f"{task} pause"))
        if _retries(call) and policy.backoff > 0
        else None,
        page=scope.reserve(scope.take(f"{task} page")) if pages else None,
        lost=scope.reserve(scope.take(f"{task} lost")) if pages else None,
    )


def arguments(scope: Scope, call: ir.Call) -> str:
    """Code for the arguments as an object."""
    parts = (
        f"{quote(param.name)}: {scope.expressions.code(value)}"
        for param, value in zip(call.operation.params, call.args, strict=True)
    )
    return f"{{{', '.join(parts)}}}"


def begin(scope: Scope, call: ir.Call, args: str) -> Assigned:
    """What is assigned before the first attempt: the frozen arguments and the call's budget."""
    assigned: Assigned = {scope.own_variable("args"): expression(args)}
    if _retries(call):
        assigned[scope.own_variable("n")] = 1
    if call.policy.within is not None and _retries(call):
        end = scope.own_variable("end")
        assigned[end] = expression(f"$millis() + {_seconds(call.policy.within) * 1000}")
    if _transient(call) and call.operation.is_read:
        assigned[scope.own_variable("seen")] = None
    return assigned


def lower(scope: Scope, places: Places, governed: Governed) -> None:
    """The states of a call, the first of which is its task."""
    call, operation = governed.call, governed.call.operation
    name, ended, again = places.task, places.ended, places.again
    scope.shared.operations[operation.title] = operation
    state: State = {"Type": "Task"}
    if governed.doc:
        state["Comment"] = said(governed.doc)
    waits: Assigned = {}
    if _retries(call):
        waits = {scope.own_variable("w"): _pause(scope, call.policy)}
    forget: Assigned = {scope.own_variable("last"): None} if _transient(call) else {}
    attempt: object = expression(f"${scope.own_variable('n')}") if _retries(call) else 1
    reply = scope.own_variable("reply")
    lost: State = {"ErrorEquals": ["States.ALL"], "Next": again}
    if forget or waits:
        lost["Assign"] = {**forget, **waits}
    binding = scope.shared.bindings.operations.get(operation.title)
    declared: list[object] = []
    asked: State
    if isinstance(binding, Integration):
        asked = integration(binding, f"${scope.own_variable('args')}")
        answer = answered(binding)
        declared = [
            {"ErrorEquals": [name], "Assign": {reply: raised(word)}, "Next": ended}
            for name, word in sorted(binding.errors.items())
        ]
    else:
        payload = {
            "operation": operation.title,
            "step": expression(governed.path),
            "role": governed.role,
            "attempt": attempt,
            "arguments": expression(f"${scope.own_variable('args')}"),
            "key": _key(scope, operation),
            "execution": expression("$states.context.Execution.Name"),
        }
        function = function_name(binding, scope.shared.logical.function(operation))
        asked = {"Resource": INVOKE, "Arguments": {"FunctionName": function, "Payload": payload}}
        answer = expression("$states.result.Payload")
    scope.add(
        name,
        {
            **state,
            **asked,
            "TimeoutSeconds": _timeout(scope, call.policy),
            "Assign": {reply: answer},
            "Next": ended,
            "Catch": [*declared, lost],
        },
    )
    _ended(scope, ended, again, governed, waits)
    _again(scope, places, governed)


def _key(scope: Scope, operation: ir.Operation) -> object:
    """The arguments under which a repeat is harmless."""
    if operation.key is None:
        return None
    args = f"${scope.own_variable('args')}"
    return expression(f"[{', '.join(f'{args}.{field(name)}' for name in operation.key)}]")


def _ended(scope: Scope, name: str, again: str, governed: Governed, waits: Assigned) -> None:
    """What the reply says: a value of the right type, a declared error, or nothing to rely on."""
    operation = governed.call.operation
    reply = f"${scope.own_variable('reply')}"
    fits = kinds.fits(operation.result, f"{reply}.value")
    right = f"($type({reply}) = 'object' ? $not($exists({reply}.error)) and {fits} : false)"
    if operation.result is None:
        right = f"($type({reply}) = 'null' ? true : {right})"
    rules: list[tuple[str, Assigned, str]] = []
    value = kinds.plain(operation.result, f"{reply}.value")
    if operation.result is None:
        value = "null"
    for condition, assign, to in governed.goes_on(value):
        rules.append((right if condition is None else f"{right} and {condition}", assign, to))
    for error in operation.raises:
        is_it = f"{reply}.error.name = {quote(error.name)}"
        if error.fields:
            is_it += f" and {kinds.all_fit(error.fields, f'{reply}.error.fields')}"
        code = _raised(error, reply)
        if error.transient:
            assign = {**waits, scope.own_variable("last"): expression(code)}
            if operation.is_read:
                assign[scope.own_variable("seen")] = expression(code)
            rules.append((is_it, assign, again))
        else:
            assign, to = governed.fails(code)
            rules.append((is_it, assign, to))
    if _retries(governed.call) and governed.repeatable:
        listed = ", ".join(quote(error.name) for error in operation.raises)
        strange = f"$exists({reply}.error)"
        if listed:
            strange += f" and $not({reply}.error.name in [{listed}])"
        forget: Assigned = {scope.own_variable("last"): None} if _transient(governed.call) else {}
        rules.append((strange, {**forget, **waits}, again))
    if operation.is_read and _transient(governed.call):
        seen = f"${scope.own_variable('seen')}"
        assign, to = governed.fails(seen)
        rules.append((f"{seen} != null", assign, to))
    scope.choice(name, rules, governed.lost)


def _raised(error: ErrorType, reply: str) -> str:
    said_so = f"{reply}.error.message"
    message = f"($type({said_so}) = 'string' ? {said_so} : {quote(error.name)})"
    fields = kinds.all_plain(error.fields, f"{reply}.error.fields") if error.fields else "{}"
    return f"{{'name': {quote(error.name)}, 'message': {message}, 'fields': {fields}}}"


def _again(scope: Scope, places: Places, governed: Governed) -> None:
    """Whether to try again; if not, which outcome stands."""
    call, policy, name = governed.call, governed.call.policy, places.again
    outcomes: list[tuple[str, Assigned, str]] = []
    if _transient(call):
        if call.operation.is_read:
            seen = f"${scope.own_variable('seen')}"
            outcomes.append((f"{seen} != null", *governed.fails(seen)))
        elif policy.attempts == 1:
            last = f"${scope.own_variable('last')}"
            outcomes.append((f"{last} != null", *governed.fails(last)))
    settle = governed.lost
    if places.page is not None and places.lost is not None:
        page(scope, places.page, policy.page, governed.path, "exhausted", places.lost)
        scope.choice(places.lost, outcomes, settle)
        outcomes, settle = [], ({}, places.page)
    if not _retries(call):
        scope.choice(name, outcomes, settle)
        return
    enough = []
    if policy.attempts is not None:
        enough.append(f"${scope.own_variable('n')} >= {policy.attempts}")
    if policy.within is not None:
        wait = f"${scope.own_variable('w')} * 1000"
        enough.append(f"$millis() + {wait} >= ${scope.own_variable('end')}")
    if not governed.repeatable:
        enough.append(f"${scope.own_variable('last')} = null")
    over = " or ".join(enough)
    rules = [(f"({over}) and {condition}", assign, to) for condition, assign, to in outcomes]
    if over:
        rules.append((over, *settle))
    count: Assigned = {}
    if _retries(call):
        counter = scope.own_variable("n")
        count = {counter: expression(f"${counter} + 1")}
    if places.pause is None:
        scope.choice(name, rules, (count, places.task))
        return
    scope.choice(name, rules, (count, places.pause))
    seconds = expression(f"${scope.own_variable('w')}")
    scope.add(places.pause, {"Type": "Wait", "Seconds": seconds, "Next": places.task})


def page(scope: Scope, name: str, whom: str | None, step: str, why: str, to: str) -> None:
    """Tell people, by an event on the default bus; nothing hangs on whether that works."""
    scope.shared.pages = True
    flow = scope.shared.flow
    scope.add(
        name,
        {
            "Type": "Task",
            "Resource": "arn:aws:states:::events:putEvents",
            "Arguments": {
                "Entries": [
                    {
                        "Source": "flowc",
                        "DetailType": f"flowc {why}",
                        "Detail": {
                            "flow": flow.name,
                            "version": flow.version,
                            "step": expression(step),
                            "page": expression(quote(whom or flow.owner or "")),
                            "runbook": expression(quote(flow.runbook or "")),
                            "execution": expression("$states.context.Execution.Id"),
                        },
                    }
                ]
            },
            "TimeoutSeconds": 60,
            "Next": to,
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": to}],
        },
    )


def _transient(call: ir.Call) -> bool:
    return any(error.transient for error in call.operation.raises)


def _retries(call: ir.Call) -> bool:
    return call.policy.attempts != 1


def _seconds(ms: int) -> int:
    """Whole seconds, rounded up."""
    return -(-ms // 1000)


def _timeout(scope: Scope, policy: ir.Policy) -> object:
    """How long an attempt may take: its timeout, or what is left of the call's budget."""
    bounds = [ms for ms in (policy.timeout, policy.within) if ms is not None]
    if policy.attempts == 1 or policy.within is None:
        return min(max(1, _seconds(min(bounds))), LONGEST_TIMEOUT)
    most = min(max(1, _seconds(min(bounds))), LONGEST_TIMEOUT)
    left = f"$ceil((${scope.own_variable('end')} - $millis()) / 1000)"
    return expression(f"$max([1, $min([{most}, {left}])])")


def _pause(scope: Scope, policy: ir.Policy) -> object:
    """Seconds before the next attempt: min(cap, backoff * factor ** (n - 1)), jitter shortens."""
    if policy.backoff == 0:
        return 0
    base, cap = policy.backoff, policy.cap
    if policy.factor == 1 or (cap is not None and cap <= base):
        code = str(min(base, cap) if cap is not None else base)
        if not policy.jitter:
            return _seconds(int(code))
    else:
        steepest, reached = 0, float(base)
        while steepest < _STEEPEST and (cap is None or reached < cap):
            steepest, reached = steepest + 1, reached * policy.factor
        power = f"$min([${scope.own_variable('n')} - 1, {steepest}])"
        code = f"{base} * $power({policy.factor:g}, {power})"
        most = min(cap, LONGEST_TIMEOUT * 1000) if cap is not None else LONGEST_TIMEOUT * 1000
        code = f"$min([{most}, {code}])"
    jitter = "$random() * " if policy.jitter else ""
    return expression(f"$ceil({jitter}{code} / 1000)")
