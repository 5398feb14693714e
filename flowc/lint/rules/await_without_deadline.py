"""A flow to its awaits that nothing ends."""

from __future__ import annotations

from flowc.compiler.duration import show
from flowc.compiler.flow import Await
from flowc.diagnostic import Finding
from flowc.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.simulate.study import Study

BAD = """\
service archive {
  action store(claim: text, paper: text) writes papers key claim
}

policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }

/// Wait for the paper of a claim and store it.
flow collect_paper(claim: text, customer: text) {
  version 1
  owner "team-claims" runbook "https://runbooks.example.com/claims"
  key claim on duplicate attach
  deadline 30d, compensate within 1h
  default with quick within 5m

  await paper: text from customer
  step stored = archive.store(claim, paper)
    on unknown halt
}
"""

GOOD = BAD.replace("from customer\n", "from customer within 14d\n")


@rule(code="TIM010", name="await-without-deadline", bad=BAD, good=GOOD)
def await_without_deadline(study: Study) -> Iterator[Finding]:
    """An `await` without `within`.

    People go on holiday, messages get lost, and other systems are switched off. An `await`
    without a bound then waits for ever, or until the `deadline` of the whole flow strikes; and
    the deadline unwinds all that was done, without a word to the one who was waited for.

    Say how long it may take, and what happens then: `within 14d`, with `on timeout` for another
    way on. Without `on timeout` it fails with `TimedOut`, which a `try` can catch. Reminders
    stand beside it: `every 2d as n { ... }`.

    How it decides: the `await` has no `within`. The flow's own deadline does not count, since
    nothing catches it and it says nothing about this one wait.

    When it is wrong: where the signal is sure to come, since another flow of yours sends it and
    has a deadline of its own.
    """
    for node in study.flow.nodes:
        if not isinstance(node, Await) or node.within is not None:
            continue
        deadline = study.flow.deadline
        ending = (
            "the instance waits for ever"
            if deadline is None
            else f"after {show(deadline)} the deadline strikes and all is unwound"
        )
        yield Finding(
            node.name_span,
            f"nothing bounds the wait for `{node.name}`",
            help="add `within D`, and say `on timeout` what happens then",
            label="waits for ever" if deadline is None else "only the flow's deadline ends it",
            story=(f"the signal `{node.name}` is never sent", ending),
        )
