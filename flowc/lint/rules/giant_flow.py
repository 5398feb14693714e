"""A flow to its size, if it is too large to be understood."""

from __future__ import annotations

from flowc.diagnostic import Finding
from flowc.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.simulate.study import Study

MOST_STEPS = 50

_HEAD = """\
policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }

service mail {
  action tell(user: text, about: int) notifies inbox key user, about
}

/// Tell a new user about everything.
flow tour(user: text) {
  version 1
  owner "team-growth" runbook "https://runbooks.example.com/tour"
  key user on duplicate attach
  deadline 1d, compensate within 1h
  default with quick within 5m

"""


def _steps(count: int) -> str:
    return "".join(f"  step told_{n} = mail.tell(user, {n})\n" for n in range(count))


@rule(
    code="STY001",
    name="giant-flow",
    severity="advice",
    bad=f"{_HEAD}{_steps(MOST_STEPS + 1)}}}\n",
    good=f"{_HEAD}{_steps(3)}}}\n",
)
def giant_flow(study: Study) -> Iterator[Finding]:
    """A flow with more than 50 steps.

    Nobody keeps fifty steps in mind, with what each undoes and what happens when it fails in
    between; its picture fits on no page. People then change it by trial.

    Cut it where it changes its subject, and call the parts as flows. Each has its own deadline and
    its own unwinding, and its success is final: only a `compensate` of the caller undoes it.

    How it decides: counts the steps of the newest version, inside blocks too. The number is that
    of guideline G7 of Mendling, Reijers and van der Aalst, "Seven process modeling guidelines"
    (2010): models with more than 50 elements are more likely wrong than not.

    When it is wrong: a long but straight list of like steps may be easier to read in one piece.
    """
    flow = study.flow
    count = sum(1 for _ in flow.steps)
    if count <= MOST_STEPS or flow.version != flow.versions[-1]:
        return
    yield Finding(
        flow.name_span,
        f"`{flow.name}` has {count} steps",
        help="cut it where it changes its subject, and call the parts as flows",
        label=f"more than {MOST_STEPS} steps",
    )
