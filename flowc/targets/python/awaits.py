"""An await as code: `run.answer`, its reminders as functions before it, its timeout after it."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.targets.python.compound import ends
from flowc.targets.python.expressions import duration
from flowc.targets.writer import Code, Group, prefixed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.targets.python.body import Body


def await_(body: Body, node: ir.Await) -> None:
    """Without `on timeout` the answer itself; else what came, or none and the timeout's block."""
    out = body.out
    parts: list[Code] = [body.path(node.name), body.kinds.show(node.type)]
    if node.within is not None:
        parts.append(f"within={duration(node.within)}")
    if node.who is not None:
        parts.append(prefixed("who=", body.expressions.code(node.who)))
    reminders = tuple(_reminder(body, reminder) for reminder in node.reminders)
    if reminders:
        tail = ",)" if len(reminders) == 1 else ")"
        parts.append(Group("remind=(", reminders, tail))
    parts += body.nth(node)
    if node.on_timeout is None:
        asked = Group("await run.answer(", tuple(parts), ")")
        if node.name not in body.used:
            out.line(asked)
        else:
            _bind(body, node, asked)
        return
    answered = body.names.take("answered")
    out.line(Group(f"{answered} = await run.answer_or_none(", tuple(parts), ")"))
    outer = body.predeclared
    declared = body.declare(node.binds)
    body.predeclared = {**outer, **declared}
    out.line(f"if {answered} is None:")
    body.arm(node.on_timeout)
    if ends(node.on_timeout):
        if node.name in body.used:
            _bind(body, node, f"{answered}.value")
    elif node.name in body.used:
        out.line("else:")
        with out.indented():
            _bind(body, node, f"{answered}.value")
    body.predeclared = outer
    body.expressions.bound.update((name, made[0]) for name, made in declared.items())


def _bind(body: Body, node: ir.Await, value: Code) -> None:
    if node.name in body.predeclared:  # it may hold more than what is awaited
        given = body.names.take("given")
        body.out.line(prefixed(f"{given}: {body.kinds.show(node.type)} = ", value))
        body.out.line(f"{body.bind(node.name)} = {given}")
        body.bound(node.name)
        return
    typing = f": {body.kinds.show(node.type)}"
    body.out.line(prefixed(f"{body.bind(node.name)}{typing} = ", value))
    body.bound(node.name)


def _reminder(body: Body, reminder: ir.Reminder) -> Code:
    """Write a reminder's function; give the value that stands for it."""
    out = body.out
    outer = dict(body.expressions.bound)
    exported, predeclared, rounds = body.exported, body.predeclared, body.rounds
    function = body.names.take("remind")
    count = body.names.take(reminder.index or "n")
    out.apart()
    out.line(f"async def {function}(run: Run, {count}: int) -> None:")
    body.exported, body.predeclared = {}, {}
    if reminder.index is not None:
        body.expressions.bound[reminder.index] = count
    if reminder.repeating:
        body.rounds = (*rounds, count)
    with out.indented():
        body.block(reminder.body)
        if not reminder.body.nodes:
            out.line("pass")
    out.blank()
    body.exported, body.predeclared, body.rounds = exported, predeclared, rounds
    body.expressions.bound = outer
    again = ("repeating=True",) if reminder.repeating else ()
    return Group("Remind(", (duration(reminder.delay), function, *again), ")")
