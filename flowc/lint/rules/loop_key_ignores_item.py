"""A flow to the steps in loops that call the same thing in every round."""

from __future__ import annotations

from flowc.compiler.expr import names_in
from flowc.compiler.flow import Await, Call, ForEach, If, Match, Parallel, Record, Repeat, Step
from flowc.diagnostic import Finding, Fix, Related
from flowc.lint.rule import rule
from flowc.simulate.shape import broken
from flowc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.expr import Expr
    from flowc.compiler.flow import Operation
    from flowc.simulate.bindings import Bindings
    from flowc.simulate.places import Places
    from flowc.simulate.study import Study

BAD = """\
type Leg { id: text, from: text, to: text }

policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }
policy stubborn {
  timeout 30s
  within 30m
  attempts unlimited
  backoff 2s..1m factor 2 jitter
  exhausted page "travel-oncall"
}

service airline {
  action book(trip: text, leg: text) writes seats key trip
  action cancel(trip: text) writes seats key trip absorbing
}

/// Book a seat for each leg of a trip.
flow book_legs(trip: text, legs: [Leg]) {
  version 1
  owner "team-travel" runbook "https://runbooks.example.com/trips"
  key trip on duplicate attach
  deadline 8h, compensate within 8h
  default with quick within 5m, compensate with stubborn

  for leg in legs max 12 {
    step seat = airline.book(trip, leg.id)
      compensate airline.cancel(trip)
  }
}
"""

GOOD = BAD.replace("writes seats key trip\n", "writes seats key trip, leg\n")


@rule(code="DAT004", name="loop-key-ignores-item", bad=BAD, good=GOOD)
def loop_key_ignores_item(study: Study) -> Iterator[Finding]:
    """An action in a loop whose key is the same in every round.

    A key says "this is the same call as before, do nothing new". If a loop calls an action for
    each item, but the key does not contain anything of the item, the first round takes effect
    and all others are taken for repeats of it: twelve legs, one seat, and no error anywhere.

    Let the key contain what makes the rounds different: `key trip, leg` in the contract, or an
    argument that depends on the item. If the action is meant to happen once, move it out of the
    loop.

    How it decides: the arguments that make up the key are followed back, through `let` and the
    lists of inner loops. If they reach neither the item, nor its index, nor anything that a step,
    `await` or `record` brings in the round, every round has the same key. Steps under a
    condition on the item are left alone, since `if leg == first(legs)` happens once.

    When it is wrong: where calling again is meant to do nothing, as in "make sure it exists".
    """
    places = study.outcomes.places
    loops = [n for n, node in enumerate(places.nodes) if isinstance(node, ForEach)]
    if not loops:
        return
    from flowc.simulate.bindings import Bindings

    bindings = Bindings(places)
    varying = {number: _varying(places, number) for number in loops}
    for number, step in enumerate(places.nodes):
        if not isinstance(step, Step) or not isinstance(step.call, Call):
            continue
        operation, key = step.call.operation, step.call.key
        if key is None or operation.is_read or any(broken(part) for part in key):
            continue
        inner: dict[str, Expr] = {}
        conditions: list[Expr] = []
        block = places.block[number]
        while (owner := places.owner[block]) >= 0:
            node = places.nodes[owner]
            if isinstance(node, ForEach):
                varies = varying[owner]
                if (
                    node.limit > 1
                    and not _reaches(key, varies, inner, bindings)
                    and not _reaches(conditions, varies, inner, bindings)
                ):
                    varied = [
                        param.name
                        for param, arg in zip(operation.params, step.call.args, strict=True)
                        if _reaches((arg,), varies, inner, bindings)
                    ]
                    yield _finding(study, step, node, varied)
                    break
                inner[node.name] = node.items
            conditions += _conditions(places, owner, block)
            block = places.block[owner]


def _varying(places: Places, loop: int) -> frozenset[str]:
    """The names that can differ from round to round: the item, its index, what is carried, and
    what steps, awaits and records bring."""
    node = places.nodes[loop]
    assert isinstance(node, ForEach)
    names = {node.name, *(carry.name for carry in node.carries)}
    if node.index is not None:
        names.add(node.index)
    for number in range(loop + 1, places.end[loop]):
        inside = places.nodes[number]
        if isinstance(inside, Step | Await | Record):
            names.add(inside.name)
        elif isinstance(inside, ForEach | Repeat):
            names.update(carry.name for carry in inside.carries)
    return frozenset(names)


def _reaches(
    exprs: tuple[Expr, ...] | list[Expr],
    varies: frozenset[str],
    inner: dict[str, Expr],
    bindings: Bindings,
) -> bool:
    """Whether expressions depend on something that differs from round to round."""
    seen: set[str] = set()
    names = [name for expr in exprs for name in names_in(expr)]
    while names:
        name = names.pop()
        if name in varies:
            return True
        if name in seen:
            continue
        seen.add(name)
        for value in bindings.values(name):
            names.extend(names_in(value))
        if name in inner:
            names.extend(names_in(inner[name]))
    return False


def _conditions(places: Places, owner: int, block: int) -> list[Expr]:
    """What decides whether a block of a statement runs."""
    match places.nodes[owner]:
        case If(condition=condition):
            return [condition]
        case Match(value=value):
            return [value]
        case Parallel(branches=branches):
            guard = branches[places.inner[owner].index(block)].condition
            return [] if guard is None else [guard]
        case _:
            return []


def _finding(study: Study, step: Step, loop: ForEach, varied: list[str]) -> Finding:
    assert isinstance(step.call, Call)
    operation = step.call.operation
    key = ", ".join(operation.key or ())
    source = None if operation.source is study.flow.source else operation.source
    text = study.flow.source.text
    end = text.find("\n", loop.span.start, loop.span.end)
    head = loop.span if end < 0 else Span(loop.span.start, end)
    return Finding(
        step.name_span,
        f"`{step.name}` has the same key in every round, so only the first one takes effect",
        help=f"let the key of `{operation.title}` contain what differs between items, such as "
        f"`{loop.name}`; or move the step out of the loop",
        label=f"key `{key}`",
        related=(
            Related(operation.span, f"the key `{key}` is declared here", source),
            Related(head, f"each round has its own `{loop.name}`"),
        ),
        fix=_fix(study, operation, varied),
        story=(
            *study.outcomes.run_to(step),
            f"{step.name} ok",
            "next round",
            f"{step.name} is taken for a repeat of the first and does nothing",
        ),
    )


def _fix(study: Study, operation: Operation, varied: list[str]) -> Fix | None:
    """Where one parameter alone tells the rounds apart."""
    if len(varied) != 1 or operation.source is not study.flow.source:
        return None
    from flowc.lint.edits import add_to_key

    edit = add_to_key(operation, varied[0])
    if edit is None:
        return None
    title = f"let `{varied[0]}` be part of the key of `{operation.title}`"
    return Fix(title, (edit,), safe=False)
