"""A flow to its calls whose single attempt takes the time of all of them."""

from __future__ import annotations

from flowc.compiler.duration import show
from flowc.diagnostic import Finding
from flowc.lint.calls import by_governance, governed, others
from flowc.lint.rule import rule
from flowc.simulate.attempts import attempts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Policy
    from flowc.lint.calls import Governed
    from flowc.simulate.study import Study

BAD = """\
policy patient { timeout 2m, attempts 5, backoff 1s..30s factor 2 jitter }

service rates {
  read today(currency: text) -> decimal
}

/// Look up today's rate.
flow look_up(currency: text) -> decimal {
  version 1
  owner "team-rates" runbook "https://runbooks.example.com/rates"
  key currency on duplicate attach
  deadline 1h, compensate within 1h

  step rate = rates.today(currency) with patient within 1m

  return rate
}
"""

GOOD = BAD.replace("timeout 2m", "timeout 10s")


@rule(code="TIM004", name="attempt-longer-than-total", bad=BAD, good=GOOD)
def attempt_longer_than_total(study: Study) -> Iterator[Finding]:
    """A single attempt that may take as long as all attempts together.

    `timeout` bounds one attempt and `within` bounds all of them. Where the timeout is the longer
    one, the first attempt that hangs takes the whole budget with it: the retries that the policy
    promises never come, and the timeout that it names never holds. It is the same with a
    `heartbeat` that is no shorter than the attempt whose loss it should notice.

    Let `timeout` be a fraction of `within`, so that several attempts fit, and `heartbeat` a
    fraction of `timeout`.

    How it decides: by the numbers that hold for each call in the end, with a `within` of the step
    or of the default in place of the policy's. A timeout equal to `within` is fine where one
    attempt is all that is wanted.

    When it is wrong: a service that never hangs, but fails fast, gets its retries all the same.
    """
    said: set[tuple[object, ...]] = set()
    for one, more in by_governance(governed(study.flow)):
        policy = one.call.policy
        same = (policy.name, policy.timeout, policy.within, policy.heartbeat)
        if same in said:
            continue
        if found := _too_long(one, policy):
            said.add(same)
            what, story = found
            yield Finding(
                policy.span,
                f"{one.title}: {what}",
                help="let `heartbeat` be a fraction of `timeout`"
                if "heartbeat" in what
                else "let `timeout` be a fraction of `within`, so that a retry fits",
                label=f"the same for{others(more)[4:]}" if more else None,
                story=story,
            )


def _too_long(one: Governed, policy: Policy) -> tuple[str, tuple[str, ...]] | None:
    timeout, within, beat = policy.timeout, policy.within, policy.heartbeat
    once = attempts(one.call, one.compensating) == 1
    if timeout is not None and within is not None and timeout >= within:
        longer = "longer than" if timeout > within else "as long as"
        if timeout > within or not once:
            rest = "" if once else ", so no retry follows one that hangs"
            return (
                f"one attempt may take {show(timeout)}, {longer} all together "
                f"({show(within)}){rest}",
                (
                    f"attempt 1 of `{one.call.operation.title}` hangs",
                    f"`within` cuts it after {show(within)}",
                    "no attempt is left" if once else "no time is left for attempt 2",
                ),
            )
    attempt = min((bound for bound in (timeout, within) if bound is not None), default=None)
    if beat is not None and attempt is not None and beat >= attempt:
        return (
            f"a lost heartbeat is noticed after {show(beat)}, but an attempt is cut after "
            f"{show(attempt)} anyway",
            (
                f"the worker of `{one.call.operation.title}` is lost",
                f"the attempt is cut after {show(attempt)}",
                f"its heartbeat would have been missed after {show(beat)}",
            ),
        )
    return None
