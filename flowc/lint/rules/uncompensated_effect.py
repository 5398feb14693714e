"""A flow to its steps whose effect a later failure can leave behind."""

from __future__ import annotations

from flowc.compiler.flow import Call, Commit
from flowc.diagnostic import Finding, Fix, Related
from flowc.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Flow, Step
    from flowc.dsl.ast import CompensateClause
    from flowc.simulate.outcomes import Failure
    from flowc.simulate.study import Study

BAD = """\
error Closed

policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }
policy stubborn {
  timeout 30s
  within 30m
  attempts unlimited
  backoff 2s..1m factor 2 jitter
  exhausted page "travel-oncall"
}

service hotels {
  action book(trip: text, nights: int) writes rooms key trip
  action cancel(trip: text) writes rooms key trip absorbing
}
service trains {
  action book(trip: text) writes seats key trip raises Closed
}

/// Book a room, then a seat.
flow book_trip(trip: text) {
  version 1
  owner "team-travel" runbook "https://runbooks.example.com/trips"
  key trip on duplicate attach
  deadline 1h, compensate within 1h
  default with quick within 5m, compensate with stubborn

  step room = hotels.book(trip, 2)
    on unknown halt
  step seat = trains.book(trip)
    on unknown halt
}
"""

GOOD = BAD.replace(
    "hotels.book(trip, 2)\n    on unknown halt\n",
    "hotels.book(trip, 2)\n    compensate hotels.cancel(trip)\n",
)


@rule(code="SAG001", name="uncompensated-effect", bad=BAD, good=GOOD)
def uncompensated_effect(study: Study) -> Iterator[Finding]:
    """An effect that a later failure can leave behind.

    A step changes something, and then the flow fails: the customer's order is off, but the room
    stays booked and the card stays charged. Everything before `commit` promises "all or
    nothing", and an effect that nothing undoes breaks the promise at each failure.

    Write a `compensate` clause with the action that takes the effect back. Where nothing can
    take it back, let it be the last thing that happens: put it after `commit`, or at the end of a
    flow without `commit`, where nothing can fail any more. Where leaving it behind is right (a
    log, a counter), say so: `// flowc: allow uncompensated-effect because "..."`.

    How it decides: every outcome is followed from the moment the step is OK. If a run exists in
    which the flow fails before `commit`, or in which a `try` around the step takes over, the
    effect is left behind, and that run is the story. Errors caught further inside do not count.
    Failures are errors, unknown outcomes, timeouts and limits; where there is none of them, a
    cancel (or deadline) before the next step, `wait`, `await` or `commit` is one too. A failure
    in another branch of a `parallel` and in another round of a loop counts. A call of a flow
    that changes something counts as an effect, since its success is final.

    When it is wrong: two conditions that exclude each other (`if a { step ... }` and later
    `if not a { fail ... }`) are not compared.
    """
    outcomes = study.outcomes
    commits = any(isinstance(node, Commit) for node in study.flow.body.nodes)
    written: dict[int, CompensateClause] | None = None
    for step in study.flow.steps:
        if step.compensation is not None or step.after_commit:
            continue
        changed = outcomes.changes(step)
        if not changed or not outcomes.reachable(step):
            continue
        failure = outcomes.first_failure_after(step)
        if failure is None:
            continue
        if written is None:
            from flowc.lint.written import compensations

            written = compensations(study)
        if step.name_span.start in written:
            continue
        yield Finding(
            step.name_span,
            f"`{step.name}` {_effect(step, changed)}, and nothing undoes it when "
            f"{outcomes.what_fails(failure)}",
            help=_help(step, failure, commits=commits),
            label="left behind",
            related=(Related(outcomes.where(failure.node), _related(failure)),),
            fix=_fix(study.flow, step),
            story=outcomes.story(step, failure, f"{step.name} is left behind"),
        )


def _effect(step: Step, changed: frozenset[str | None]) -> str:
    named = sorted(name for name in changed if name is not None)
    if isinstance(step.call, Call):
        return f"changes `{named[0]}`" if named else "takes effect"
    what = " and ".join(f"`{name}`" for name in named) or "something"
    return f"calls `{step.call.flow}`, which changes {what} for good"


def _related(failure: Failure) -> str:
    if failure.how == "cancel":
        return "the flow can be cancelled here"
    return "this can fail afterwards"


def _help(step: Step, failure: Failure, *, commits: bool) -> str:
    undo = f"say how to undo `{step.name}` with `compensate ...`"
    refusable = isinstance(step.call, Call) and step.call.operation.raises
    if commits and refusable and failure.how == "cancel":  # behind `commit` it could still fail
        return f"{undo}, or allow it with a reason: only a cancel or the deadline leaves it"
    if commits:
        return f"{undo}, or move it behind `commit`"
    return f"{undo}, or let it be the last thing that happens"


def _fix(flow: Flow, step: Step) -> Fix | None:
    from flowc.lint.edits import add_clause
    from flowc.lint.reverse import reverse_call

    found = reverse_call(flow, step)
    if found is None:
        return None
    undo, call = found
    edit = add_clause(flow, step, f"compensate {call}")
    return Fix(f"undo it with `{undo.title}`", (edit,), safe=False)
