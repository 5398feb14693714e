"""A flow to its steps that undo by hand what unwinding undoes as well."""

from __future__ import annotations

from flowc.compiler.flow import Call, Step, Try
from flowc.diagnostic import Finding, Related
from flowc.lint.rule import rule
from flowc.simulate.shape import constant, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from flowc.simulate.outcomes import Failure, Outcomes
    from flowc.simulate.study import Study

BAD = """\
error Refused

policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }
policy stubborn {
  timeout 30s
  within 30m
  attempts unlimited
  backoff 2s..1m factor 2 jitter
  exhausted page "payments-oncall"
}

service payments {
  action charge(order: text) writes account key order
  action refund(order: text, reason: text) writes account key order, reason
}
service carrier {
  action collect(order: text) writes parcel key order raises Refused
}
service mail {
  action refused(order: text) notifies inbox key order
}

/// Take the money and ship; give the money back if the carrier refuses.
flow sell(order: text) {
  version 1
  owner "team-orders" runbook "https://runbooks.example.com/orders"
  key order on duplicate attach
  deadline 1h, compensate within 1h
  default with quick within 5m, compensate with stubborn

  try {
    step payment = payments.charge(order)
      on unknown halt
      compensate payments.refund(order, "unwinding")
    step parcel = carrier.collect(order)
      on unknown halt
  } on Refused {
    step note = mail.refused(order)
      otherwise none
    step refund = payments.refund(order, "refused")
      on unknown halt
  }
}
"""

GOOD = BAD.replace(
    """    step refund = payments.refund(order, "refused")
      on unknown halt
""",
    "",
)


@rule(code="SAG011", name="double-compensation", bad=BAD, good=GOOD)
def double_compensation(study: Study) -> Iterator[Finding]:
    """A step that undoes by hand what unwinding undoes as well.

    A `try` unwinds its body before its handler runs, and a failing flow unwinds everything. A
    step that calls the reverse action itself does it once more: the customer is refunded twice.

    Leave undoing to the `compensate` clause: in a handler, it has already happened. To undo in
    the middle of a flow, put the step into a `try` and `fail` out of it. An action that is
    `absorbing`, or called with the same key, does nothing the second time and is no finding.

    How it decides: a step calls the action that compensates an earlier step, with the same
    arguments (constants aside), under another key or none, and it is not absorbing. Either it
    stands in a handler of the `try` whose body holds the earlier step, and the error that leads
    there can come after that step; or it follows the earlier step, and the flow can fail after
    both before `commit`.

    When it is wrong: where the same arguments stand for different things each time, such as
    "refund the next open charge".
    """
    outcomes = study.outcomes
    undoing: dict[tuple[Hashable, ...], list[Step]] = {}
    for step in study.flow.effects:
        if step.compensation is not None and not step.compensation.call.operation.absorbing:
            undoing.setdefault(_identity(step.compensation.call), []).append(step)
    if not undoing:
        return
    for again in study.flow.effects:
        if not isinstance(again.call, Call) or not outcomes.reachable(again):
            continue
        for step in undoing.get(_identity(again.call), ()):
            assert step.compensation is not None
            if step is again or _same_key(again.call, step.compensation.call):
                continue
            found = _twice(outcomes, step, again)
            if found is None:
                continue
            undo = again.call.operation.title
            yield Finding(
                again.name_span,
                f"`{again.name}` undoes `{step.name}` by hand, and unwinding undoes it "
                f"{'as well' if found[1] else 'already'}",
                help=f"leave undoing to the `compensate` clause of `{step.name}`, or let "
                f"`{undo}` be `absorbing`",
                label="undone twice",
                related=(
                    Related(step.compensation.span, "this runs when the flow unwinds"),
                    Related(outcomes.where(found[0].node), "for example when this fails"),
                ),
                story=_story(outcomes, step, again, undo, *found),
            )
            break


def _identity(call: Call) -> tuple[Hashable, ...]:
    """The action and its arguments, constants left out."""
    args = (None if constant(arg) else shape(arg) for arg in call.args)
    return (call.operation.title, *args)


def _same_key(a: Call, b: Call) -> bool:
    if a.key is None or b.key is None:
        return False
    return [shape(part) for part in a.key] == [shape(part) for part in b.key]


def _twice(outcomes: Outcomes, step: Step, again: Step) -> tuple[Failure, bool] | None:
    """The failure that makes it twice, and whether it comes after the undoing by hand."""
    places = outcomes.places
    first, second = places.number(step), places.number(again)
    block, a, b = places.meet(first, second)
    if block < 0:
        return _handled(outcomes, step, second, a)
    if places.pos[a] >= places.pos[b]:
        return None
    around = (number for number in places.chain(second) if places.holds(b, number))
    if outcomes.after_commit(again) or any(isinstance(places.nodes[n], Try) for n in around):
        return None
    failure = outcomes.first_failure_after(again)
    return None if failure is None else (failure, True)


def _handled(
    outcomes: Outcomes, step: Step, second: int, owner: int
) -> tuple[Failure, bool] | None:
    """`again` in a handler of the `try` whose body holds the step."""
    places = outcomes.places
    body, *handlers = places.inner[owner]
    if not isinstance(places.nodes[owner], Try) or not places.within(body, places.number(step)):
        return None
    handler = next((block for block in handlers if places.within(block, second)), None)
    failure = None if handler is None else outcomes.first_failure_into(handler, step)
    return None if failure is None else (failure, False)


def _story(
    outcomes: Outcomes, step: Step, again: Step, undo: str, failure: Failure, later: bool
) -> tuple[str, ...]:
    if later:
        return outcomes.story(again, failure, f"{undo} undoes {step.name} again")
    return outcomes.story(
        step, failure, f"{undo} undoes {step.name}", f"{again.name} undoes it again"
    )
