"""A flow to its compensations that may meet an effect that never happened, unprepared."""

from __future__ import annotations

from flowc.compiler.flow import Call, CompensateBlind
from flowc.diagnostic import Finding, Fix, Related
from flowc.lint.rule import rule
from flowc.simulate.ways import enters_unsure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Flow, Operation
    from flowc.simulate.study import Study

BAD = """\
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
  action release(order: text) writes stock key order
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
    on unknown compensate
    compensate inventory.release(order)
  step slot = carrier.slot(order)

  return slot
}
"""

GOOD = BAD.replace(
    "action release(order: text) writes stock key order",
    "action release(order: text) writes stock key order absorbing",
)


@rule(code="SAG005", name="compensation-not-absorbing", bad=BAD, good=GOOD)
def compensation_not_absorbing(study: Study) -> Iterator[Finding]:
    """A compensation that may be called for an effect that never happened.

    With `on unknown compensate` the compensation runs although nobody knows whether the step took
    effect. If the effect never happened, an ordinary reverse action fails ("nothing to release"),
    is retried in vain, and the instance ends stuck. And if the step's call is only late, it
    lands after its own compensation and stays.

    Make the reverse action absorbing and say so in its contract: `absorbing` promises that it
    succeeds also when there is nothing to do, and that it bars a late attempt of what it
    undoes. If it cannot promise that, ask first (`on unknown probe ...`) or let a person look
    (`on unknown halt`).

    How it decides: the step's answer to an unknown outcome is `compensate`, its outcome can stay
    unknown under its policy, and the compensation's contract does not say `absorbing`.

    When it is wrong: only where the contract says less than the action does. The fix adds the
    word; it is a promise about the service, so read it before you apply it.
    """
    outcomes = study.outcomes
    for step in study.flow.effects:
        compensation = step.compensation
        if compensation is None or not isinstance(step.unknown, CompensateBlind):
            continue
        undo = compensation.call.operation
        if undo.absorbing or not enters_unsure(step) or not outcomes.may_be_undone(step):
            continue
        yield Finding(
            compensation.call.span,
            f"`{undo.title}` is called even if `{step.name}` never took effect, "
            "but is not `absorbing`",
            help=f"let `{undo.name}` succeed when there is nothing to undo and bar a late "
            f"`{_name(step.call)}`, and declare it `absorbing`; or answer with "
            "`on unknown probe ...` or `on unknown halt`",
            related=(_declared(study.flow, undo),),
            fix=_fix(study.flow, undo),
            story=(
                *outcomes.run_to(step),
                f"{step.name} unknown",
                f"{step.name} had no effect",
                f"{undo.title} finds nothing to undo and is stuck",
            ),
        )


def _name(call: object) -> str:
    return call.operation.name if isinstance(call, Call) else "attempt"


def _declared(flow: Flow, undo: Operation) -> Related:
    source = None if undo.source is flow.source else undo.source
    return Related(undo.span, "declared here", source)


def _fix(flow: Flow, undo: Operation) -> Fix | None:
    if undo.source is not flow.source:
        return None
    from flowc.lint.edits import add_trait

    edit = add_trait(undo, "absorbing")
    return None if edit is None else Fix(f"declare `{undo.title}` absorbing", (edit,), safe=False)
