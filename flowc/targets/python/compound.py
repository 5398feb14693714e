"""Statements with bodies of their own: try, loops, and branches that run side by side."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.compiler.types import OptionalType
from flowc.targets.python.expressions import duration
from flowc.targets.python.names import quote
from flowc.targets.python.used import used_names
from flowc.targets.writer import Code, Group, prefixed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.targets.python.body import Body


def names_bound(block: ir.Block) -> frozenset[str]:
    """Every name that is bound somewhere below a block and may be read after it."""
    found: set[str] = set()
    for node in block.nodes:
        match node:
            case ir.Step() | ir.Let() | ir.Record():
                found.add(node.name)
            case ir.Await():
                found.add(node.name)
                found.update(bound.name for bound in node.binds)
            case ir.ForEach():
                found.update(collect.out for collect in node.collects)
                found.update(carry.name for carry in node.carries)
            case ir.If() | ir.Match() | ir.Parallel() | ir.Repeat() | ir.Try():
                found.update(bound.name for bound in node.binds)
            case _:
                pass
    return frozenset(found)


def ends(block: ir.Block) -> bool:
    """Whether no way leads past the block's end."""
    if not block.nodes:
        return False
    match block.nodes[-1]:
        case ir.Fail() | ir.Return():
            return True
        case ir.If() as node:
            return node.no is not None and ends(node.yes) and ends(node.no)
        case ir.Match() as node:
            arms = [case.body for case in node.cases]
            return all(ends(arm) for arm in (*arms, *([] if node.no is None else [node.no])))
        case ir.Try() as node:
            return ends(node.body) and all(ends(handler.body) for handler in node.handlers)
        case _:
            return False


# -- try -------------------------------------------------------------------------------------


def try_(body: Body, node: ir.Try) -> None:
    """`async with run.undo_on(...)`, then a look at what was caught."""
    out = body.out
    outer = body.predeclared
    declared = body.declare(node.binds)
    body.predeclared = {**outer, **declared}
    caught = body.names.take("caught")
    everything = any(not handler.errors for handler in node.handlers)
    wanted = [error for handler in node.handlers for error in handler.errors]
    classes = ["FlowError"] if everything else [body.kinds.name(error) for error in wanted]
    out.line(Group("async with run.undo_on(", tuple(classes), f") as {caught}:"))
    body.arm(node.body)
    lost = [
        variable
        for name, (variable, kind) in declared.items()
        if name in names_bound(node.body) and isinstance(kind, OptionalType)
    ]
    if len(node.handlers) == 1 and node.handlers[0].name is None:
        out.line(f"if {caught}.error is not None:")
        _handler(body, node.handlers[0], lost)
    else:
        out.line(f"match {caught}.error:")
        with out.indented():
            for handler in node.handlers:
                kinds = [body.kinds.name(error) for error in handler.errors] or ["FlowError"]
                shown = " | ".join(f"{kind}()" for kind in kinds)
                outside = dict(body.expressions.bound)
                named = ""
                if handler.name is not None and handler.name in body.used:
                    variable = body.names.take(handler.name)
                    body.expressions.bound[handler.name] = variable
                    named = f" as {variable}"
                out.line(f"case {shown}{named}:")
                _handler(body, handler, lost)
                body.expressions.bound = outside
    if ends(ir.Block(node.span, (node,))) and body.flow.result is not None:
        out.line('raise AssertionError("every way through has ended")')
    body.predeclared = outer
    body.expressions.bound.update((name, made[0]) for name, made in declared.items())


def _handler(body: Body, handler: ir.Handler, lost: list[str]) -> None:
    """A handler; the names of the undone body are none again."""
    with body.out.indented():
        for variable in lost:
            body.out.line(f"{variable} = None")
    body.arm(handler.body, empty=not lost)


# -- loops -----------------------------------------------------------------------------------


def repeat(body: Body, node: ir.Repeat) -> None:
    """A `for` over the rounds that breaks when `until` holds; its `else` is the exhaustion."""
    out = body.out
    outer = dict(body.expressions.bound)
    count = body.names.take(node.index or "n")
    carried = _start_carries(body, node.carries)
    out.line(f"for {count} in range({node.limit}):")
    body.rounds = (*body.rounds, count)
    if node.index is not None:
        body.expressions.bound[node.index] = count
    with out.indented():
        if node.pause is not None:
            out.line(f"if {count} > 0:")
            with out.indented():
                more = body.waits(node, "every")
                out.line(Group("await run.wait(", (duration(node.pause), *more), ")"))
        _begin_round(body, carried)
        body.block(node.body)
        until = body.expressions.code(node.until)
        if carried:  # a round sees what was carried into it, up to and with its `until`
            done = body.names.take("done")
            out.line(prefixed(f"{done} = ", until))
            _end_round(body, carried)
            until = done
        out.line(prefixed("if ", until, ":"))
        with out.indented():
            out.line("break")
    body.rounds = body.rounds[:-1]
    inner = body.expressions.bound
    body.expressions.bound = outer
    for name in (bound.name for bound in node.binds):
        if name in inner:
            body.expressions.bound[name] = inner[name]
    for carry in node.carries:
        body.expressions.bound[carry.name] = inner[carry.name]
    _drop_carries(body, carried)
    out.line("else:")
    if node.exhausted is None:
        with out.indented():
            out.line(f"raise LimitReached({node.limit})")
    else:
        body.arm(node.exhausted)


