"""A flow to the leases that can run out before what they hold is committed or used."""

from __future__ import annotations

from flowc.compiler.duration import show
from flowc.compiler.expr import names_in
from flowc.compiler.flow import Await, Call, Commit, Step, WaitFor
from flowc.diagnostic import Finding, Related
from flowc.lint.rule import rule
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Node
    from flowc.simulate.study import Study

BAD = """\
error Refused

policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }
policy stubborn {
  timeout 30s
  within 2h
  attempts unlimited
  backoff 2s..10m factor 2 jitter
  exhausted page "travel-oncall"
}

service airline {
  action hold(trip: text) writes seats key trip lease 24h
  action cancel(trip: text) writes seats key trip absorbing
}

/// Hold the seats until the manager agrees.
flow book_trip(trip: text, manager: text) {
  version 1
  owner "team-travel" runbook "https://runbooks.example.com/trips"
  key trip on duplicate attach
  deadline 5d, compensate within 8h
  default with quick within 5m, compensate with stubborn

  step seats = airline.hold(trip)
    compensate airline.cancel(trip)
  await granted: bool from manager within 48h
  if not granted { fail Refused }

  commit
}
"""

GOOD = BAD.replace("from manager within 48h", "from manager within 20h")


class Use(Struct):
    """What a lease must last for: until `node` is reached, at worst `worst` ms after the step;
    None where nothing bounds it."""

    node: Node
    worst: int | None
    what: str


@rule(code="SAG012", name="lease-outlived", bad=BAD, good=GOOD)
def lease_outlived(study: Study) -> Iterator[Finding]:
    """A lease that can run out before what it holds is committed or used.

    A contract with `lease 24h` lends: after a day the seats go back to others, and the service
    says nothing. A flow that waits two days for a manager then commits to seats which it no
    longer has.

    Shorten what lies between (the `within` of an `await`, of a policy), take the lease later,
    behind the wait, or ask for a longer one.

    How it decides: from the moment the step is done, the longest way to `commit` and to the last
    step that uses the result is added up: waits, all attempts and their backoff, the rounds of
    loops. The flow's `deadline` cuts what comes before `commit`, since `commit` is not passed
    after it. A `wait until` of a time that only a run knows counts as nothing. If the sum is
    longer than the lease, the longest wait on the way is pointed at.

    When it is wrong: where the lease is renewed by another call.
    """
    where = study.outcomes.where
    uses: dict[str, Step] | None = None
    commit: Commit | None = None
    for step in study.flow.effects:
        if not isinstance(step.call, Call) or step.call.operation.lease is None:
            continue
        if uses is None:
            uses = _last_uses(study)
            top = study.flow.body.nodes
            commit = next((node for node in top if isinstance(node, Commit)), None)
        lease = step.call.operation.lease
        lasting = _uses(study, step, uses, commit)
        late = [use for use in lasting if use.worst is None or use.worst > lease]
        if not late:
            continue
        use = late[0]
        when = "at no certain time" if use.worst is None else f"as late as {show(use.worst)} after"
        wait = _longest_wait(study, step, use.node)
        source = step.call.operation.source
        yield Finding(
            step.name_span,
            f"`{step.name}` holds for {show(lease)}, but {use.what} can come {when}"
            + (" it" if use.worst is not None else ""),
            help="shorten what lies between, hold it later, or ask for a longer lease",
            label=f"lease {show(lease)}",
            related=(
                *(() if wait is None else (Related(where(wait), "the longest wait between"),)),
                Related(where(use.node), "it must hold until here"),
                Related(
                    step.call.operation.span,
                    "the lease is declared here",
                    None if source is study.flow.source else source,
                ),
            ),
            story=(
                *study.outcomes.run_to(step),
                f"{step.name} ok",
                f"{show(lease)} later: the lease of {step.name} ends",
                *_waits(study, wait),
                f"{use.what.replace('`', '')}, up to {show(use.worst)} after {step.name}"
                if use.worst is not None
                else f"{use.what.replace('`', '')}, whenever that is",
            ),
        )


def _waits(study: Study, wait: Await | WaitFor | None) -> tuple[str, ...]:
    if wait is None:
        return ()
    worst = study.times.of(wait).worst
    length = "for ever" if worst is None else f"for {show(worst)}"
    if isinstance(wait, Await):
        return (f"{wait.name} is awaited {length}",)
    return (f"wait {length}",)


def _last_uses(study: Study) -> dict[str, Step]:
    """Of each name the last step that is given it."""
    found: dict[str, Step] = {}
    for node in study.flow.nodes:
        if isinstance(node, Step):
            for arg in node.call.args:
                for name in names_in(arg):
                    found[name] = node
    return found


def _uses(study: Study, step: Step, last: dict[str, Step], commit: Commit | None) -> Iterator[Use]:
    times, flow, places = study.times, study.flow, study.outcomes.places
    left: int | None = None
    if flow.deadline is not None:
        left = max(flow.deadline - times.before(step).best, 0)
    to_commit: int | None = 0
    if commit is not None and not study.outcomes.after_commit(step):
        to_commit = _shorter(times.between(step, commit), left)
        yield Use(commit, to_commit, "`commit`")
    use = last.get(step.name)
    if use is None or not places.before(places.number(step), places.number(use)):
        return
    if not study.outcomes.after_commit(use):
        yield Use(use, _shorter(times.between(step, use), left), f"`{use.name}`")
    elif commit is not None and not study.outcomes.after_commit(step):
        rest = times.between(commit, use)
        worst = None if to_commit is None or rest is None else to_commit + rest
        yield Use(use, worst, f"`{use.name}`")
    else:
        yield Use(use, times.between(step, use), f"`{use.name}`")


def _shorter(worst: int | None, left: int | None) -> int | None:
    if left is None:
        return worst
    return left if worst is None else min(worst, left)


def _longest_wait(study: Study, step: Step, use: Node) -> Await | WaitFor | None:
    places, times = study.outcomes.places, study.times
    between = places.nodes[places.number(step) + 1 : places.number(use)]
    waits = [node for node in between if isinstance(node, Await | WaitFor)]

    def length(node: Await | WaitFor) -> float:
        worst = times.of(node).worst
        return float("inf") if worst is None else worst

    return max(waits, key=length, default=None)
