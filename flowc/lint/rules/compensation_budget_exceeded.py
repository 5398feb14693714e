"""A flow to its bound of unwinding that its compensations can overrun."""

from __future__ import annotations

from flowc.compiler.duration import show
from flowc.diagnostic import Finding
from flowc.lint.heads import compensate_within_span
from flowc.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.simulate.study import Study

BAD = """\
error Full

policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }
policy stubborn {
  timeout 30s
  within 2h
  attempts unlimited
  backoff 2s..10m factor 2 jitter
  exhausted page "travel-oncall"
}

service hotels {
  action hold(trip: text) writes rooms key trip
  action cancel(trip: text) writes rooms key trip absorbing
}
service trains {
  action hold(trip: text) writes seats key trip
  action cancel(trip: text) writes seats key trip absorbing
}
service visas {
  read check(trip: text) -> bool
}

/// Hold a room and a seat, if there is a visa.
flow hold_trip(trip: text) {
  version 1
  owner "team-travel" runbook "https://runbooks.example.com/trips"
  key trip on duplicate attach
  deadline 1h, compensate within 3h
  default with quick within 5m, compensate with stubborn

  step room = hotels.hold(trip)
    compensate hotels.cancel(trip)
  step seat = trains.hold(trip)
    compensate trains.cancel(trip)
  step visa = visas.check(trip)
  if not visa { fail Full }
}
"""

GOOD = BAD.replace("compensate within 3h", "compensate within 4h")


@rule(code="TIM003", name="compensation-budget-exceeded", bad=BAD, good=GOOD)
def compensation_budget_exceeded(study: Study) -> Iterator[Finding]:
    """Compensations that can take longer than `compensate within`.

    Unwinding has one budget for all of its compensations. Each may retry for as long as its own
    policy says; if one uses that up, the budget can be over before the next one starts, and then
    it never does: it is stuck, its effect stays, somebody is paged and finishes by hand.

    Raise `compensate within` to the sum, or give the compensations less time each.

    How it decides: by the longest unwinding from any point at which the flow can fail, be
    cancelled or meet its deadline before `commit`. Compensations of a sequence and of loop rounds
    add up, those of parallel branches run in parallel, of alternatives the longest counts. An
    effect after which nothing can fail is never unwound and does not count.

    When it is wrong: a loop's list is taken to be as long as its `max`. A compensation without
    any bound is left to `unbounded-retry`.
    """
    budget = study.flow.compensate_within
    if budget is None:
        return
    worst = study.times.unwind_worst()
    if worst is None or worst <= budget:
        return
    from flowc.simulate.time_story import longest_unwinding, told

    costs = study.times.costs
    legs = longest_unwinding(costs, study.flow.body)
    alone = len(legs) == 1 and legs[0].ms <= costs.longest_undo  # and not that of many rounds
    yield Finding(
        compensate_within_span(study),
        f"unwinding can take {show(worst)}, but `compensate within` is {show(budget)}",
        help=f"raise it to {show(worst)}, or bound the compensations more tightly with `within`",
        label=f"at worst {show(worst)}",
        story=told(
            legs,
            f"= {show(worst)}, compensate within {show(budget)}",
            "it runs on past the budget" if alone else "what has not started by then is stuck",
        ),
    )
