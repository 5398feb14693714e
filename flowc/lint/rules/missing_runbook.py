"""A flow with an owner, to the runbook that the owner lacks."""

from __future__ import annotations

from flowc.diagnostic import Finding
from flowc.lint.heads import owner_span
from flowc.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.simulate.study import Study

BAD = """\
policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }

service mail {
  action welcome(user: text) notifies inbox key user
}

/// Welcome a new user.
flow welcome(user: text) {
  version 1
  owner "team-growth"
  key user on duplicate attach
  deadline 1h, compensate within 1h
  default with quick within 5m

  step welcomed = mail.welcome(user)
}
"""

GOOD = BAD.replace(
    'owner "team-growth"', 'owner "team-growth" runbook "https://runbooks.example.com/welcome"'
)


@rule(code="OPS002", name="missing-runbook", severity="advice", bad=BAD, good=GOOD)
def missing_runbook(study: Study) -> Iterator[Finding]:
    """An owner who is paged without being told what to do.

    A halted instance waits for a decision: did the payment go through, and should it be finished
    or undone? Whoever is paged at night has to know where to look and whom to ask. That belongs
    into a runbook, and its address beside the owner.

    Write `owner "team-orders" runbook "https://runbooks.example.com/orders"`.

    How it decides: a flow with a `key` has an `owner` without `runbook`.

    When it is wrong: where the team has one runbook for everything, and everybody knows it.
    """
    flow = study.flow
    if flow.key is None or flow.owner is None or flow.runbook is not None:
        return
    yield Finding(
        owner_span(study),
        f"`{flow.name}` has an owner but no runbook",
        help='add `runbook "https://..."` behind the owner',
        label="paged, and then?",
    )
