"""A flow to its compensations that put back a value which was read before another change."""

from __future__ import annotations

from flowc.compiler.flow import Call, Step
from flowc.diagnostic import Finding, Related
from flowc.lint.rule import rule
from flowc.simulate.shape import constant, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from flowc.compiler.expr import Expr
    from flowc.simulate.bindings import Bindings
    from flowc.simulate.places import Places
    from flowc.simulate.study import Study

BAD = """\
error Refused

policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }
policy stubborn {
  timeout 30s
  within 30m
  attempts unlimited
  backoff 2s..1m factor 2 jitter
  exhausted page "accounts-oncall"
}

service accounts {
  read limit(customer: text) -> int
  action grant(customer: text, by: int) writes limits key customer
  action revoke(customer: text, by: int) writes limits key customer absorbing
  action change(customer: text, to: int) writes limits key customer
  action restore(customer: text, to: int) writes limits key customer absorbing
}
service risk {
  read approve(customer: text) -> bool raises Refused
}

/// Add a bonus to the customer's limit, then set the new one.
flow raise_limit(customer: text, to: int) {
  version 1
  owner "team-accounts" runbook "https://runbooks.example.com/limits"
  key customer on duplicate attach
  deadline 1h, compensate within 2h
  default with quick within 5m, compensate with stubborn

  step before = accounts.limit(customer)
  step bonus = accounts.grant(customer, 100)
    compensate accounts.revoke(customer, 100)
  step raised = accounts.change(customer, to)
    compensate accounts.restore(customer, before)
  step approved = risk.approve(customer)
  if not approved { fail Refused }
}
"""

GOOD = BAD.replace(
    """  step before = accounts.limit(customer)
  step bonus = accounts.grant(customer, 100)
    compensate accounts.revoke(customer, 100)
""",
    """  step bonus = accounts.grant(customer, 100)
    compensate accounts.revoke(customer, 100)
  step before = accounts.limit(customer)
""",
)


@rule(code="SAG004", name="compensation-reads-changed-data", bad=BAD, good=GOOD)
def compensation_reads_changed_data(study: Study) -> Iterator[Finding]:
    """A compensation that puts back a value which has changed since it was read.

    The arguments of a compensation are frozen before its step runs, and nothing is read again
    while unwinding. That is what makes unwinding safe, and it has one trap: a compensation that
    restores what was there before ("set the limit back to `before`") restores what was *read*,
    and if the flow itself changed the same thing in between, that change is undone too, and then
    once more by its own compensation.

    Read the value right before the step that overwrites it, behind the flow's other changes of
    the same resource. Better still, let the compensation take back only what its step did
    (`revoke(customer, 100)`), which is right whatever else has happened.

    How it decides: an argument of the compensation that is not part of its key and that the step
    itself is not given comes from a `read` of the same service. Between that read and the step
    stands another step that writes the resource which the compensation writes, called with one
    of the arguments of the read, and its own compensation does not put back the same value.

    When it is wrong: where the read and the change in between concern different parts of the
    resource.
    """
    outcomes = study.outcomes
    places = outcomes.places
    bindings: Bindings | None = None
    for step in study.flow.effects:
        if step.compensation is None or not _restored(step):
            continue
        if bindings is None:
            from flowc.simulate.bindings import Bindings

            bindings = Bindings(places)
            writers = _writers(places)
        undo = step.compensation.call.operation
        for value in _restored(step):
            found = next(
                (
                    (read, writer)
                    for read in bindings.sources(value)
                    if isinstance(read, Step) and _reads(read, undo.service)
                    for writer in writers.get(undo.writes, ())
                    if _between(places, read, writer, step)
                    and _same_subject(read, writer)
                    and not _puts_back(writer, value)
                ),
                None,
            )
            if found is None or not outcomes.may_be_undone(step):
                continue
            read, writer = found
            yield Finding(
                value.span,
                f"`{undo.title}` puts back what `{read.name}` read, but `{writer.name}` has "
                f"changed `{undo.writes}` since",
                help=f"read it again behind `{writer.name}`, or let the compensation take back "
                f"only what `{step.name}` did",
                related=(
                    Related(read.name_span, "read here"),
                    Related(writer.name_span, "changed here"),
                ),
                story=outcomes.undone_story(
                    step,
                    f"{undo.title} puts back what {read.name} read before {writer.name}",
                    f"the change by {writer.name} is undone twice",
                ),
            )
            break


def _restored(step: Step) -> list[Expr]:
    """Arguments of the compensation that are data: not its key, not what the step was given."""
    assert step.compensation is not None
    call = step.compensation.call
    key = call.operation.key
    if key is None or not isinstance(step.call, Call) or call.operation.writes is None:
        return []
    given = {shape(arg) for arg in step.call.args}
    return [
        arg
        for param, arg in zip(call.operation.params, call.args, strict=True)
        if param.name not in key and not constant(arg) and shape(arg) not in given
    ]


def _writers(places: Places) -> dict[str | None, list[Step]]:
    writers: dict[str | None, list[Step]] = {}
    for node in places.nodes:
        if isinstance(node, Step) and isinstance(node.call, Call) and node.effectful:
            writers.setdefault(node.call.operation.writes, []).append(node)
    return writers


def _reads(step: Step, service: str) -> bool:
    return (
        isinstance(step.call, Call)
        and step.call.operation.is_read
        and step.call.operation.service == service
    )


def _between(places: Places, read: Step, writer: Step, step: Step) -> bool:
    if writer is step:
        return False
    first, middle, last = places.number(read), places.number(writer), places.number(step)
    return first < middle < last and places.before(first, middle) and places.before(middle, last)


def _same_subject(read: Step, writer: Step) -> bool:
    return bool(_subject(read) & _subject(writer))


def _subject(step: Step) -> set[Hashable]:
    assert isinstance(step.call, Call)
    return {shape(arg) for arg in step.call.args if not constant(arg)}


def _puts_back(writer: Step, value: Expr) -> bool:
    wanted = shape(value)
    return writer.compensation is not None and any(
        shape(arg) == wanted for arg in writer.compensation.call.args
    )
