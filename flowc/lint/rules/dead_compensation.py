"""A flow to its compensations that no run ever calls."""

from __future__ import annotations

from flowc.compiler.flow import CompensateBlind
from flowc.diagnostic import Finding, Fix
from flowc.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Flow, Step
    from flowc.simulate.study import Study

BAD = """\
policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }
policy stubborn {
  timeout 30s
  within 30m
  attempts unlimited
  backoff 2s..1m factor 2 jitter
  exhausted page "stock-oncall"
}

service inventory {
  action reserve(order: text) writes stock key order
  action release(order: text) writes stock key order absorbing
}

/// Hold the stock for an order.
flow hold_stock(order: text) {
  version 1
  owner "team-stock" runbook "https://runbooks.example.com/stock"
  key order on duplicate attach
  deadline 1h, compensate within 1h
  default with quick within 5m, compensate with stubborn

  step hold = inventory.reserve(order)
    on unknown halt
    compensate inventory.release(order)
}
"""

GOOD = BAD.replace("    on unknown halt\n", "")


@rule(code="SAG010", name="dead-compensation", severity="advice", bad=BAD, good=GOOD)
def dead_compensation(study: Study) -> Iterator[Finding]:
    """A compensation that no run ever calls.

    It reads as if the step could be undone, and nobody notices that it never is: after `commit`
    nothing unwinds, and where nothing can fail after a step there is nothing to unwind for. A
    reader trusts the clause, and a test can never reach it.

    Remove the clause, or move the step to where undoing it matters: before `commit`, before
    what can fail.

    How it decides: the compensation of a step runs when the flow fails, is cancelled or meets its
    deadline once the step is OK, before `commit` or inside a `try` that takes over; and when
    the step's own outcome stays unknown and is answered with `compensate`, or with a `probe`
    and an absorbing action. `commit` itself is a point of cancel, so a compensation right before
    it is not dead. In the good example the last step may end unknown, and is then undone.

    When it is wrong: where the clause is there for the step that somebody will add next week.
    """
    outcomes = study.outcomes
    for step in study.flow.steps:
        compensation = step.compensation
        if compensation is None or not outcomes.reachable(step) or outcomes.may_be_undone(step):
            continue
        if outcomes.after_commit(step):
            why, end = "nothing is undone after `commit`", "from here on only forward"
        else:
            why, end = f"nothing can fail once `{step.name}` is done", "nothing is left to fail"
        yield Finding(
            compensation.span,
            f"this compensation never runs: {why}",
            help=f"remove it, or move `{step.name}` before what can fail",
            fix=_fix(study.flow, step),
            story=(*outcomes.run_to(step), f"{step.name} ok", end),
        )


def _fix(flow: Flow, step: Step) -> Fix | None:
    """Only where the answer to an unknown outcome does not need the compensation."""
    if step.compensation is None or isinstance(step.unknown, CompensateBlind):
        return None
    from flowc.lint.edits import drop_clause

    edit = drop_clause(flow, step.compensation.span)
    if edit is None:
        return None
    return Fix("remove the compensation", (edit,), safe=False)
