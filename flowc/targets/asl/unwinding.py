"""Unwinding a scope: a loop over its ledger, last entry first, with a governed call for each."""

from __future__ import annotations

from flowc.targets.asl.calls import Governed, begin, lower, reserve
from flowc.targets.asl.names import expression, quote
from flowc.targets.asl.scope import LAST_MOMENT, Scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.compiler import flow as ir
    from flowc.targets.asl.scope import Assigned


def entry(scope: Scope, at: str, path: str, args: str) -> object:
    """The ledger with one more entry: which compensation, of which step, with what."""
    made = f"{{'at': {quote(at)}, 'step': {path}, 'args': {args}}}"
    return expression(f"[$append(${scope.ledger}, [{made}])]")


def start(scope: Scope, then: str, mark: str = "0") -> tuple[Assigned, str]:
    """What is assigned, and the state to go to, for unwinding down to so many entries and going
    on at `then`."""
    if scope.undo is None:
        scope.undo = scope.take("undo" if scope.number == 0 else f"undo {scope.number}")
    if then not in scope.undo_to:
        scope.undo_to.append(then)
    within = scope.shared.flow.compensate_within
    end: object = LAST_MOMENT
    if within is not None:
        end = expression(f"$millis() + {-(-within // 1000) * 1000}")
    return {
        scope.own_variable("mark"): 0 if mark == "0" else expression(mark),
        scope.own_variable("then"): expression(quote(then)),
        scope.own_variable("undo_by", LAST_MOMENT): end,
    }, scope.undo


def lower_unwinding(scope: Scope, budget: str | None = None) -> None:
    """The states that unwind a scope, if somebody goes there; `budget` is the variable that says
    until when a compensation may start (one of its own if None)."""
    if scope.undo is None:
        return
    budget = budget or scope.own_variable("undo_by", LAST_MOMENT)
    name, ledger = scope.reserve(scope.undo), scope.ledger
    top = f"${ledger}[-1]"
    pop: Assigned = {
        ledger: expression(
            f"[$filter(${ledger}, function($e_, $i_) {{ $i_ < $count(${ledger}) - 1 }})]"
        )
    }
    stuck: Assigned = {
        scope.stuck: expression(f"[$append(${scope.stuck}, [{top}.step])]"),
        **pop,
    }
    undone = scope.undo_to[0]
    if len(scope.undo_to) > 1:
        undone = scope.reserve(scope.take(f"{name} done"))
    mark = f"$count(${ledger}) <= ${scope.own_variable('mark')}"
    rules: list[tuple[str, Assigned, str]] = [(mark, {}, undone)]
    for at, scopes in scope.nested:
        rules.append((f"{top}.at = {quote(at)}", {}, _nested(scope, at, scopes, budget, pop)))
    if scope.shared.flow.compensate_within is not None and scope.compensations:
        too_late = scope.take(f"{name} too late")
        rules.append((f"$millis() >= ${budget}", {}, too_late))
        scope.passing(too_late, stuck, name)
    for at, step in scope.compensations:
        undo = step.compensation
        assert undo is not None
        task = scope.take(f"undo {at}")
        rules.append((f"{top}.at = {quote(at)}", begin(scope, undo.call, f"{top}.args"), task))
        places = reserve(scope, task, undo.call, "undo")
        lower(scope, places, _governed(undo.call, f"{top}.step", name, pop, stuck))
    # an entry of a step always has its rule: the last one needs no question
    last = rules.pop() if len(rules) > 1 else ("", {}, undone)
    scope.choice(name, rules, (last[1], last[2]), "Undo what was done, the last first")
    if len(scope.undo_to) > 1:
        then = f"${scope.own_variable('then')}"
        onward: list[tuple[str, Assigned, str]] = [
            (f"{then} = {quote(to)}", {}, to) for to in scope.undo_to[:-1]
        ]
        scope.choice(undone, onward, ({}, scope.undo_to[-1]))


def _governed(call: ir.Call, path: str, on: str, pop: Assigned, stuck: Assigned) -> Governed:
    return Governed(
        call,
        "undo",
        path,
        None,
        lambda _: [(None, pop, on)],
        lambda _: (stuck, on),
        (stuck, on),
    )


def _nested(scope: Scope, at: str, scopes: list[Scope], budget: str, pop: Assigned) -> str:
    """A Map over the ledgers of branches or rounds, each unwound by itself."""
    name = scope.take(f"undo {at}")
    inner = Scope(scope.shared, scope, ())
    for made in scopes:
        inner.compensations += made.compensations
        inner.nested += made.nested
    begun, done = inner.take(f"{name} begin"), inner.take(f"{name} end")
    assign, to = start(inner, done)
    assign.pop(inner.own_variable("undo_by"))
    inner.kept.pop(inner.own_variable("undo_by"))
    assign.pop(inner.own_variable("then"))
    inner.kept.pop(inner.own_variable("then"))
    assign[inner.ledger] = expression("$states.input.ledger")
    lower_unwinding(inner, budget)
    inner.passing(begun, {**inner.kept, **assign}, to)
    inner.add(
        done,
        {"Type": "Pass", "Output": {"stuck": expression(f"${inner.stuck}")}, "End": True},
    )
    scope.add(
        name,
        {
            "Type": "Map",
            "Items": expression(f"${scope.ledger}[-1].rounds"),
            "ItemProcessor": processor(begun, inner),
            "Assign": {
                scope.stuck: expression(f"[$append(${scope.stuck}, [$states.result.stuck])]"),
                **pop,
            },
            "Next": scope.undo or "",
        },
    )
    return name


def processor(begun: str, inner: Scope) -> dict[str, object]:
    """The body of a Map."""
    return {
        "ProcessorConfig": {"Mode": "INLINE"},
        "StartAt": begun,
        "States": ordered(begun, inner.states),
    }


def ordered(begun: str, states: dict[str, dict[str, object]]) -> dict[str, object]:
    """The first state and those that one can come to from it, in the order of the file; without
    those that only lead on."""
    jumps = {
        name: target
        for name, state in states.items()
        if state.keys() == {"Type", "Next"} and isinstance(target := state["Next"], str)
    }

    def end(name: str) -> str:
        seen = {name}
        while name in jumps and jumps[name] not in seen:
            name = jumps[name]
            seen.add(name)
        return name

    jumps.pop(begun, None)
    found: set[str] = set()
    stack = [begun]
    while stack:
        name = stack.pop()
        if name in found:
            continue
        state = states[name]
        found.add(name)
        rules = [state]
        for key in ("Choices", "Catch"):
            listed = state.get(key, [])
            assert isinstance(listed, list)
            rules += listed
        for rule in rules:
            for key in ("Next", "Default"):
                way = rule.get(key)
                if isinstance(way, str):
                    rule[key] = end(way)
                    stack.append(end(way))
    rest = ((name, state) for name, state in states.items() if name in found)
    return {begun: states[begun], **dict(rest)}
