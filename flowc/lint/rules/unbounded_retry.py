"""A flow to its calls that are retried without end."""

from __future__ import annotations

from flowc.compiler.duration import show
from flowc.diagnostic import Finding
from flowc.lint.calls import by_governance, governed, others
from flowc.lint.rule import rule
from flowc.simulate.attempts import repeats, waits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Policy
    from flowc.simulate.study import Study

BAD = """\
policy endless { timeout 10s, attempts unlimited, backoff 1s..1m factor 2 jitter }

service rates {
  read today(currency: text) -> decimal
}

/// Look up today's rate.
flow look_up(currency: text) -> decimal {
  version 1
  owner "team-rates" runbook "https://runbooks.example.com/rates"
  key currency on duplicate attach
  deadline 1h, compensate within 1h
  default with endless

  step rate = rates.today(currency)

  return rate
}
"""

GOOD = BAD.replace("default with endless", "default with endless within 30m")


@rule(code="TIM006", name="unbounded-retry", bad=BAD, good=GOOD)
def unbounded_retry(study: Study) -> Iterator[Finding]:
    """A call that is retried without end.

    `attempts unlimited` is right for work that must get done, as long as something ends it:
    with neither a number of attempts nor `within`, a service that is gone for good keeps the
    instance for good. Nobody is paged, for the policy is never exhausted. The flow's `deadline`
    does not help: it is looked at between steps and cuts no step that runs. Neither does
    `compensate within`, for it cuts no compensation that has begun.

    Bound all attempts together: `within 2h`, in the policy, the step or the default. What should
    happen then stands in `exhausted page "..."`.

    How it decides: by the policy that holds in the end. A call whose outcomes are never tried
    again (an action without `key`, and without transient errors) is left to `retry-without-key`.

    When it is wrong: never for the instance; you may have decided that it should wait for ever.
    """
    calls = (one for one in governed(study.flow) if _endless(one.call.policy))
    for one, more in by_governance(c for c in calls if repeats(c.call, c.compensating)):
        yield Finding(
            one.call.policy.span,
            f"nothing ends the retries of {one.title}{others(more)}",
            help="bound all attempts together with `within`, or count them with `attempts N`",
            label="unlimited attempts, no `within`",
            story=_story(one.call.policy),
        )


def _endless(policy: Policy) -> bool:
    return policy.attempts is None and policy.within is None and policy.timeout is not None


def _story(policy: Policy) -> tuple[str, ...]:
    timeout = policy.timeout or 0
    moment = 1000 * timeout + waits(policy, 999)
    return (
        "the called service does not answer",
        f"attempt 1 is cut after {show(timeout)}",
        "...",
        f"attempt 1000 is cut after {show(moment)} at the latest, and there is no last one",
    )
