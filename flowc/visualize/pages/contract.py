"""Turns a flow's steps into the table of their contracts: what is called, under which bounds, and
what answers an outcome that nobody knows."""

from __future__ import annotations

from flowc.compiler.duration import show
from flowc.compiler.flow import (
    Await,
    Call,
    CompensateBlind,
    Halt,
    Probe,
    Step,
    SubFlow,
    WaitFor,
    WaitUntil,
)
from flowc.compiler.graph_data import Facts, policy
from flowc.visualize.labels import policy_words
from flowc.visualize.pages.markdown import code, escape, prose, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flowc.simulate.times import Times
    from flowc.visualize.pages.standing import Stand

_HEADS = (
    "Step",
    "Calls",
    "Effect and key",
    "Policy",
    "At most",
    "If nobody knows what it did",
    "Undone by",
)


def contracts(
    found: Sequence[Stand], facts: Facts, times: Times, link: Callable[[str], str]
) -> list[str]:
    """The table of the steps; `link` gives a sub-flow's name as it is shown."""
    rows = []
    for stand in found:
        if isinstance(stand.node, Step):
            rows.append(_row(stand.node, stand.path, facts, times, link))
    if not rows:
        return ["This flow calls nothing."]
    return table(_HEADS, rows)


def waits(found: Sequence[Stand], facts: Facts) -> list[str]:
    """The table of what the flow waits for; empty if it waits for nothing."""
    rows = []
    for stand in found:
        match stand.node:
            case Await(who=who) as node:
                asked = "" if who is None else code(facts.text(who.span))
                late = "forever" if node.within is None else show(node.within)
                then = _late(node, facts)
                reminders = ", ".join(
                    f"{'every' if one.repeating else 'after'} {show(one.delay)}"
                    for one in node.reminders
                )
                if node.within is None:
                    then = ""
                gives = code(facts.of_await(node)["type"])
                rows.append([code(stand.path), gives, asked, late, then, reminders])
            case WaitFor() | WaitUntil():
                rows.append([code(facts.text(stand.node.span)), "", "", "", "", ""])
            case _:
                pass
    if not rows:
        return []
    return table(("Waits at", "For", "From", "At most", "Then", "Reminders"), rows)


def _row(
    step: Step, path: str, facts: Facts, times: Times, link: Callable[[str], str]
) -> list[str]:
    worst = times.longest(step)
    most = "unbounded" if worst is None else show(worst)
    name = code(path)
    about = step.doc or (step.call.operation.doc if isinstance(step.call, Call) else None)
    if about:
        name += f"<br>{prose(about).replace(chr(10), ' ')}"
    if isinstance(step.call, SubFlow):
        call = f"flow {link(step.call.flow)}"
        return [name, call, "its own", "its own", most, "halts with it", _undo(step, facts)]
    operation = step.call.operation
    return [
        name,
        code(f"{operation.title}({', '.join(facts.text(one.span) for one in step.call.args)})"),
        _effect(step.call),
        governed(step.call),
        most,
        _unknown(step, facts),
        _undo(step, facts),
    ]


def _late(node: Await, facts: Facts) -> str:
    """What happens when nobody answered in time."""
    if node.on_timeout is None:
        return "fails with `TimedOut`"
    nodes = node.on_timeout.nodes
    if not nodes:
        return "goes on without it"
    shown = code(facts.text(nodes[0].span))
    return shown if len(nodes) == 1 else f"{shown} and on"


def _effect(call: Call) -> str:
    operation = call.operation
    if operation.is_read:
        parts = ["reads only"]
    elif operation.notifies is not None:
        parts = [f"notifies {code(operation.notifies)}"]
    else:
        parts = [f"writes {code(operation.writes)}" if operation.writes else "writes"]
    if operation.key is not None:
        parts.append(f"key {code(', '.join(operation.key))}")
    elif not operation.is_read:
        parts.append("no key: never repeated")
    if operation.lease is not None:
        parts.append(f"lease {show(operation.lease)}")
    raised = [
        f"{code(error.name)}{' (transient)' if error.transient else ''}"
        for error in operation.raises
    ]
    if raised:
        parts.append(f"fails with {', '.join(raised)}")
    return "; ".join(parts)


def governed(call: Call) -> str:
    """A call's policy in words."""
    words = [escape(line) for line in policy_words(policy(call.policy), "high")]
    tries = call.policy.attempts
    return "; ".join([*words, "one try"] if tries == 1 else words)


def _unknown(step: Step, facts: Facts) -> str:
    match step.unknown:
        case Probe(call=call):
            args = ", ".join(facts.text(one.span) for one in call.args)
            answer = f"asks {code(f'{call.operation.title}({args})')}; no answer: halts"
        case CompensateBlind():
            answer = "is undone as if it had happened"
        case Halt():
            answer = "halts: people look"
        case None:
            assert isinstance(step.call, Call)
            operation = step.call.operation
            answer = "fails" if operation.is_read else "fails, nothing to undo"
    if step.otherwise is not None:
        answer += f"; goes on with {code(facts.text(step.otherwise.span))}"
    return answer


def _undo(step: Step, facts: Facts) -> str:
    undo = step.compensation
    if undo is None:
        return "nothing" if step.effectful else ""
    args = ", ".join(facts.text(one.span) for one in undo.call.args)
    absorbing = "" if undo.call.operation.absorbing else "; not absorbing"
    return f"{code(f'{undo.call.operation.title}({args})')}: {governed(undo.call)}{absorbing}"
