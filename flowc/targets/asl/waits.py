"""Waiting for a time or for somebody: cut at the deadline, which is then looked at."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.targets.asl import kinds
from flowc.targets.asl.integrations import function_name
from flowc.targets.asl.logical import AWAIT
from flowc.targets.asl.names import expression, said
from flowc.targets.asl.scope import LAST_MOMENT, Place, Scope, errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc.targets.asl.scope import Assigned

    Lower = Callable[[Scope, ir.Block, str, Place], str]

LONGEST_WAIT = 31_536_000  # s: an execution lasts at most a year
CALLBACK = "arn:aws:states:::lambda:invoke.waitForTaskToken"


def lower_wait(
    scope: Scope, node: ir.WaitFor | ir.WaitUntil, name: str, to: str, place: Place
) -> None:
    """`wait`, in whole seconds, rounded up."""
    if isinstance(node, ir.WaitFor):
        until = f"$millis() + {scope.expressions.code(node.duration)}"
    else:
        until = f"$toMillis({scope.expressions.code(node.time)})"
    pause_until(scope, name, until, to, place)


def pause_until(scope: Scope, name: str, until: str, to: str, place: Place) -> None:
    """Wait until a moment (code, ms); a deadline ends the pause."""
    wake = scope.own_variable("wake")
    waits, woken = scope.take(f"{name} pause"), scope.take(f"{name} end")
    seconds = f"$max([0, $min([{LONGEST_WAIT}, $ceil((${wake} - $millis()) / 1000)])])"
    scope.add(waits, {"Type": "Wait", "Seconds": expression(seconds), "Next": woken})
    if place.committed:
        scope.passing(name, {wake: expression(until)}, waits)
        scope.passing(woken, {}, to)
        return
    by_deadline = scope.own_variable("cut")
    scope.choice(
        name,
        [("$millis() >= $deadline_", {}, scope.late)],
        (
            {
                wake: expression(f"$min([{until}, $deadline_])"),
                by_deadline: expression(f"({until}) > $deadline_"),
            },
            waits,
        ),
    )
    scope.choice(woken, [(f"${by_deadline}", {}, scope.late)], ({}, to))


def lower_await(
    scope: Scope, node: ir.Await, name: str, to: str, place: Place, lower: Lower
) -> None:
    """`await`: a task token, handed to the function that asks; its answer is the signal, and the
    error `Cancelled` cancels the instance. A reminder interrupts: it is asked again afterwards,
    with a new token, so that the function must keep signals that come in between. What is no answer
    interrupts, too: what is due by then is done before it is asked again."""
    task, ended = scope.take(node.name), scope.take(f"{node.name} ended")
    late = scope.take(f"{node.name} late")
    scope.shared.awaits = True
    path = scope.path(node.name, place)
    until, wake = scope.fresh("until"), scope.own_variable("wake")
    limit = LAST_MOMENT if node.within is None else f"$millis() + {node.within}"
    begun: Assigned = {until: limit if isinstance(limit, int) else expression(limit)}
    moments, counts = _reminders(scope, node, begun)
    due = [f"${until}", *moments] + ([] if place.committed else ["$deadline_"])
    ask = scope.take(f"{node.name} ask")
    for state in (ask, task, ended, late):
        scope.reserve(state)
    scope.passing(ask, {wake: expression(f"$min([{', '.join(due)}])")}, task)
    if place.committed:
        scope.passing(name, begun, ask)
    else:
        scope.choice(name, [("$millis() >= $deadline_", {}, scope.late)], (begun, ask))
    reply = scope.own_variable("reply")
    cancelled = scope.take(f"{node.name} cancelled")
    who = "null" if node.who is None else scope.expressions.code(node.who)
    left = f"$max([1, $min([{LONGEST_WAIT}, $ceil((${wake} - $millis()) / 1000)])])"
    heartbeat = scope.shared.bindings.heartbeat
    limits: Assigned = {"TimeoutSeconds": expression(left)}
    if _longest(node) > heartbeat * 1000:
        # a heartbeat has to be shorter than the timeout; the last one ends when the wait does
        limits = {
            "TimeoutSeconds": expression(f"{left} + 1"),
            "HeartbeatSeconds": expression(f"$min([{heartbeat}, {left}])"),
        }
    scope.add(
        task,
        {
            "Type": "Task",
            **({"Comment": said(node.doc)} if node.doc else {}),
            "Resource": CALLBACK,
            "Arguments": {
                "FunctionName": function_name(scope.shared.bindings.asks, AWAIT),
                "Payload": {
                    "await": expression(path),
                    "from": expression(who),
                    "token": expression("$states.context.Task.Token"),
                    "execution": expression("$states.context.Execution.Name"),
                },
            },
            **limits,
            "Assign": {reply: expression("$states.result")},
            "Next": ended,
            "Catch": [
                {"ErrorEquals": ["Cancelled"], "Next": cancelled},
                {"ErrorEquals": ["States.ALL"], "Next": late},
            ],
        },
    )
    if place.committed:
        scope.passing(cancelled, {}, late)
    else:
        own = errors("Cancelled", "'cancelled'", own=True)
        heard: Assigned = {scope.error: expression(own)}
        if scope.shared.called:  # its caller may have committed
            scope.choice(cancelled, [("$deaf_", {}, late)], (heard, scope.out))
        else:
            scope.passing(cancelled, heard, scope.out)
    value = kinds.plain(node.type, f"${reply}")
    right = kinds.fits(node.type, f"${reply}")
    unbound: Assigned = {
        scope.variable(bound.name): None for bound in node.binds if bound.name != node.name
    }
    well: Assigned = {**unbound, scope.variable(node.name): expression(value)}
    scope.choice(ended, [(right, well, to)], ({}, late))
    timed_out = scope.take(f"{node.name} timed out")
    over = f"$millis() >= ${until}"
    rules: list[tuple[str, Assigned, str]]
    if place.committed:
        rules = [(over, {}, timed_out)]
    else:
        rules = [
            (f"{over} and ${until} <= $deadline_", {}, timed_out),
            ("$millis() >= $deadline_", {}, scope.late),
        ]
    for reminder, moment, count in zip(node.reminders, moments, counts, strict=True):
        again = scope.take(f"{node.name} reminded")
        scope.passing(again, {count: expression(f"${count} + 1")}, ask)
        rounds = (*place.rounds, f"${count}") if reminder.repeating else place.rounds
        inner = Place(place.catch, place.committed, True, rounds)
        number: Assigned = {}
        if reminder.index is not None:
            number[scope.variable(reminder.index)] = expression(f"${count}")
        rules.append((f"$millis() >= {moment}", number, lower(scope, reminder.body, again, inner)))
    scope.choice(late, rules, ({}, ask))
    if node.on_timeout is None:
        message = f"'nobody answered ' & {path} & ' in time'"
        error = errors("TimedOut", message, f"{{'name': {path}}}")
        scope.passing(timed_out, {scope.error: expression(error)}, place.catch)
    else:
        unbound[scope.variable(node.name)] = None
        scope.passing(timed_out, unbound, lower(scope, node.on_timeout, to, place))


def _longest(node: ir.Await) -> int:
    """How long one question may stay open, in ms: until a reminder or the end of the wait."""
    bounds = [reminder.delay for reminder in node.reminders if reminder.repeating]
    return min([*bounds, LONGEST_WAIT * 1000 if node.within is None else node.within])


def _reminders(scope: Scope, node: ir.Await, begun: Assigned) -> tuple[list[str], list[str]]:
    """For each reminder, code for the moment of its next time and the variable that counts it."""
    moments: list[str] = []
    counts: list[str] = []
    if node.reminders:
        since = scope.fresh("since")
        begun[since] = expression("$millis()")
    for reminder in node.reminders:
        count = scope.fresh("reminded")
        begun[count] = 0
        counts.append(count)
        if reminder.repeating:
            moments.append(f"(${since} + {reminder.delay} * (${count} + 1))")
        else:
            moments.append(f"(${count} > 0 ? {LAST_MOMENT} : ${since} + {reminder.delay})")
    return moments, counts
