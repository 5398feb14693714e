"""A flow to its calls whose retries never come, since nothing makes a repeat harmless."""

from __future__ import annotations

from flowc.diagnostic import Finding, Related
from flowc.lint.calls import governed
from flowc.lint.rule import rule
from flowc.simulate.attempts import repeats

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.lint.calls import Governed
    from flowc.simulate.study import Study

BAD = """\
policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }

service printers {
  action print(label: text) writes paper
}

/// Print one label.
flow print_label(label: text) {
  version 1
  owner "team-floor" runbook "https://runbooks.example.com/labels"
  key label on duplicate attach
  deadline 1h, compensate within 1h
  default with quick within 5m

  step printed = printers.print(label)
    on unknown halt
}
"""

GOOD = BAD.replace("writes paper", "writes paper key label")


@rule(code="TIM008", name="retry-without-key", bad=BAD, good=GOOD)
def retry_without_key(study: Study) -> Iterator[Finding]:
    """Several attempts of an action that nothing makes safe to repeat.

    After a timeout or a crash nobody knows whether the action took effect. To try again could
    charge, print or send twice, so flowc does not: an action is retried after an unknown outcome
    only if it has a `key`, by which its service recognises the repeat. Without one, a policy of
    five attempts is in truth one attempt; whoever relies on the other four waits in vain.

    Name the parameters that make a repeat harmless, if the service keeps that promise:
    `action print(label: text) writes paper key label`. Else give the step a policy with one
    attempt, and say what an unknown outcome means (`on unknown probe ...` or `halt`).

    How it decides: the call may make several attempts, it is no read, and its operation has no
    `key` (nor, for a compensation, is it `absorbing`). An action that declares a transient error is
    retried after that error, which says that this attempt did nothing, and is not reported.

    When it is wrong: where one default serves all steps and you know that it means one attempt
    here.
    """
    seen: set[tuple[str, bool]] = set()
    for one in governed(study.flow):
        operation = one.call.operation
        if one.call.policy.attempts == 1 or repeats(one.call, one.compensating):
            continue
        if (operation.title, one.compensating) in seen:
            continue
        seen.add((operation.title, one.compensating))
        elsewhere = None if operation.source is study.flow.source else operation.source
        yield Finding(
            one.call.span,
            f"{one.title} is never retried: `{operation.title}` has no `key` that makes a "
            "repeat harmless",
            help="declare its `key`, or give this call a policy with one attempt",
            label=f"{_count(one)} in the policy, one in truth",
            related=(Related(operation.span, "declared here without a `key`", elsewhere),),
            story=(
                f"attempt 1 of `{operation.title}` times out: nobody knows whether it took effect",
                "another attempt could take effect twice, so there is none",
                f"{one.title} ends unknown after 1 of {_count(one)}",
            ),
        )


def _count(one: Governed) -> str:
    count = one.call.policy.attempts
    return "unlimited attempts" if count is None else f"{count} attempts"
