"""`repeat` to a loop of states; `parallel` and each batch of `for` to a Map of one scope each."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.targets.asl.names import expression, field, quote
from flowc.targets.asl.scope import Place, Scope, bound_names, errors
from flowc.targets.asl.unwinding import lower_unwinding, ordered, processor, start
from flowc.targets.asl.waits import pause_until

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc.targets.asl.scope import Assigned

    Lower = Callable[[Scope, ir.Block, str, Place], str]


def lower_repeat(
    scope: Scope, node: ir.Repeat, name: str, to: str, place: Place, lower: Lower
) -> None:
    """Body, `until`, pause, and again; carried names change between rounds."""
    count = scope.fresh("round")
    ended, onward = scope.take(f"{name} until"), scope.take(f"{name} round")
    inside = Place(place.catch, place.committed, True, (*place.rounds, f"${count}"))
    first = lower(scope, node.body, ended, inside)
    scope.reserve(ended)
    begun: Assigned = {count: 0}
    if node.index is not None:
        begun[scope.variable(node.index)] = 0
    left: Assigned = {}  # what carried names are after the loop
    following: Assigned = {count: expression(f"${count} + 1")}
    if node.index is not None:
        following[scope.variable(node.index)] = expression(f"${count} + 1")
    for carry in node.carries:
        carried = scope.variable(carry.name)
        upcoming = scope.own_variable(f"next_{carried}")
        begun[carried] = begun[upcoming] = expression(scope.expressions.code(carry.start))
        following[carried] = left[carried] = expression(f"${upcoming}")
    scope.passing(name, begun, first)
    if node.exhausted is None:
        error = errors("LimitReached", f"'more than {node.limit} rounds'", _limit(node.limit))
        exhausted = scope.take(f"{name} exhausted")
        scope.passing(exhausted, {scope.error: expression(error)}, place.catch)
    else:
        exhausted = lower(scope, node.exhausted, to, place)
    again = onward
    if node.pause is not None:
        again = scope.take(f"{name} every")
        pause_until(scope, again, f"$millis() + {node.pause}", onward, place)
    scope.passing(onward, following, first)
    until = scope.expressions.code(node.until)
    scope.choice(
        ended, [(until, left, to), (f"${count} >= {node.limit - 1}", left, exhausted)], ({}, again)
    )


def _limit(limit: int) -> str:
    return f"{{'limit': {limit}}}"


class _Round:
    """One branch, or any round of a `for`: a scope of its own, which ends by saying how."""

    def __init__(
        self, scope: Scope, body: ir.Block, title: str, names: tuple[str, ...], place: Place
    ) -> None:
        self.scope = Scope(scope.shared, scope, (*bound_names(body), *names))
        self.begun = self.scope.take(f"{title} begin")
        self.ended = self.scope.take(f"{title} end")
        self.scope.halt = self.ended
        self.scope.late = self.scope.take(f"{title} late")
        self.scope.out = self.ended
        self.place = Place(self.ended, place.committed, False, place.rounds)

    def close(self, given: Assigned, first: str, value: str) -> None:
        """Add the first and the last state: what is known at the start, what is told at the end."""
        scope = self.scope
        told = (
            f"{{'error': ${scope.error}, 'halted': ${scope.halted}, 'ledger': ${scope.ledger}, "
            f"'stuck': ${scope.stuck}, 'value': {value}}}"
        )
        lower_unwinding(scope)
        own = errors("DeadlineExceeded", "'the deadline has passed'", own=True)
        scope.passing(scope.late, {scope.error: expression(own)}, scope.out)
        scope.add(self.ended, {"Type": "Pass", "Output": expression(told), "End": True})
        scope.passing(self.begun, {**scope.kept, **given}, first)


def lower_parallel(
    scope: Scope, node: ir.Parallel, name: str, to: str, place: Place, lower: Lower
) -> None:
    """Every branch settles and tells how it ended; then the first that failed counts."""
    rounds = []
    branches = []
    wells: Assigned = {}
    results = scope.own_variable("results")
    for number, branch in enumerate(node.branches):
        made = _Round(scope, branch.body, f"{name} {branch.label}", (), place)
        first = lower(made.scope, branch.body, made.ended, made.place)
        if branch.condition is not None:
            asked = made.scope.take(f"{name} {branch.label} when")
            condition = made.scope.expressions.code(branch.condition)
            made.scope.choice(asked, [(condition, {}, first)], ({}, made.ended))
            first = asked
        names = tuple(dict.fromkeys(bound_names(branch.body)))
        value = ", ".join(f"{quote(n)}: ${made.scope.variable(n)}" for n in names)
        made.close({}, first, f"{{{value}}}")
        for bound in node.binds:
            if bound.name in names:
                told = f"${results}[{number}].value.{field(bound.name)}"
                wells[scope.variable(bound.name)] = expression(told)
        rounds.append(made.scope)
        branches.append({"StartAt": made.begun, "States": ordered(made.begun, made.scope.states)})
    settled, joined = scope.take(f"{name} settled"), scope.take(f"{name} joined")
    scope.add(
        name,
        {
            "Type": "Parallel",
            "Branches": branches,
            "Assign": {results: expression("$states.result")},
            "Next": settled,
        },
    )
    _settle(scope, name, settled, rounds, joined, place, "true")
    scope.passing(joined, wells, to)


def _settle(
    scope: Scope,
    name: str,
    settled: str,
    rounds: list[Scope],
    joined: str,
    place: Place,
    counts: str,
) -> None:
    """After all have settled: a halt, else the first error that counts, else go on. Their ledgers
    are one entry of the ledger around."""
    results = f"${scope.own_variable('results')}"
    failed = scope.take(f"{name} failed")
    assign: Assigned = {
        scope.stuck: expression(f"[$append(${scope.stuck}, [{results}.stuck])]"),
    }
    if any(inner.compensations or inner.nested for inner in rounds):
        scope.nested.append((name, rounds))
        kept = f"[$map({results}, function($r_) {{ {{'ledger': $r_.ledger}} }})]"
        made = f"{{'at': {quote(name)}, 'rounds': {kept}}}"
        assign[scope.ledger] = expression(f"[$append(${scope.ledger}, [{made}])]")
    halts = f"$filter({results}, function($r_) {{ $r_.halted != null }})"
    fails = f"$filter({results}, function($r_) {{ $r_.error = null ? false : {counts} }})"
    scope.choice(
        settled,
        [
            (
                f"$count({halts}) > 0",
                {**assign, scope.halted: expression(f"{halts}[0].halted")},
                scope.halt,
            ),
            (
                f"$count({fails}) > 0",
                {**assign, scope.error: expression(f"{fails}[0].error")},
                failed,
            ),
        ],
        (assign, joined),
    )
    scope.choice(
        failed,
        [(f"$exists(${scope.error}.own)", {}, scope.out)],
        ({}, place.catch),
    )


def lower_for(
    scope: Scope, node: ir.ForEach, name: str, to: str, place: Place, lower: Lower
) -> None:
    """Batches one after another, each a Map over as many rounds as run at once."""
    items, at, results = (
        scope.fresh("items"),
        scope.fresh("at"),
        scope.own_variable("results"),
    )
    batch, settled, joined = (
        scope.take(f"{name} batch"),
        scope.take(f"{name} settled"),
        scope.take(f"{name} joined"),
    )
    more, too_many = scope.take(f"{name} more"), scope.take(f"{name} too many")
    carried = tuple(carry.name for carry in node.carries)
    index = () if node.index is None else (node.index,)
    made = _Round(scope, node.body, name, (node.name, *index, *carried), place)
    inner = made.scope
    number = inner.own_variable("number", 0)
    begun: Assigned = {
        items: expression(scope.expressions.code(node.items)),
        at: 0,
    }
    given: Assigned = {
        inner.variable(node.name): expression("$states.input.item"),
        number: expression("$states.input.number"),
    }
    if node.index is not None:
        given[inner.variable(node.index)] = expression("$states.input.number")
    told: list[str] = []
    joins: Assigned = {at: expression(f"${at} + {node.width}")}
    left: Assigned = {}  # what carried names are after the loop
    for carry in node.carries:
        kept = scope.own_variable(f"carry_{inner.variable(carry.name)}")
        upcoming = inner.own_variable(f"next_{inner.variable(carry.name)}")
        begun[kept] = expression(scope.expressions.code(carry.start))
        given[inner.variable(carry.name)] = given[upcoming] = expression(f"${kept}")
        told.append(f"{quote(f'next {carry.name}')}: ${upcoming}")
        left[scope.variable(carry.name)] = expression(f"${kept}")
        joins[kept] = expression(f"${results}[0].value.`next {carry.name}`")
    inside = Place(made.ended, place.committed, False, (*place.rounds, f"${number}"))
    failures = [collect for collect in node.collects if collect.failure]
    if failures:
        unwinds = inner.take(f"{name} unwind")
        assign, undo = start(inner, made.ended)
        inner.passing(unwinds, assign, undo)
        inside = Place(unwinds, place.committed, False, inside.rounds)
    first = lower(inner, node.body, made.ended, inside)
    bound = frozenset(bound_names(node.body))
    for collect in node.collects:
        begun[scope.variable(collect.out)] = []
        if collect.failure:
            good = "$r_.error != null"
            value = "$r_.error"
        else:
            variable = inner.variable(collect.name)
            if collect.name in bound:
                set_ = _always(node.body, collect.name)
                here = f"[${variable}]" if set_ else f"(${variable} = null ? [] : [${variable}])"
            else:
                here = f"[${variable}]"
            told.append(f"{quote(collect.out)}: {here}")
            value = f"$r_.value.{field(collect.out)}[0]"
            good = f"$r_.error = null and $count($r_.value.{field(collect.out)}) > 0"
        picked = f"[$filter(${results}, function($r_) {{ {good} }})]"
        values = f"[$map({picked}, function($r_) {{ {value} }})]"
        out = scope.variable(collect.out)
        joins[out] = expression(f"[$append(${out}, {values})]")
    made.close(given, first, f"{{{', '.join(told)}}}")
    limit = errors("LimitReached", f"'more than {node.limit} items'", _limit(node.limit))
    scope.passing(name, begun, more)
    scope.choice(
        more,
        [
            (f"$count(${items}) > {node.limit}", {}, too_many),
            (f"${at} < $count(${items})", {}, batch),
        ],
        (left, to),
    )
    scope.passing(too_many, {scope.error: expression(limit)}, place.catch)
    last = f"$min([${at} + {node.width}, $count(${items})]) - 1"
    chosen = (
        f"[$map([${at}..{last}], function($k_) {{ {{'item': ${items}[$k_], 'number': $k_}} }})]"
    )
    scope.add(
        batch,
        {
            "Type": "Map",
            "Items": expression(chosen),
            "MaxConcurrency": node.width,
            "ItemProcessor": processor(made.begun, inner),
            "Assign": {results: expression("$states.result")},
            "Next": settled,
        },
    )
    counts = "$exists($r_.error.own)" if failures else "true"
    _settle(scope, name, settled, [inner], joined, place, counts)
    scope.passing(joined, joins, more)


def _always(body: ir.Block, name: str) -> bool:
    """Whether a round that ends well has bound the name, whatever arm it took."""
    for node in body.nodes:
        match node:
            case ir.Step() | ir.Let() | ir.Record():
                if node.name == name:
                    return True
            case ir.If() | ir.Match() | ir.Parallel() | ir.Repeat() | ir.Try():
                if any(bound.name == name and not bound.maybe for bound in node.binds):
                    return True
            case ir.Await():
                if node.name == name:
                    return node.on_timeout is None
            case ir.ForEach():
                if any(collect.out == name for collect in node.collects):
                    return True
            case _:
                pass
    return False
