"""A flow to the values that would be drawn anew whenever it is replayed."""

from __future__ import annotations

from flowc.compiler.flow import Step
from flowc.diagnostic import Finding
from flowc.lint.calls import ambient, draws, governed
from flowc.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.simulate.study import Study

BAD = """\
type Invoice { id: text, due: time }

policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }

service mail {
  action dun(invoice: text) notifies inbox key invoice
}

/// Dun whoever pays late.
flow dun(invoice: Invoice) {
  version 1
  owner "team-billing" runbook "https://runbooks.example.com/dunning"
  key invoice.id on duplicate attach
  deadline 1h, compensate within 1h
  default with quick within 5m

  if invoice.due < now() {
    step dunned = mail.dun(invoice.id)
  }
}
"""

GOOD = BAD.replace("  if invoice.due < now()", "  record today = now()\n  if invoice.due < today")


@rule(code="DET001", name="nondeterministic-expression", bad=BAD, good=GOOD)
def nondeterministic_expression(study: Study) -> Iterator[Finding]:
    """`now()`, `uuid()`, `random()` or `env()` in the middle of a flow.

    A flow survives crashes because its engine can run it again from the start and find all that
    already happened in the history. That only works if it takes the same way again. Five minutes
    later `now()` is another time: the condition that was true is false, the order that was paid
    goes down the branch of the unpaid, and the engine stops with a history that does not fit.

    Draw the value once and let the engine remember it: `record today = now()`, then use `today`.
    What is configured outside (`env`) belongs into the input, or is read by a `read`.

    How it decides: every such call outside `record`. Those in keys are `unstable-key`'s. `build`
    refuses what is left. The fix puts a `record` before the statement, and inside the loop where
    the condition of an `until` draws; in reminders, and where blocks share one line, it leaves
    the work to you.

    When it is wrong: never; no target can keep such a file's meaning.
    """
    if not draws(study.flow):
        return
    from flowc.lint.recording import drawn, record_instead

    in_keys = {
        id(part)
        for one in governed(study.flow)
        for arg in one.call.key or ()
        for part in ambient(arg)
    }
    for found in drawn(study.flow):
        if id(found.what) in in_keys:
            continue
        what = found.what.what
        fix = record_instead(study.flow, found)
        where = f"`{found.node.name}`" if isinstance(found.node, Step) else "it"
        yield Finding(
            found.what.span,
            f"`{what}()` gives another value when the flow is replayed after a crash",
            help="take it from the input, or from a `read`"
            if what == "env"
            else f"draw it once, before {where}: `record NAME = {what}()`",
            label="drawn anew at each replay",
            fix=fix,
        )
