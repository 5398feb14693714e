"""Statements to states: each is lowered knowing the state that follows it."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.compiler.types import ErrorType
from flowc.targets.asl.loops import lower_for, lower_parallel, lower_repeat
from flowc.targets.asl.names import expression, quote, spoken
from flowc.targets.asl.scope import Place, Scope, bound_names, errors
from flowc.targets.asl.steps import guard, lower_step
from flowc.targets.asl.unwinding import start
from flowc.targets.asl.waits import lower_await, lower_wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.compiler.expr import Expr
    from flowc.source import Span
    from flowc.targets.asl.scope import Assigned


def lower_block(scope: Scope, block: ir.Block, to: str, place: Place) -> str:
    """The states of a block, which goes on at `to`; gives the first one."""
    names = [scope.take(_title(scope, node)) for node in block.nodes]
    for node, name, then in zip(block.nodes, names, [*names[1:], to], strict=False):
        scope.reserve(name)
        _node(scope, node, name, then, place)
        if isinstance(node, ir.Commit):
            place = Place(scope.shared.uncompensated, True, place.looped, place.rounds)
    return names[0] if names else to


def _title(scope: Scope, node: ir.Node) -> str:
    match node:
        case ir.Step():
            return f"before {node.name}"
        case ir.Let() | ir.Record():
            return node.name
        case ir.Await():
            return f"before {node.name}"
        case ir.Fail():
            return f"fail {node.error.name}"
        case ir.ForEach():
            return f"for {node.name}"
        case ir.If():
            return f"if {_written(scope, node.condition.span)}"
        case ir.Match():
            return f"match {_written(scope, node.value.span)}"
        case ir.WaitFor():
            return f"wait {_written(scope, node.duration.span)}"
        case ir.WaitUntil():
            return f"wait until {_written(scope, node.time.span)}"
        case _:
            return type(node).__name__.lower()


def _written(scope: Scope, span: Span) -> str:
    return spoken(scope.shared.flow.source.text[span.start : span.end])


def _node(scope: Scope, node: ir.Node, name: str, to: str, place: Place) -> None:
    code = scope.expressions.code
    match node:
        case ir.Step():
            lower_step(scope, node, name, to, place)
        case ir.Let():
            scope.passing(name, {scope.variable(node.name): expression(code(node.value))}, to)
        case ir.Record():
            scope.passing(name, {scope.variable(node.name): expression(_DRAWN[node.what])}, to)
        case ir.Next():
            following = scope.own_variable(f"next_{scope.variable(node.name)}")
            scope.passing(name, {following: expression(code(node.value))}, to)
        case ir.If():
            unbind = _unbind(scope, node.binds, place)
            yes = lower_block(scope, node.yes, to, place)
            no = to if node.no is None else lower_block(scope, node.no, to, place)
            scope.choice(name, [(code(node.condition), unbind, yes)], (unbind, no))
        case ir.Match():
            _match(scope, node, name, to, place)
        case ir.Parallel():
            lower_parallel(scope, node, name, to, place, lower_block)
        case ir.ForEach():
            lower_for(scope, node, name, to, place, lower_block)
        case ir.Repeat():
            lower_repeat(scope, node, name, to, place, lower_block)
        case ir.WaitFor() | ir.WaitUntil():
            lower_wait(scope, node, name, to, place)
        case ir.Await():
            lower_await(scope, node, name, to, place, lower_block)
        case ir.Try():
            _try(scope, node, name, to, place)
        case ir.Commit():
            guard(scope, name, {scope.ledger: []}, to, place)
        case ir.Fail():
            scope.passing(
                name, {scope.error: expression(_error(scope, node.error, node.args))}, place.catch
            )
        case ir.Return():
            value = "null" if node.value is None else code(node.value)
            result = {scope.own_variable("value"): expression(value)}
            scope.passing(name, result, scope.shared.completed)


_DRAWN = {
    "now": "$fromMillis($millis())",
    "uuid": "$uuid()",
    "random": "$round($random(), 6)",
}


def _error(scope: Scope, error: ErrorType, args: tuple[Expr, ...]) -> str:
    fields = ", ".join(
        f"{quote(field.name)}: {scope.expressions.code(value)}"
        for field, value in zip(error.fields, args, strict=True)
    )
    return errors(error.name, quote(error.name), f"{{{fields}}}")


def _unbind(scope: Scope, binds: tuple[ir.Bound, ...], place: Place) -> Assigned:
    """In a loop, what only some arms bind must not be left from the round before."""
    if not place.looped:
        return {}
    return {scope.variable(bound.name): None for bound in binds if bound.maybe}


def _match(scope: Scope, node: ir.Match, name: str, to: str, place: Place) -> None:
    unbind = _unbind(scope, node.binds, place)
    value = scope.expressions.code(node.value)
    arms: list[tuple[str, Assigned, str]] = []
    for case in node.cases:
        members = ", ".join(quote(member) for member in case.members)
        first = lower_block(scope, case.body, to, place)
        arms.append((f"{value} in [{members}]", unbind, first))
    if node.no is not None:
        scope.choice(name, arms, (unbind, lower_block(scope, node.no, to, place)))
    else:
        scope.choice(name, arms[:-1], (unbind, arms[-1][2]))


def _try(scope: Scope, node: ir.Try, name: str, to: str, place: Place) -> None:
    """A body with its own part of the ledger, and handlers that run once it is unwound."""
    caught = scope.take(f"{name} error")
    mark = scope.fresh("mark")
    inner = Place(caught, place.committed, place.looped, place.rounds)
    before: Assigned = {mark: expression(f"$count(${scope.ledger})")}
    if place.looped:
        before |= {scope.variable(bound.name): None for bound in node.binds}
    scope.passing(name, before, lower_block(scope, node.body, to, inner))
    named = [scope.variable(name) for name in _bound_by(node.body)]
    scope.reserve(caught)
    rules: list[tuple[str, Assigned, str]] = []
    for handler in node.handlers:
        begun = scope.reserve(scope.take(f"{name} on {handler.type.name}"))
        unbind: Assigned = dict.fromkeys([*named, scope.error])
        if handler.name is not None:
            unbind[scope.variable(handler.name)] = expression(f"${scope.error}")
        scope.passing(begun, unbind, lower_block(scope, handler.body, to, place))
        assign, undo = start(scope, begun, f"${mark}")
        condition = f"$not($exists(${scope.error}.own))"
        if handler.errors:
            listed = ", ".join(quote(error.name) for error in handler.errors)
            condition = f"${scope.error}.name in [{listed}] and {condition}"
        rules.append((condition, assign, undo))
    scope.choice(caught, rules, ({}, place.catch))


def _bound_by(block: ir.Block) -> list[str]:
    return list(dict.fromkeys(bound_names(block)))
