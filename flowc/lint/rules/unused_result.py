"""A flow to the values that it makes and nothing uses."""

from __future__ import annotations

from flowc.compiler.expr import names_in
from flowc.compiler.flow import Call, ForEach, Let, Record, Step
from flowc.diagnostic import Edit, Finding, Fix
from flowc.lint.calls import evaluated
from flowc.lint.rule import rule
from flowc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Flow
    from flowc.simulate.study import Study

BAD = """\
policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }

service rates {
  read today(currency: text) -> decimal
}

/// Convert an amount by today's rate.
flow convert(id: text, currency: text, amount: decimal) -> decimal {
  version 1
  owner "team-rates" runbook "https://runbooks.example.com/rates"
  key id on duplicate attach
  deadline 1h, compensate within 1h
  default with quick within 5m

  step rate = rates.today(currency)
  let converted = round(amount * rate, 2)

  return amount * rate
}
"""

GOOD = BAD.replace("return amount * rate", "return converted")


@rule(code="DAT002", name="unused-result", bad=BAD, good=GOOD)
def unused_result(study: Study) -> Iterator[Finding]:
    """A value that is made and never used.

    A `read` whose answer nobody looks at, a `let` that nothing mentions, a list that is collected
    and dropped: either the line is left over, or, worse, it was meant to be used and something
    else is used in its place. A screening whose verdict is never tested is no screening.

    Use it, or take the line away.

    How it decides: the name of a `read`, a `let`, a `record` or a `collect` appears in no
    expression of any version of the flow that may still run. Results of actions are not looked
    at, nor is a list of failures that is collected: to collect it is what lets the loop go on.
    A `read` that raises a declared error is not reported either, since its error is an answer.

    When it is wrong: a `read` that is made to warm a cache, or only to see that its service is
    there.
    """
    flow = study.flow
    made = list(_made(flow))
    if not made:
        return
    used = _used(flow)
    unused = [one for one in made if one[0] not in used]
    if unused and len(flow.versions) > 1:
        program = study.program
        for other in (*program.flows, *program.older):
            if other.name == flow.name and other is not flow:
                used |= _used(other)
    for name, span, message, fix in unused:
        if name not in used:
            yield Finding(
                span,
                message,
                help="use it, or remove it",
                label="never used",
                fix=fix,
            )


def _made(flow: Flow) -> Iterator[tuple[str, Span, str, Fix | None]]:
    """What is looked at: name, place, what to say if nothing uses it, and the fix."""
    for node in flow.nodes:
        match node:
            case Step(call=Call() as call) if call.operation.is_read:
                raises = any(not error.transient for error in call.operation.raises)
                if not raises:
                    title = call.operation.title
                    message = f"nothing uses what `{node.name}` reads with `{title}`"
                    yield node.name, node.name_span, message, None
            case Let():
                fix = _remove(flow, node.span, node.name, safe=True)
                yield node.name, node.name_span, f"nothing uses `{node.name}`", fix
            case Record():
                fix = _remove(flow, node.span, node.name, safe=False)
                yield node.name, node.name_span, f"nothing uses the recorded `{node.name}`", fix
            case ForEach():
                for collect in node.collects:
                    if not collect.failure:
                        message = f"nothing uses `{collect.out}`, which the loop collects"
                        yield collect.out, collect.span, message, None
            case _:
                pass


def _used(flow: Flow) -> set[str]:
    """Every name that an expression of the flow reads, or a loop collects."""
    used: set[str] = set()
    for node in flow.nodes:
        for expr in evaluated(node):
            used |= names_in(expr)
        if isinstance(node, ForEach):
            used.update(collect.name for collect in node.collects)
    return used


def _remove(flow: Flow, span: Span, name: str, *, safe: bool) -> Fix | None:
    """Take the statement away with its line, if it has the line for itself."""
    text = flow.source.text
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end) + 1
    if not end or text[start : span.start].strip() or text[span.end : end].strip():
        return None
    return Fix(f"remove `{name}`", (Edit(Span(start, end), ""),), safe)
