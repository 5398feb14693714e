"""What loops mean: for, repeat, what they carry from round to round and what they collect."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.compiler.body import NOTHING, Arm, Body, Place
from flowc.compiler.literals import whole
from flowc.compiler.narrowing import assume
from flowc.compiler.types import ANY_ERROR, BROKEN, INT, NONE, ListType, Type, required
from flowc.dsl import ast


def _carries(body: Body, written: tuple[ast.Carried, ...]) -> tuple[ir.Carry, ...]:
    """Start values, typed outside of the loop; binding them is the loop's business."""
    made: list[ir.Carry] = []
    for carried in written:
        if carried.type is not None:
            kind = body.scope.type_of(carried.type)
            start = body.typer.value(carried.start, kind, f"the carried `{carried.name.text}`")
        else:
            start = body.typer.expr(carried.start)
            kind = start.type
        made.append(ir.Carry(carried.span, carried.name.text, kind, start))
    return tuple(made)


def for_(body: Body, written: ast.For, place: Place) -> ir.Node:
    items = body.typer.expr(written.items)
    item_type = body.typer.item_type(items, "a list to go through")
    limit = whole(written.limit, body.report) or 1
    width = 1 if written.width is None else whole(written.width, body.report) or 1
    carries = _carries(body, written.carries)
    if carries and width != 1:
        body.report.say(
            "misplaced-clause",
            written.carries[0].span,
            "`carry` needs one round at a time",
            "rounds at once cannot hand values on: leave out `at once`",
        )
    mark = body.names.mark()
    body.bind(written.name, item_type)
    if written.index is not None:
        body.bind(written.index, INT)
    for carried, made in zip(written.carries, carries, strict=True):
        body.bind(carried.name, made.type)
    names = tuple(carry.name for carry in carries)
    inner = place.inside(concurrent=True, carries=names)
    block, arm = body.arm(written.body, inner)
    body.names.rollback(mark)
    collects = _collects(body, written.collects, arm)
    for name in arm.bound:
        body.names.gone[name] = (
            f"it ends with the loop: carry it out with `collect {name} as {name}s`"
        )
    body.take(arm)
    for carried, made in zip(written.carries, carries, strict=True):
        body.names.bind(carried.name.text, made.type, carried.name.span)
    for gather, collect in zip(written.collects, collects, strict=True):
        body.bind(gather.out, collect.type)
    return ir.ForEach(
        written.span,
        written.name.text,
        item_type,
        items,
        limit,
        written.index.text if written.index is not None else None,
        width,
        carries,
        block,
        collects,
    )


def _collects(body: Body, written: tuple[ast.Gather, ...], arm: Arm) -> tuple[ir.Collect, ...]:
    made: list[ir.Collect] = []
    for gather in written:
        name = gather.name.text
        binding = arm.bound.get(name)
        failure = name == "failure" and binding is None
        if failure:
            kind: Type = ListType(ANY_ERROR)
        elif binding is None:
            if name:
                body.report.say(
                    "unknown-name",
                    gather.name.span,
                    f"the loop does not bind `{name}`",
                    "collect a step or a `let` of the loop's body, or `failure`",
                )
            kind = ListType(BROKEN)
        elif binding.type is None:
            body.report.say(
                "no-result",
                gather.name.span,
                f"`{name}` has no value to collect",
                "its action returns none",
            )
            kind = ListType(BROKEN)
        elif isinstance(required(binding.type), ListType):
            body.report.say(
                "bad-type",
                gather.name.span,
                f"`{name}` is a list, and a list of lists is not possible",
            )
            kind = ListType(BROKEN)
        else:
            kind = ListType(binding.type)
        made.append(ir.Collect(gather.span, name, gather.out.text, kind, failure))
    return tuple(made)


def repeat(body: Body, written: ast.Repeat, place: Place) -> tuple[ir.Node, bool]:
    limit = whole(written.limit, body.report) or 1
    pause = None if written.pause is None else body.scope.duration(written.pause)
    carries = _carries(body, written.carries)
    mark = body.names.mark()
    for carried, made in zip(written.carries, carries, strict=True):
        body.bind(carried.name, made.type)
    if written.index is not None:
        body.bind(written.index, INT)
    inner = place.inside(carries=tuple(carry.name for carry in carries))
    lowered = body.block(written.body, inner)
    until = body.typer.condition(written.until, "what `until` asks")
    since = body.names.rollback(mark)
    for name, span in since.taken.items():
        body.names.take(name, span)
    bound = dict(since.bound)
    if written.index is not None:
        bound.pop(written.index.text, None)
    for name, binding in bound.items():
        body.names.bind(name, binding.type, binding.span)
    binds = tuple(
        ir.Bound(name, NONE if b.type is None else b.type, False) for name, b in bound.items()
    )
    exhausted: ir.Block | None = None
    met = True  # whoever gets past the loop has met `until`
    if written.exhausted is not None:
        exhausted, arm = body.arm(written.exhausted, place.inside())
        binds += body.merge([arm, NOTHING])
        met = not arm.ends
    if met:
        assume(body.typer, written.until, True)
    node = ir.Repeat(
        written.span,
        limit,
        written.index.text if written.index is not None else None,
        pause,
        carries,
        lowered.block,
        until,
        exhausted,
        binds,
    )
    return node, lowered.ends


def next_(body: Body, written: ast.Next, place: Place) -> ir.Node | None:
    name = written.name.text
    if name not in place.carries:
        body.typer.expr(written.value)
        if name:
            help_text = (
                f"carried here: {', '.join(f'`{c}`' for c in place.carries)}"
                if place.carries
                else "it stands in a loop that has `carry`"
            )
            body.report.say(
                "misplaced-statement",
                written.span,
                f"no loop around this carries `{name}`",
                help_text,
            )
        return None
    bound = body.names.get(name)
    wanted = bound.type if bound is not None and bound.type is not None else BROKEN
    value = body.typer.value(written.value, wanted, f"the carried `{name}`")
    return ir.Next(written.span, name, value)
