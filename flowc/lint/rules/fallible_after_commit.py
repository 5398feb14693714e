"""A flow to what can still fail after its point of no return."""

from __future__ import annotations

from flowc.compiler.flow import (
    Await,
    Call,
    Commit,
    CompensateBlind,
    ForEach,
    Probe,
    Repeat,
    Step,
)
from flowc.diagnostic import Finding, Fix, Related
from flowc.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Flow, Node
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

service payments {
  action charge(order: text) writes account key order
  action refund(order: text) writes account key order absorbing
}
service mail {
  action confirm(order: text) notifies inbox key order
}

/// Take the money, then tell the customer.
flow sell(order: text) {
  version 1
  owner "team-orders" runbook "https://runbooks.example.com/orders"
  key order on duplicate attach
  deadline 1h, compensate within 1h
  default with quick within 5m, compensate with stubborn

  step payment = payments.charge(order)
    compensate payments.refund(order)

  commit

  step note = mail.confirm(order) with stubborn
}
"""

GOOD = BAD.replace(
    "mail.confirm(order) with stubborn\n", "mail.confirm(order) with stubborn\n    otherwise none\n"
)


@rule(code="SAG008", name="fallible-after-commit", bad=BAD, good=GOOD)
def fallible_after_commit(study: Study) -> Iterator[Finding]:
    """Something that can still fail after the point of no return.

    `commit` promises that from here on the flow only goes forward: the ledger is empty, and
    nothing can be undone. An error that reaches the top of the flow after `commit` has nowhere
    to go: the instance ends Incomplete, and somebody is paged in the night because a mail was
    not sent.

    Say what happens instead. `otherwise none` lets the flow go on without the result, which is
    right for whatever only tells somebody. A `try` around several steps chooses another way.
    What the flow cannot do without, and what can be refused, belongs before `commit`. For
    `repeat` there is `on exhausted {}`, for `await` there is `on timeout {}`, and a list whose
    length is checked before `commit` cannot exceed `max`.

    How it decides: each statement after `commit` is asked which errors it can fail with (declared
    ones, `Unknown` for reads and notifications, those of a called flow, `TimedOut`,
    `LimitReached`), and the handlers around it are taken away. An action that writes and whose
    outcome stays unknown halts after `commit`; that is an answer. A call that is tried for ever
    cannot fail.

    When it is wrong: where ending Incomplete is what you want, because a person has to look.
    `on unknown halt` says so for actions that write.
    """
    outcomes = study.outcomes
    flow = study.flow
    commit = next((node for node in flow.body.nodes if isinstance(node, Commit)), None)
    if commit is None:
        return
    for node, errors in outcomes.uncaught_after_commit():
        named = [error for error, how in errors if how != "unknown"]
        yield Finding(
            outcomes.where(node),
            _message(node, named, unknown=len(named) < len(errors)),
            help=_help(node, named),
            related=(Related(commit.span, "nothing is undone after this"),),
            fix=_fix(flow, node),
            story=(
                *outcomes.run_to(node),
                *outcomes.failing(node, *errors[0]),
                "ends Incomplete",
            ),
        )


def _message(node: Node, named: list[str], *, unknown: bool) -> str:
    match node:
        case Step(name=name):
            ways = [f"with `{error}`" for error in named]
            if unknown and isinstance(node.unknown, Probe):
                ways.append("with `Unknown` when the probe finds nothing")
            elif unknown:
                ways.append("without anybody knowing its outcome")
            return f"`{name}` can still fail after `commit`, {' or '.join(ways)}"
        case Await(name=name):
            return f"`{name}` can time out after `commit`, and then the flow fails"
        case ForEach(limit=limit):
            return f"the flow fails after `commit` when this list has more than {limit} items"
        case Repeat(limit=limit):
            return f"the flow fails after `commit` when {limit} rounds are not enough"
        case _:
            return "the flow can still fail here, after `commit`"


def _help(node: Node, named: list[str]) -> str:
    match node:
        case Step(call=Call(operation=operation)) if not operation.is_write:
            return "let the flow go on without it: `otherwise none`; or move it before `commit`"
        case Step(unknown=Probe() | CompensateBlind()) if not named:
            drop = "drop the probe" if isinstance(node.unknown, Probe) else "do not compensate"
            return (
                f"{drop}: after `commit` an unknown outcome then halts, as `on unknown halt` says; "
                "or say how the flow goes on without it (`otherwise ...`)"
            )
        case Step():
            return (
                "say how the flow goes on without it (`otherwise ...`, or a `try` around it), or "
                "move it before `commit`"
            )
        case Await():
            return "say how the flow goes on: `on timeout { ... }`"
        case ForEach():
            return "check the length before `commit`: `if length(...) > N { fail ... }`"
        case Repeat():
            return "say how the flow goes on: `on exhausted { ... }`"
        case _:
            return "catch it with a `try`, or move it before `commit`"


def _fix(flow: Flow, node: Node) -> Fix | None:
    """For a step without a value nothing else depends on how it ended."""
    if not isinstance(node, Step) or node.type is not None:
        return None
    from flowc.lint.edits import add_clause

    return Fix("go on without it", (add_clause(flow, node, "otherwise none"),), safe=False)
