"""A flow to the first statement that its deadline lets no run finish."""

from __future__ import annotations

from flowc.compiler.duration import show
from flowc.compiler.flow import Await, Commit, Step, WaitFor, WaitUntil
from flowc.diagnostic import Finding, Related
from flowc.lint.deadlines import never_reached
from flowc.lint.heads import deadline_span
from flowc.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Node
    from flowc.simulate.study import Study

BAD = """\
policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }

service mail {
  action invite(user: text) notifies inbox key user
  action remind(user: text) notifies inbox key user
}

/// Invite somebody, and remind them three days later.
flow invite(user: text) {
  version 1
  owner "team-growth" runbook "https://runbooks.example.com/invite"
  key user on duplicate attach
  deadline 2d, compensate within 1h
  default with quick within 5m

  step invited = mail.invite(user)
  wait 3d
  step reminded = mail.remind(user)
}
"""

GOOD = BAD.replace("deadline 2d", "deadline 4d")


@rule(code="TIM001", name="deadline-impossible", bad=BAD, good=GOOD)
def deadline_impossible(study: Study) -> Iterator[Finding]:
    """A deadline that has always passed before a statement is done.

    A `wait` takes its time in every run, and an `await` runs its full time before `on timeout`.
    Where these alone add up to more than the `deadline`, every run that comes this way ends with
    `DeadlineExceeded`: what stands behind is written, tested and paid for, and never happens.

    Raise the deadline, or wait less.

    How it decides: by the earliest moment at which each step, `wait`, `await` and `commit` can
    be reached. Calls count as 0, so do signals, times that come from the input and loops over
    lists, and the shortest way through `if`, `match` and `try` is taken. If even so the moment
    lies after the deadline, no run reaches it. After `commit` the deadline is not looked at, and
    neither is it here.

    When it is wrong: never, for the clock of the engine; a test that skips time sees the same.
    """
    found = never_reached(study)
    deadline = study.flow.deadline
    if found is None or deadline is None:
        return
    from flowc.simulate.time_story import Leg, soonest_to, told

    node, during, best = found
    what = _what(node)
    happens = "is never over" if during else "is never reached"
    legs = soonest_to(study.times, node)
    if during:
        legs.append(Leg(f"wait {show(study.times.of(node).best)}", study.times.of(node).best))
    yield Finding(
        deadline_span(study),
        f"{what} {happens}: at the earliest {show(best)} have passed, the deadline is "
        f"{show(deadline)}",
        help=f"raise the deadline above {show(best)}, or wait less",
        label="always passed by then",
        related=(Related(node.span, f"this {happens}"),),
        story=told(legs, f"= {show(best)}, deadline {show(deadline)}", "DeadlineExceeded"),
    )


def _what(node: Node) -> str:
    match node:
        case Step() | Await():
            return f"`{node.name}`"
        case WaitFor() | WaitUntil():
            return "this `wait`"
        case Commit():
            return "`commit`"
        case _:
            return "this"
