"""A flow to its calls with attempts that never come, since the waits alone outlast `within`."""

from __future__ import annotations

from flowc.compiler.duration import show
from flowc.diagnostic import Finding
from flowc.lint.calls import by_governance, governed, others
from flowc.lint.rule import rule
from flowc.simulate.attempts import repeats, starts, waits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Policy
    from flowc.simulate.study import Study

BAD = """\
policy slow { timeout 5s, attempts 10, backoff 10s..5m factor 2 }

service rates {
  read today(currency: text) -> decimal
}

/// Look up today's rate.
flow look_up(currency: text) -> decimal {
  version 1
  owner "team-rates" runbook "https://runbooks.example.com/rates"
  key currency on duplicate attach
  deadline 1h, compensate within 1h

  step rate = rates.today(currency) with slow within 2m

  return rate
}
"""

GOOD = BAD.replace("attempts 10, backoff 10s..5m factor 2", "attempts 10, backoff 1s..15s factor 2")
SHOWN = 5  # attempts told one by one


@rule(code="TIM005", name="retries-that-never-fit", bad=BAD, good=GOOD)
def retries_that_never_fit(study: Study) -> Iterator[Finding]:
    """Attempts that a policy promises and `within` never lets start.

    The waits between attempts grow, and `within` bounds all of it. If the waits alone fill the
    time, the last attempts never come, not even when each attempt fails at once. Who reads
    `attempts 10` believes in ten; there are four.

    Shorten the waits or cap them (`backoff 1s..15s factor 2`), give more time, or write the
    number of attempts that fit.

    How it decides: the waits are added up, attempts count as 0; an attempt that cannot start
    before `within` is over never comes. With `jitter` a wait can be as short as nothing, so such
    policies are never reported; nor are `attempts unlimited`, which promise no number.

    When it is wrong: never, since attempts can only make it worse.
    """
    calls = (one for one in governed(study.flow) if repeats(one.call, one.compensating))
    for one, more in by_governance(calls):
        policy = one.call.policy
        fitting = starts(policy, jitter=True)
        if policy.attempts is None or fitting is None or fitting >= policy.attempts:
            continue
        assert policy.within is not None
        yield Finding(
            policy.span,
            f"{one.title}: of {policy.attempts} attempts only {fitting} can start within "
            f"{show(policy.within)}, so long are the waits between them",
            help=f"write `attempts {fitting}`, cap the waits (`backoff A..B`), or give more time",
            label=f"the same for{others(more)[4:]}" if more else None,
            story=_story(policy, fitting),
        )


def _story(policy: Policy, fitting: int) -> tuple[str, ...]:
    """Attempts that fail at once, until the one that no longer fits."""
    told = [n for n in range(1, fitting + 1) if n < SHOWN or n == fitting]
    lines: list[str] = []
    for n in told:
        if n - len(lines) > 1 and "..." not in lines:
            lines.append("...")
        lines.append(f"attempt {n} starts after {show(waits(policy, n - 1))} and fails at once")
    late = show(waits(policy, fitting))
    return (
        *lines,
        f"attempt {fitting + 1} would start after {late}, within {show(policy.within or 0)}: never",
    )