def _start_carries(body: Body, carries: tuple[ir.Carry, ...]) -> list[tuple[str, str, str]]:
    """Name, variable and next value's variable of what is carried from round to round."""
    made = []
    for carry in carries:
        start = body.expressions.code(carry.start, carry.type)
        variable = body.names.take(carry.name)
        following = body.names.take(f"next_{carry.name}")
        body.out.line(prefixed(f"{variable}: {body.kinds.show(carry.type)} = ", start))
        body.expressions.bound[carry.name] = variable
        body.carried[carry.name] = following, carry.type
        made.append((carry.name, variable, following))
    return made


def _begin_round(body: Body, carried: list[tuple[str, str, str]]) -> None:
    for _, variable, following in carried:
        body.out.line(f"{following} = {variable}")


def _end_round(body: Body, carried: list[tuple[str, str, str]]) -> None:
    for _, variable, following in carried:
        body.out.line(f"{variable} = {following}")


def _drop_carries(body: Body, carried: list[tuple[str, str, str]]) -> None:
    for name, _, _ in carried:
        del body.carried[name]


def for_each(body: Body, node: ir.ForEach) -> None:
    """A plain loop where one round runs at a time, else branches in batches."""
    out = body.out
    items = body.names.take(f"{node.name}_items")
    out.line(prefixed(f"{items} = ", body.expressions.code(node.items)))
    out.line(f"if len({items}) > {node.limit}:")
    with out.indented():
        out.line(f"raise LimitReached({node.limit})")
    if node.width == 1:
        _one_by_one(body, node, items)
    else:
        _in_batches(body, node, items)


def _collected(body: Body, node: ir.ForEach) -> list[ir.Collect]:
    return [collect for collect in node.collects if collect.out in body.used]


def _one_by_one(body: Body, node: ir.ForEach, items: str) -> None:
    out = body.out
    outer = dict(body.expressions.bound)
    count = body.names.take(node.index or "n")
    item = body.names.take(node.name)
    carried = _start_carries(body, node.carries)
    lists = _empty_lists(body, node)
    out.line(f"for {count}, {item} in enumerate({items}):")
    body.rounds = (*body.rounds, count)
    body.expressions.bound[node.name] = item
    if node.index is not None:
        body.expressions.bound[node.index] = count
    with out.indented():
        _begin_round(body, carried)
        bound = _round(body, node, body.names.take("bound"))
        for collect, gathered in lists:
            if not collect.failure:
                out.line(f"if {quote(collect.name)} in {bound}:")
                with out.indented():
                    out.line(f"{gathered}.append({bound}[{quote(collect.name)}])")
            else:
                out.line(f'if "failure" in {bound}:')
                with out.indented():
                    out.line(f'{gathered}.append({bound}["failure"])')
        _end_round(body, carried)
    body.rounds = body.rounds[:-1]
    inner = body.expressions.bound
    body.expressions.bound = outer
    for carry in node.carries:
        body.expressions.bound[carry.name] = inner[carry.name]
    _drop_carries(body, carried)
    for collect, gathered in lists:
        out.line(f"{body.bind(collect.out)} = tuple({gathered})")
        body.bound(collect.out)


def _empty_lists(body: Body, node: ir.ForEach) -> list[tuple[ir.Collect, str]]:
    lists = []
    for collect in _collected(body, node):
        gathered = body.names.take(f"{collect.out}_list")
        kind = body.kinds.show(collect.type).removeprefix("tuple[").removesuffix(", ...]")
        body.out.line(f"{gathered}: list[{kind}] = []")
        lists.append((collect, gathered))
    return lists


def _round(body: Body, node: ir.ForEach, bound: str) -> str:
    """The statements of one round; gives the variable of what it bound."""
    out = body.out
    collects = _collected(body, node)
    exported, body.exported = body.exported, {}
    predeclared, body.predeclared = body.predeclared, {}
    if collects:
        out.line(f"{bound}: Bound = {{}}")
    body.exported = {collect.name: bound for collect in collects if not collect.failure}
    used = body.used
    body.used = used | frozenset(body.exported)
    if any(collect.failure for collect in node.collects):
        caught = body.names.take("caught")
        out.line(f"async with run.undo_on(FlowError) as {caught}:")
        body.arm(node.body)
        if collects:
            out.line(f"if {caught}.error is not None:")
            with out.indented():
                kept = any(collect.failure for collect in collects)
                lost = f'{{"failure": {caught}.error}}' if kept else "{}"
                out.line(f"{bound} = {lost}")  # what a failed round bound is left out
    else:
        body.block(node.body)
        if not node.body.nodes:
            out.line("pass")
    body.exported, body.predeclared, body.used = exported, predeclared, used
    return bound


