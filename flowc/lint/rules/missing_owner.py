"""A flow that can be started, to the owner that it lacks."""

from __future__ import annotations

from flowc.diagnostic import Finding
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
  key user on duplicate attach
  deadline 1h, compensate within 1h
  default with quick within 5m

  step welcomed = mail.welcome(user)
}
"""

GOOD = BAD.replace(
    "  key", '  owner "team-growth" runbook "https://runbooks.example.com/welcome"\n  key'
)


@rule(code="OPS001", name="missing-owner", bad=BAD, good=GOOD)
def missing_owner(study: Study) -> Iterator[Finding]:
    """A flow that nobody owns.

    A process that runs for days outlives deployments, reorganisations and the memory of who wrote
    it. When an instance is halted or a compensation is stuck, somebody is paged: the owner. A flow
    without one pages nobody in particular, at night.

    Write who answers for it, and where it says what to do: `owner "team-orders" runbook "https://..."`.

    How it decides: a flow with a `key` (so it can be started from outside) has no `owner`. A flow
    without a key runs under its caller's.

    When it is wrong: in sketches.
    """
    flow = study.flow
    if flow.key is None or flow.owner is not None:
        return
    yield Finding(
        flow.name_span,
        f"nobody owns `{flow.name}`: when an instance is stuck, nobody is paged",
        help='add `owner "team" runbook "https://..."` below the version',
        label="no `owner`",
    )
