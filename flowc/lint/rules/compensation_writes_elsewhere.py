"""A flow to its compensations that change another resource than their step."""

from __future__ import annotations

from flowc.diagnostic import Edit, Finding, Fix, Related
from flowc.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Flow, Step
    from flowc.simulate.study import Study

BAD = """\
policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }
policy stubborn {
  timeout 30s
  within 30m
  attempts unlimited
  backoff 2s..1m factor 2 jitter
  exhausted page "orders-oncall"
}

service inventory {
  action reserve(order: text) writes stock key order
  action release(order: text) writes stock key order absorbing
}
service payments {
  action charge(order: text) writes account key order
  action refund(order: text) writes account key order absorbing
}
service carrier {
  read slot(order: text) -> text
}

/// Hold the stock, take the money, find a slot to ship it.
flow sell(order: text) -> text {
  version 1
  owner "team-orders" runbook "https://runbooks.example.com/orders"
  key order on duplicate attach
  deadline 2h, compensate within 2h
  default with quick within 5m, compensate with stubborn

  step hold = inventory.reserve(order)
    compensate inventory.release(order)
  step payment = payments.charge(order)
    compensate inventory.release(order)
  step slot = carrier.slot(order)

  return slot
}
"""

GOOD = BAD.replace(
    """payments.charge(order)
    compensate inventory.release(order)""",
    """payments.charge(order)
    compensate payments.refund(order)""",
)


@rule(code="SAG007", name="compensation-writes-elsewhere", bad=BAD, good=GOOD)
def compensation_writes_elsewhere(study: Study) -> Iterator[Finding]:
    """A compensation that changes another resource than its step.

    A step that `writes account` is undone by an action that `writes account`. If its compensation
    writes `stock`, one of the two contracts is wrong, or the line was copied from the step
    above: when the flow fails, the account keeps the charge, and the stock is changed twice.

    Name the action that reverses this step. Where two names mean one resource, give both
    contracts the same name, since rules about races and leases compare them as well.

    How it decides: the resource that the compensation `writes` must be among those that the step
    changes (for a flow called as a step: it and the flows it calls). Contracts that name no
    resource are not compared.

    When it is wrong: where something is made good elsewhere on purpose, like a voucher for a
    missed delivery. Then say so with `// flowc: allow compensation-writes-elsewhere because`.
    """
    outcomes = study.outcomes
    for step in study.flow.steps:
        if step.compensation is None:
            continue
        undo = step.compensation.call.operation
        changed = outcomes.changes(step)
        if undo.writes is None or not changed or None in changed or undo.writes in changed:
            continue
        named = " and ".join(f"`{name}`" for name in sorted(map(str, changed)))
        yield Finding(
            step.compensation.call.span,
            f"`{step.name}` changes {named}, but its compensation changes `{undo.writes}`",
            help=f"compensate with an action that `writes {min(map(str, changed))}`; if the two "
            "are one resource, give them one name",
            label=f"writes `{undo.writes}`",
            related=(Related(step.name_span, f"changes {named}"),),
            fix=_fix(study.flow, step),
            story=outcomes.undone_story(
                step,
                f"{undo.title} changes {undo.writes}",
                f"{step.name} is left behind",
            )
            if outcomes.may_be_undone(step)
            else (*outcomes.run_to(step), f"{step.name} ok"),
        )


def _fix(flow: Flow, step: Step) -> Fix | None:
    from flowc.lint.reverse import reverse_call

    found = reverse_call(flow, step)
    if found is None or step.compensation is None:
        return None
    undo, call = found
    edit = Edit(step.compensation.call.span, call)
    return Fix(f"undo it with `{undo.title}`", (edit,), safe=False)
