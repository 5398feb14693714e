"""A flow to its effects after which it can only fail, so that none of them ever stays."""

from __future__ import annotations

from flowc.compiler.flow import Commit, Return
from flowc.diagnostic import Finding, Related
from flowc.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.simulate.outcomes import Outcomes
    from flowc.simulate.study import Study

BAD = """\
error Rejected

policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }
policy stubborn {
  timeout 30s
  within 30m
  attempts unlimited
  backoff 2s..1m factor 2 jitter
  exhausted page "claims-oncall"
}

service claims {
  read covered(claim: text) -> bool
  action close(claim: text) writes claims key claim
  action reopen(claim: text) writes claims key claim absorbing
}

/// Close a claim that nothing covers.
flow assess(claim: text) {
  version 1
  owner "team-claims" runbook "https://runbooks.example.com/claims"
  key claim on duplicate attach
  deadline 1h, compensate within 1h
  default with quick within 5m, compensate with stubborn

  step covered = claims.covered(claim)
  if not covered {
    step closed = claims.close(claim)
      compensate claims.reopen(claim)
    fail Rejected
  }
}
"""

GOOD = BAD.replace("    fail Rejected\n", "").replace("error Rejected\n\n", "")


@rule(code="SAG013", name="effect-always-undone", severity="advice", bad=BAD, good=GOOD)
def effect_always_undone(study: Study) -> Iterator[Finding]:
    """An effect that no run keeps.

    A step changes something, and every way on from there ends in `fail`: the change is made and
    taken back again each time. Mostly it was meant to stay (the claim is closed, the order is
    marked as refused), and the `fail` behind it undoes just that.

    `fail` means that nothing of the flow shall stay. Where something shall, the flow has come to
    a result: `return` it. Or let another flow do it, called as a step without a `compensate`:
    the success of a sub-flow is committed by itself.

    How it decides: from the step on, outwards through the blocks around it, it looks for a
    statement that no path gets past, with no `return` and no `commit` before it.

    When it is wrong: where being there for a while is the whole point of the effect, such as a
    hold that keeps others away until the flow has failed.
    """
    outcomes = study.outcomes
    doomed: set[int] | None = None
    for step in study.flow.effects:
        if step.compensation is None or outcomes.after_commit(step):
            continue
        if doomed is None:
            doomed = _doomed(outcomes)
        if outcomes.places.number(step) not in doomed or not outcomes.reachable(step):
            continue
        failure = outcomes.first_failure_after(step, cancel=False)
        if failure is None:
            continue
        undo = step.compensation.call.operation.title
        yield Finding(
            step.name_span,
            f"`{step.name}` never stays: every path behind it fails, and `{undo}` undoes it",
            help="`return` what was decided instead of `fail`, or leave the step out",
            label="always undone",
            related=(Related(outcomes.where(failure.node), "for example here"),),
            story=outcomes.story(step, failure, f"{undo} undoes {step.name}"),
        )


def _doomed(outcomes: Outcomes) -> set[int]:
    """The statements behind which each way on fails before any `return` or `commit`."""
    places, inside = outcomes.places, outcomes.inside
    ways_out: set[int] = set()  # statements that are or hold a `return` or `commit`
    for number, node in enumerate(places.nodes):
        if isinstance(node, Return | Commit):
            ways_out.update(places.chain(number))
    doomed: set[int] = set()
    for block, numbers in enumerate(places.blocks):  # outer ones first
        ends = places.owner[block] in doomed
        for number in reversed(numbers):
            if ends:
                doomed.add(number)
            if number in ways_out:
                ends = False
            elif not inside.completes[number]:
                ends = True
    return doomed
