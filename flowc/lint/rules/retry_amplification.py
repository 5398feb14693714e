"""A flow to its writes that nested retries multiply."""

from __future__ import annotations

from flowc.diagnostic import Finding
from flowc.lint.amplified import MANY, amplified
from flowc.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.simulate.study import Study

MOST = 50

BAD = """\
policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }
policy stubborn {
  timeout 30s
  within 30m
  attempts unlimited
  backoff 2s..1m factor 2 jitter
  exhausted page "cards-oncall"
}

service cards {
  action charge(order: text) -> bool writes account key order
  action refund(order: text) writes account key order absorbing
}

/// Charge a card until it works.
flow charge(order: text) {
  version 1
  owner "team-cards" runbook "https://runbooks.example.com/cards"
  key order on duplicate attach
  deadline 1d, compensate within 12h
  default with quick within 5m, compensate with stubborn

  repeat max 20, every 1m {
    step charged = cards.charge(order)
      compensate cards.refund(order)
  } until charged
}
"""

GOOD = BAD.replace("attempts 5, backoff 1s..30s factor 2 jitter", "attempts 1")


@rule(
    code="TIM009",
    name="retry-amplification",
    severity="advice",
    bad=BAD,
    good=GOOD,
)
def retry_amplification(study: Study) -> Iterator[Finding]:
    """Retries around retries, which multiply.

    Five attempts in a loop of twenty rounds are a hundred calls, and with a sub-flow that loops as
    well they are thousands. Each layer looks modest. Together they hit a service that is already
    in trouble with a storm of writes, and keep it there.

    Retry in one place. Let the policy do it (`attempts`, `within`, `backoff`), and let the loop
    around make one attempt a round; or the other way round.

    How it decides: multiplies the attempts of a write by the rounds of each `repeat` around it,
    through sub-flows too, where the write stays the same in every round: its key (without one, its
    arguments) depends on no round number, carried value or anything else that the round brought
    with it. Reported from two layers and more than 50 calls on. Reads, and loops over lists, do
    not count. Attempts are as many as fit into `within` by their waits alone.

    When it is wrong: where the loop is left at the first failure and goes on only after success.
    """
    said: set[tuple[str, tuple[str, ...]]] = set()
    for write in amplified(study.program).writes(study.flow):
        if len(write.layers) < 2 or write.product <= MOST or (write.action, write.layers) in said:
            continue
        said.add((write.action, write.layers))
        count = "endlessly often" if write.product >= MANY else f"up to {write.product} times"
        yield Finding(
            write.step.name_span,
            f"nested retries can call `{write.action}` {count} for one and the same effect",
            help="retry in one place: in the policy, or in the loop, but not in both",
            label=f"{len(write.layers)} layers of retries",
            story=(*write.layers, f"= {count}"),
        )
