"""A flow to the branches that change one thing at the same time."""

from __future__ import annotations

from flowc.compiler.expr import names_in
from flowc.compiler.flow import Call, ForEach, Parallel, Repeat, Step
from flowc.diagnostic import Finding, Related
from flowc.lint.rule import rule
from flowc.simulate.shape import exclusive, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from flowc.simulate.places import Places
    from flowc.simulate.study import Study

BAD = """\
policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }
policy stubborn {
  timeout 30s
  within 30m
  attempts unlimited
  backoff 2s..1m factor 2 jitter
  exhausted page "accounts-oncall"
}

service accounts {
  action set_address(customer: text, address: text) writes profile key customer
  action set_phone(customer: text, phone: text) writes profile key customer
  action restore(customer: text) writes profile key customer absorbing
}

/// Take over a customer's new address and phone number.
flow change_contact(customer: text, address: text, phone: text) {
  version 1
  owner "team-accounts" runbook "https://runbooks.example.com/contact"
  key customer on duplicate attach
  deadline 1h, compensate within 1h
  default with quick within 5m, compensate with stubborn

  parallel {
    branch post {
      step addressed = accounts.set_address(customer, address)
        compensate accounts.restore(customer)
    }
    branch call {
      step phoned = accounts.set_phone(customer, phone)
        compensate accounts.restore(customer)
    }
  }
}
"""

GOOD = BAD.replace(
    """  parallel {
    branch post {
      step addressed = accounts.set_address(customer, address)
        compensate accounts.restore(customer)
    }
    branch call {
      step phoned = accounts.set_phone(customer, phone)
        compensate accounts.restore(customer)
    }
  }
""",
    """  step addressed = accounts.set_address(customer, address)
    compensate accounts.restore(customer)
  step phoned = accounts.set_phone(customer, phone)
    compensate accounts.restore(customer)
""",
)


@rule(code="DAT003", name="parallel-write-race", bad=BAD, good=GOOD)
def parallel_write_race(study: Study) -> Iterator[Finding]:
    """Two branches that change the same thing at the same time.

    Branches of a `parallel` run in no order. Where two of them write one resource under one key,
    the later write wins, and which one is later differs from run to run: a test passes a hundred
    times, and one customer keeps the old address. If it is the same action, one of the two calls
    is taken for a repeat of the other and has no effect at all.

    Let the steps follow each other, do both in one action, or give each a key of its own if they
    concern different things.

    How it decides: two steps in different branches call actions that `write` the same resource,
    and the arguments of their keys are the same expressions, in whatever order (for the same
    action without a key: all arguments). Branches whose `when` conditions exclude each other do
    not race. Rounds of a loop have a rule of their own, loop-key-ignores-item.

    When it is wrong: where one key stands for different parts of the resource.
    """
    places = study.outcomes.places
    if not any(isinstance(node, Parallel) for node in places.nodes):
        return
    branch_of = _branches(places)
    seen: dict[tuple[int, Hashable], dict[int, Step]] = {}
    for number, step in enumerate(places.nodes):
        if not isinstance(step, Step) or not isinstance(step.call, Call) or not step.effectful:
            continue
        identity = _identity(step.call)
        branch = branch_of[places.block[number]]
        reported = False
        while identity is not None and branch >= 0:
            parallel = places.owner[branch]
            writers = seen.setdefault((parallel, identity), {})
            for other_branch, other in writers.items():
                if reported or other_branch == branch:
                    continue
                if _apart(places, parallel, branch, other_branch):
                    continue
                if _own_rounds(places, parallel, step) or _own_rounds(places, parallel, other):
                    continue
                reported = True
                yield _finding(places, parallel, (other_branch, other), (branch, step))
            writers.setdefault(branch, step)
            branch = branch_of[places.block[parallel]]


def _branches(places: Places) -> list[int]:
    """Of each block the branch of a `parallel` that it is, or is in; -1 if none."""
    found: list[int] = []
    for block, owner in enumerate(places.owner):
        if owner < 0:
            found.append(-1)
        elif isinstance(places.nodes[owner], Parallel):
            found.append(block)
        else:
            found.append(found[places.block[owner]])
    return found


def _identity(call: Call) -> Hashable:
    """What a call changes: the resource and the key, in no order."""
    if call.operation.writes is None:
        return None
    if call.key is not None:
        return (call.operation.writes, frozenset(shape(part) for part in call.key))
    if not call.args:
        return None
    return (call.operation.title, tuple(shape(arg) for arg in call.args))


def _apart(places: Places, parallel: int, one: int, other: int) -> bool:
    """Whether two branches never run in the same instance."""
    node, inner = places.nodes[parallel], places.inner[parallel]
    assert isinstance(node, Parallel)
    a = node.branches[inner.index(one)].condition
    b = node.branches[inner.index(other)].condition
    return a is not None and b is not None and exclusive(a, b)


def _own_rounds(places: Places, parallel: int, step: Step) -> bool:
    """Whether the key depends on a loop inside the branch, whose names mean nothing outside."""
    assert isinstance(step.call, Call)
    names = frozenset[str]().union(*(names_in(arg) for arg in step.call.key or step.call.args))
    for number in places.chain(places.number(step)):
        if number == parallel:
            return False
        node = places.nodes[number]
        if isinstance(node, ForEach) and node.name in names:
            return True
        if isinstance(node, ForEach | Repeat):
            own = {node.index, *(carry.name for carry in node.carries)}
            if own & names:
                return True
    return False


def _finding(
    places: Places, parallel: int, first: tuple[int, Step], second: tuple[int, Step]
) -> Finding:
    (one, a), (other, b) = first, second
    node, inner = places.nodes[parallel], places.inner[parallel]
    assert isinstance(node, Parallel) and isinstance(a.call, Call) and isinstance(b.call, Call)
    labels = [node.branches[inner.index(block)].label for block in (one, other)]
    same = a.call.operation == b.call.operation
    resource = a.call.operation.writes
    if same:
        message = f"`{b.name}` and `{a.name}` are one call to `{a.call.operation.title}`"
        end = "only one of them takes effect"
    else:
        message = f"`{b.name}` and `{a.name}` change `{resource}` under one key"
        end = f"{resource} is as the later one left it"
    return Finding(
        b.name_span,
        f"{message}, at the same time",
        help="let one follow the other, or do both in one action"
        if not same
        else "leave one out, or give each a key of its own",
        related=(Related(a.name_span, "at the same time as this"),),
        story=(
            f"in `{labels[0]}`: {a.name} starts",
            f"in `{labels[1]}`: {b.name} starts",
            f"{a.name} ok, {b.name} ok, in either order",
            end,
        ),
    )