def _in_batches(body: Body, node: ir.ForEach, items: str) -> None:
    out = body.out
    outer = dict(body.expressions.bound)
    function = body.names.take("each")
    count = body.names.take(node.index or "n")
    item = body.names.take(node.name)
    kind = body.kinds.show(node.item_type)
    rounds = body.names.take("rounds")
    given = ("run: Run", f"{count}: int", f"{item}: {kind}")
    out.apart()
    out.line(Group(f"async def {function}(", given, ") -> Bound:"))
    place = body.place("for")
    body.rounds = (*body.rounds, count)
    body.expressions.bound[node.name] = item
    if node.index is not None:
        body.expressions.bound[node.index] = count
    with out.indented():
        bound = _round(body, node, "bound")
        out.line(f"return {bound}" if _collected(body, node) else "return {}")
    out.blank()
    body.rounds = body.rounds[:-1]
    body.expressions.bound = outer
    kinds = tuple(
        '"failure": FlowError'
        if collect.failure
        else f"{quote(collect.name)}: {_item(body, collect)}"
        for collect in _collected(body, node)
    )
    made: Code = Group(
        "Branch(",
        (
            f"str({count})",
            f"partial({function}, {count}={count}, {item}={item})",
            Group("{", kinds, "}"),
        ),
        ")",
    )
    loop = f"for {count}, {item} in enumerate({items})"
    out.line(Group(f"{rounds} = [", (made, loop), "]", ""))
    out.line(f"await run.each({place}, {rounds}, width={node.width})")
    for collect in _collected(body, node):
        name = "failure" if collect.failure else collect.name
        parts = (
            f"made[{quote(name)}]",
            f"for made in {rounds}",
            f"if {quote(name)} in made.bound",
        )
        known = collect.out in body.predeclared
        typing = "" if known else f": {body.kinds.show(collect.type)}"
        typed = f"{body.bind(collect.out)}{typing}"
        out.line(Group(f"{typed} = tuple(", parts, ")", ""))
        body.bound(collect.out)


def _item(body: Body, collect: ir.Collect) -> str:
    return body.kinds.show(collect.type).removeprefix("tuple[").removesuffix(", ...]")


# -- branches --------------------------------------------------------------------------------


def parallel(body: Body, node: ir.Parallel) -> None:
    """A function for each branch, run as children that all settle."""
    out = body.out
    handles: list[tuple[ir.Branch, str, str]] = []
    for branch in node.branches:
        function = body.names.take(branch.label)
        handle = body.names.take(f"{branch.label}_branch")
        handles.append((branch, function, handle))
        _branch(body, node, branch, function)
    place = body.place("parallel")
    for branch, function, handle in handles:
        kinds = tuple(
            f"{quote(bound.name)}: {body.kinds.show(bound.type)}"
            for bound in _handed_out(body, node, branch)
        )
        parts = (quote(branch.label), function, Group("{", kinds, "}"))
        out.line(Group(f"{handle} = Branch(", parts, ")"))
    if all(branch.condition is None for branch in node.branches):
        names = tuple(handle for _, _, handle in handles)
        out.line(Group("await run.parallel(", (place, *names), ")"))
    else:
        chosen = []
        for branch, _, handle in handles:
            if branch.condition is None:
                chosen.append(f"({handle}, True)")
            else:
                chosen.append(f"({handle}, {body.expressions.text(branch.condition)})")
        tail = ",)" if len(chosen) == 1 else ")"
        pairs = Group("for branch, live in (", tuple(chosen), tail)
        live = Group("*(", ("branch", pairs, "if live"), ")", "")
        out.line(Group("await run.parallel(", (place, live), ")"))
    for branch, _, handle in handles:
        for bound in _handed_out(body, node, branch):
            known = bound.name in body.predeclared
            typing = "" if known else f": {body.kinds.show(bound.type)}"
            out.line(f"{body.bind(bound.name)}{typing} = {handle}[{quote(bound.name)}]")
            body.bound(bound.name)


def _handed_out(body: Body, node: ir.Parallel, branch: ir.Branch) -> list[ir.Bound]:
    own = names_bound(branch.body)
    wanted = used_names(body.flow, branch.body) | frozenset(body.exported)
    return [bound for bound in node.binds if bound.name in own and bound.name in wanted]


def _branch(body: Body, node: ir.Parallel, branch: ir.Branch, function: str) -> None:
    out = body.out
    outer = dict(body.expressions.bound)
    handed = _handed_out(body, node, branch)
    out.apart()
    out.line(f"async def {function}(run: Run) -> Bound:")
    exported, predeclared = body.exported, body.predeclared
    body.predeclared = {}
    body.exported = {bound.name: "bound" for bound in handed}
    with out.indented():
        if handed:
            out.line("bound: Bound = {}")
        body.block(branch.body)
        out.line("return bound" if handed else "return {}")
    out.blank()
    body.exported, body.predeclared = exported, predeclared
    body.expressions.bound = outer
