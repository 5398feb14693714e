"""A flow to its compensations that give up too easily, or without a word."""

from __future__ import annotations

from flowc.diagnostic import Finding, Related
from flowc.dsl import ast
from flowc.lint.rule import rule
from flowc.simulate.ways import exhausts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Policy, Step
    from flowc.simulate.study import Study

BAD = """\
policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }

service inventory {
  action reserve(order: text) writes stock key order
  action release(order: text) writes stock key order absorbing
}
service carrier {
  read slot(order: text) -> text
}

/// Hold the stock and find a slot to ship it.
flow prepare_shipment(order: text) -> text {
  version 1
  owner "team-stock" runbook "https://runbooks.example.com/stock"
  key order on duplicate attach
  deadline 1h, compensate within 1h
  default with quick within 5m

  step hold = inventory.reserve(order)
    compensate inventory.release(order)
  step slot = carrier.slot(order)

  return slot
}
"""

GOOD = """\
policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }
policy stubborn {
  timeout 30s
  within 30m
  attempts unlimited
  backoff 2s..1m factor 2 jitter
  exhausted page "stock-oncall"
}

service inventory {
  action reserve(order: text) writes stock key order
  action release(order: text) writes stock key order absorbing
}
service carrier {
  read slot(order: text) -> text
}

/// Hold the stock and find a slot to ship it.
flow prepare_shipment(order: text) -> text {
  version 1
  owner "team-stock" runbook "https://runbooks.example.com/stock"
  key order on duplicate attach
  deadline 1h, compensate within 1h
  default with quick within 5m, compensate with stubborn

  step hold = inventory.reserve(order)
    compensate inventory.release(order)
  step slot = carrier.slot(order)

  return slot
}
"""


@rule(code="SAG006", name="compensation-without-policy", bad=BAD, good=GOOD)
def compensation_without_policy(study: Study) -> Iterator[Finding]:
    """A compensation that gives up too easily, or without a word.

    When a step fails, the flow goes on to plan B: it compensates. When a compensation fails there
    is no plan C. It is stuck, the effect stays, and a person has to finish by hand. So a
    compensation deserves more patience than a step: several attempts, each with a `timeout`,
    and an `exhausted page "..."` that names who is called when it gives up all the same.

    Give the flow a policy for undoing, once: `default with quick, compensate with stubborn`. A
    single compensation can have its own: `compensate service.action(...) with stubborn`. Without
    either, a compensation runs under the policy of its step.

    How it decides: by the policy that holds for the compensation in the end. It must allow more
    than one attempt, bound each attempt (`timeout`, or `heartbeat`), and name a page. Only
    compensations that some run calls are looked at, and one finding speaks for all that share a
    policy. One that is tried for ever and raises nothing cannot give up, and needs no page.

    When it is wrong: where the service behind the compensation retries and pages by itself.
    """
    outcomes = study.outcomes
    weak: dict[tuple[str | None, tuple[str, ...]], list[Step]] = {}
    for step in study.flow.steps:
        if step.compensation is None:
            continue
        policy = step.compensation.call.policy
        faults = tuple(_faults(policy, refusable=_refusable(step)))
        if faults and outcomes.may_be_undone(step):
            weak.setdefault((policy.name, faults), []).append(step)
    if not weak:
        return
    from flowc.lint.written import compensations

    written = compensations(study)
    for (name, faults), steps in weak.items():
        clause = written.get(steps[0].name_span.start)
        if clause is not None and _wanted(study, clause) not in (None, name):
            continue  # it names a policy that does not exist, which is an error of its own
        first, *others = steps
        assert first.compensation is not None
        undo = first.compensation.call.operation
        under = f"under `{name}`" if name else "without a policy"
        yield Finding(
            first.compensation.span,
            f"`{undo.title}` must undo `{first.name}`, but {under} it {' and '.join(faults)}",
            help="give undoing a policy of its own, with several attempts, a `timeout` and an "
            '`exhausted page "..."`: `default with ..., compensate with NAME`, or `with NAME` '
            "behind the call",
            related=tuple(
                Related(step.compensation.span, f"the same holds for `{step.name}`")
                for step in others[:3]
                if step.compensation is not None
            ),
            story=outcomes.undone_story(
                first,
                f"{undo.title} {_gives_up(faults)}",
                f"{first.name} is left behind",
            ),
        )


def _wanted(study: Study, clause: ast.CompensateClause) -> str | None:
    """The policy that the author meant the compensation to have."""
    if clause.action.policy is not None:
        return clause.action.policy.text
    assert study.declaration is not None
    for head in study.declaration.heads:
        if isinstance(head, ast.DefaultHead) and head.compensate is not None:
            return head.compensate.policy.text
    return None


def _refusable(step: Step) -> bool:
    """Whether the compensation can be refused for good, by a declared error."""
    assert step.compensation is not None
    return any(not error.transient for error in step.compensation.call.operation.raises)


def _faults(policy: Policy, *, refusable: bool) -> Iterator[str]:
    if policy.attempts == 1:
        yield "is tried only once"
    if policy.timeout is None and policy.heartbeat is None:
        yield "has no `timeout` for a single attempt"
    if policy.page is None and (refusable or exhausts(policy)):
        yield "names nobody to page when it gives up"


def _gives_up(faults: tuple[str, ...]) -> str:
    if any("once" in fault for fault in faults):
        return "fails once and is not tried again"
    if any("timeout" in fault for fault in faults):
        return "hangs in its first attempt"
    return "gives up, with nobody named to be paged"
