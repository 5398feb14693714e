"""A flow that can be started, to the business key that it lacks."""

from __future__ import annotations

from flowc.compiler.expr import BrokenExpr, children, names_in
from flowc.diagnostic import Finding
from flowc.lint.calls import ambient, called
from flowc.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.expr import Expr
    from flowc.compiler.flow import Flow
    from flowc.simulate.study import Study

BAD = """\
policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }

service mail {
  action welcome(user: text) notifies inbox key user
}

/// Welcome a new user.
flow welcome(user: text) {
  version 1
  owner "team-growth" runbook "https://runbooks.example.com/welcome"
  deadline 1h, compensate within 1h
  default with quick within 5m

  step welcomed = mail.welcome(user)
}
"""

GOOD = BAD.replace("  deadline", "  key user on duplicate attach\n  deadline")


@rule(code="DAT001", name="missing-business-key", bad=BAD, good=GOOD)
def missing_business_key(study: Study) -> Iterator[Finding]:
    """A flow that is started from outside, without a key that tells one request from another.

    Requests arrive twice: a browser is reloaded, a queue delivers again, a caller times out and
    repeats. The business key is how the engine sees that the second is the first. Without `key`
    a flow cannot be started from outside at all, only called by other flows; with a key that is
    the same for every input, it runs once and never again.

    Write `key order.id on duplicate attach` (the second caller gets the first one's ending), or
    `on duplicate reject`.

    How it decides: a flow without `key` that has an `owner` or an `slo`, or that no flow calls:
    none of its file, and none of another file of the project that imports it; or a flow with
    parameters whose key mentions none of them.

    When it is wrong: a file of flows that are only called from other projects. Leave out their
    `owner`, and allow the rule there for the whole file.
    """
    flow = study.flow
    if flow.key is not None:
        if (
            flow.params
            and not names_in(flow.key)
            and next(ambient(flow.key), None) is None
            and not _broken(flow.key)
        ):
            yield Finding(
                flow.key.span,
                f"the key of `{flow.name}` is the same for every input: it runs once, and never "
                "again",
                help="make the key of what identifies the process in its input",
                label="mentions no parameter",
                story=(
                    "a first request runs the flow to its end",
                    "another request, with another input, has the same key",
                    "it is taken for a duplicate of the first",
                ),
            )
        return
    if flow.owner is not None:
        why = "it has an owner, as if it were started from outside"
    elif flow.slo is not None:
        why = "it has objectives, as if it were started from outside"
    elif flow.name not in called(study.program):
        why = "no flow of this file calls it, and without a key nobody else can start it"
    else:
        return
    yield Finding(
        flow.name_span,
        f"`{flow.name}` has no business key: {why}",
        help=f"add `key {_suggested(flow)} on duplicate attach` (or `reject`), made of what "
        "identifies the process",
        label="no `key`",
    )


def _broken(expr: Expr) -> bool:
    """Whether an error of the language hides what the expression mentions."""
    return isinstance(expr, BrokenExpr) or any(map(_broken, children(expr)))


def _suggested(flow: Flow) -> str:
    """The first parameter, or its field `id`."""
    from flowc.compiler.types import RecordType

    if not flow.params:
        return "EXPR"
    first = flow.params[0]
    if isinstance(first.type, RecordType):
        return f"{first.name}.id" if first.type.field("id") else f"{first.name}.FIELD"
    return first.name
