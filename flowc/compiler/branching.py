"""What branches mean: if, match, parallel and try, and the names they leave behind."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.compiler.body import NOTHING, Arm, Body, Place
from flowc.compiler.narrowing import assume
from flowc.compiler.types import ANY_ERROR, Broken, EnumType, ErrorType, OptionalType, show
from flowc.diagnostic import Related
from flowc.dsl import ast
from flowc.source import Span


def if_(body: Body, written: ast.If, place: Place) -> tuple[ir.Node, bool]:
    condition = body.typer.condition(written.condition)
    inner = place.inside()
    mark = body.names.mark()
    assume(body.typer, written.condition, True)
    yes, yes_arm = body.arm(written.yes, inner)
    body.names.rollback(mark)
    assume(body.typer, written.condition, False)
    no_block: ir.Block | None = None
    if isinstance(written.no, ast.If):
        no_block, no_arm = body.arm(ast.Block(written.no.span, (written.no,)), inner)
    elif written.no is not None:
        no_block, no_arm = body.arm(written.no, inner)
    else:
        no_arm = NOTHING
    body.names.rollback(mark)
    binds = body.merge([yes_arm, no_arm])
    if yes_arm.ends != no_arm.ends:
        assume(body.typer, written.condition, yes_arm.ends)
    node = ir.If(written.span, condition, yes, no_block, binds)
    return node, yes_arm.ends or no_arm.ends


def match(body: Body, written: ast.Match, place: Place) -> tuple[ir.Node | None, bool]:
    value = body.typer.expr(written.value)
    enum = value.type if isinstance(value.type, EnumType) else None
    if enum is None and not isinstance(value.type, Broken):
        maybe = isinstance(value.type, OptionalType) and isinstance(value.type.of, EnumType)
        body.report.say(
            "maybe-none" if maybe else "type-mismatch",
            value.span,
            "`match` needs a value, and this may be none"
            if maybe
            else f"`match` goes over an enum, but this is `{show(value.type)}`",
            "give a value with `??`, or test it before" if maybe else "use `if` for conditions",
        )
    left = dict.fromkeys(enum.members) if enum is not None else {}
    cases: list[ir.Case] = []
    arms: list[Arm] = []
    inner = place.inside()
    for case in written.cases:
        members: list[str] = []
        for name in case.members:
            if enum is None:
                continue
            if name.text not in enum.members:
                if name.text:
                    body.typer.unknown_member(name, enum)
            elif name.text not in left:
                body.report.say(
                    "duplicate-declaration",
                    name.span,
                    f"`{name.text}` has a case already",
                    "only the first one would ever be taken",
                )
            else:
                del left[name.text]
                members.append(name.text)
        block, arm = body.arm(case.body, inner)
        cases.append(ir.Case(case.span, tuple(members), block))
        arms.append(arm)
    no: ir.Block | None = None
    if written.no is not None:
        no, arm = body.arm(written.no, inner)
        if left or enum is None:
            arms.append(arm)
    elif left:
        missing = ", ".join(f"`{member}`" for member in left)
        body.report.say(
            "not-exhaustive",
            written.value.span,
            f"no case for {missing}",
            f"add `case {' | '.join(left)} {{ ... }}` or `else {{ ... }}`",
        )
    binds = body.merge(arms)
    node = ir.Match(written.span, value, tuple(cases), no, binds)
    return node, any(arm.ends for arm in arms) or not arms


def parallel(body: Body, written: ast.Parallel, place: Place) -> tuple[ir.Node, bool]:
    inner = place.inside(concurrent=True, carries=())
    branches: list[ir.Branch] = []
    arms: list[Arm] = []
    labels: dict[str, Span] = {}
    owners: dict[str, Span] = {}
    ends = True
    for branch in written.branches:
        label = branch.label
        if label.text in labels and label.text:
            body.report.say(
                "duplicate-declaration",
                label.span,
                f"two branches are called `{label.text}`",
                "rename one of them",
                related=(Related(labels[label.text], "the first one"),),
            )
        labels.setdefault(label.text, label.span)
        mark = body.names.mark()
        condition = None
        if branch.condition is not None:
            condition = body.typer.condition(branch.condition)
            assume(body.typer, branch.condition, True)
        block, arm = body.arm(branch.body, inner)
        body.names.rollback(mark)
        for name, binding in arm.bound.items():
            if name in owners:
                body.report.say(
                    "bound-twice",
                    binding.span,
                    f"another branch binds `{name}`, too",
                    "branches run at the same time: choose another name",
                    related=(Related(owners[name], "it is here"),),
                )
            owners.setdefault(name, binding.span)
            body.names.gone.setdefault(
                name, "branches do not see each other's names; read it after the `parallel`"
            )
        branches.append(ir.Branch(branch.span, label.text, condition, block))
        arms.append(arm)
        ends = ends and (arm.ends or condition is not None)
    binds = [
        body.leave(name, binding.type, binding.span, maybe=branch.condition is not None)
        for branch, arm in zip(branches, arms, strict=True)
        for name, binding in arm.bound.items()
    ]
    for arm in arms:
        body.take(arm)
    return ir.Parallel(written.span, tuple(branches), tuple(binds)), ends


def try_(body: Body, written: ast.Try, place: Place) -> tuple[ir.Node, bool]:
    inner = place.inside()
    block, body_arm = body.arm(written.body, inner)
    body.take(body_arm)
    for name in body_arm.bound:
        body.names.gone[name] = "in a handler the names of the undone body are not bound"
    handlers: list[ir.Handler] = []
    arms = [body_arm]
    caught: dict[str, Span] = {}
    for handler in written.handlers:
        made, arm = _handler(body, handler, inner, caught)
        handlers.append(made)
        arms.append(arm)
    if len(arms) > 1:
        binds = body.merge(arms, always_maybe=not any(arm.ends for arm in arms[1:]))
    else:
        binds = body.merge(arms)
    for bound in binds:
        body.names.gone.pop(bound.name, None)
    node = ir.Try(written.span, block, tuple(handlers), binds)
    return node, any(arm.ends for arm in arms)


def _handler(
    body: Body, written: ast.Handler, place: Place, caught: dict[str, Span]
) -> tuple[ir.Handler, Arm]:
    errors: list[ErrorType] = []
    everything = False
    for name in written.errors:
        error = body.scope.error_named(name)
        if error is None:
            continue
        if error.name in caught or "Error" in caught:
            first = caught.get(error.name, caught.get("Error", name.span))
            body.report.say(
                "duplicate-declaration",
                name.span,
                f"`{name.text}` is handled above",
                "only the first handler is taken",
                related=(Related(first, "the one that is taken"),),
            )
        caught.setdefault(error.name, name.span)
        if error.name == "Error":
            everything = True
        else:
            errors.append(error)
    kind = ANY_ERROR if everything or len(errors) != 1 else errors[0]
    mark = body.names.mark()
    if written.name is not None:
        body.bind(written.name, kind)
    block, arm = body.arm(written.body, place)
    body.names.rollback(mark)
    made = ir.Handler(
        written.span,
        () if everything else tuple(errors),
        written.name.text if written.name is not None else None,
        kind,
        block,
    )
    return made, arm
