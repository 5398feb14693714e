"""A flow to the deadline that its own budgets can overrun."""

from __future__ import annotations

from flowc.compiler.duration import show
from flowc.compiler.flow import Await, Commit, Step
from flowc.diagnostic import Edit, Finding, Fix, Related
from flowc.dsl import ast
from flowc.lint.deadlines import never_reached, overrun
from flowc.lint.heads import deadline, deadline_span
from flowc.lint.rule import rule

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
  within 1h
  attempts unlimited
  backoff 2s..1m factor 2 jitter
  exhausted page "loans-oncall"
}

service bank {
  action reserve(loan: text) writes funds key loan
  action release(loan: text) writes funds key loan absorbing
  action pay(loan: text) writes account key loan
}

/// Reserve the money, let somebody approve, pay it out.
flow pay_loan(loan: text, clerk: text) {
  version 1
  owner "team-loans" runbook "https://runbooks.example.com/loans"
  key loan on duplicate attach
  deadline 24h, compensate within 2h
  default with quick within 5m, compensate with stubborn

  step funds = bank.reserve(loan)
    compensate bank.release(loan)
  await approved: bool from clerk within 24h
    on timeout fail Refused
  if not approved { fail Refused }
  step paid = bank.pay(loan)
    on unknown halt
}
"""

GOOD = BAD.replace("deadline 24h", "deadline 25h")


@rule(code="TIM002", name="deadline-tight", bad=BAD, good=GOOD)
def deadline_tight(study: Study) -> Iterator[Finding]:
    """A deadline that can pass although every part keeps its own budget.

    Each step, `wait` and `await` has a bound of its own, and somebody chose each with care. If
    they add up to more than the `deadline`, a run in which nobody is late can still end with
    `DeadlineExceeded`: an `await` of 24h under a deadline of 24h never reaches its `on timeout`,
    a retry that would have helped is followed by a full unwinding.

    Raise the deadline to at least the sum, or tighten what takes long.

    How it decides: the worst time until each step, `wait`, `await` and `commit` is reached, with
    all attempts, their timeouts and the waits between them, but never more than `within`. Parallel
    branches count with the longest, loops with their bound, sub-flows with no more than their own
    deadline. `wait until` and durations that come from the input count as 0. After `commit` the
    deadline is not looked at. The last step may run past it: no running step is ever cut.
    What has no bound at all is left to the rules that say so.

    When it is wrong: two arms that exclude each other (`if a ...`, later `if not a ...`) are both
    counted, and a list is taken to be as long as its `max`.
    """
    limit = study.flow.deadline
    if limit is None or never_reached(study) is not None:
        return
    found = overrun(study)
    if found is None:
        return
    from flowc.simulate.time_story import Leg, legs_of, told, way_to

    first, (node, during, _, worst) = found
    assert worst is not None
    times = study.times
    legs = way_to(times, node)
    if isinstance(node, Await) and during:
        within = node.within or 0
        legs.append(Leg(f"`{node.name}` awaited up to {show(within)}", within))
    elif during:
        legs += legs_of(times.costs, node)
    yield Finding(
        deadline_span(study),
        f"the deadline of {show(limit)} can pass although every part keeps its bounds: "
        f"at worst {show(worst)} pass {_until(node, during)}",
        help=f"raise the deadline to {show(_roomy(worst))}, or tighten what takes long",
        label=f"at worst {show(worst)}",
        related=(Related(first.span, "here the deadline can strike first"),),
        fix=_fix(study, worst),
        story=told(legs, f"= {show(worst)}, deadline {show(limit)}", "DeadlineExceeded"),
    )


def _until(node: Node, during: bool) -> str:
    match node:
        case Commit():
            return "until `commit`"
        case Await() if during:
            return f"until `{node.name}` times out"
        case Step() | Await():
            return f"until `{node.name}` begins"
        case _:
            return "until its last `wait` is over" if during else "until its last `wait` begins"


def _roomy(worst: int) -> int:
    """Rounded up to a number that people write."""
    for unit in (3_600_000, 60_000, 1000):
        if worst >= 10 * unit:
            return -(-worst // unit) * unit
    return worst


def _fix(study: Study, worst: int) -> Fix | None:
    head = deadline(study)
    if head is None or not isinstance(head.limit, ast.Duration):
        return None
    roomy = show(_roomy(worst))
    return Fix(f"raise the deadline to {roomy}", (Edit(head.limit.span, roomy),), safe=False)
