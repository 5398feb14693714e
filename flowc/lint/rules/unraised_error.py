"""A flow to its handlers of errors that nothing before them fails with."""

from __future__ import annotations

from flowc.compiler.flow import Call, Halt, Step, SubFlow, Try, walk
from flowc.compiler.projection import blocks
from flowc.diagnostic import Finding, Related
from flowc.dsl import ast
from flowc.lint.rule import rule
from flowc.simulate.summary import summaries
from flowc.simulate.ways import exhausts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Handler
    from flowc.simulate.outcomes import Outcomes
    from flowc.simulate.study import Study
    from flowc.source import Span

BAD = """\
error OutOfStock
error Discontinued

policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }

service stock {
  read find(sku: text) -> text raises OutOfStock
}

/// Find what to send, or something like it.
flow choose(sku: text, other: text) -> text {
  version 1
  owner "team-stock" runbook "https://runbooks.example.com/stock"
  key sku on duplicate attach
  deadline 1h, compensate within 1h
  default with quick within 5m

  try {
    step found = stock.find(sku)
  } on Discontinued {
    return other
  }
  return found ?? other
}
"""

GOOD = BAD.replace("error Discontinued\n", "").replace("on Discontinued", "on OutOfStock")


@rule(code="CTL006", name="unraised-error", bad=BAD, good=GOOD, sound=True)
def unraised_error(study: Study) -> Iterator[Finding]:
    """A handler for an error that nothing in its `try` fails with.

    The handler reads as if the case were taken care of, and never runs; often the error that does
    happen has another name, and passes. The usual ways there: the operation's `raises` was
    changed, the step has an `otherwise` that takes every error, or a transient error was
    expected where the last attempt counts as `Unknown`. `Cancelled` and `DeadlineExceeded` of the
    instance itself are never caught; `on Cancelled` is about a sub-flow that was cancelled.

    Handle what the body can fail with (the help names it), or take the handler away.

    How it decides: by the errors that can leave the body: those that its operations declare and
    that stand after all attempts, those of `fail` and of sub-flows, `Unknown` where a call can
    end so, `TimedOut` of an `await` with `within`, `LimitReached` of a loop, less those that
    earlier handlers and inner ones catch. An error that can come in any version that still runs
    is no finding.

    When it is wrong: where the handler is there for the error that a service will declare next.
    """
    if study.flow.version != study.flow.versions[-1]:
        return
    possible: dict[Span, set[str]] = {}
    tries: dict[Span, Try] = {}
    older = (flow for flow in study.program.older if flow.name == study.flow.name)
    for flow in (study.flow, *older):
        outcomes = summaries(study.program).outcomes(flow)
        for node in flow.nodes:
            if isinstance(node, Try):
                tries.setdefault(node.span, node)
                errors = _errors(node, outcomes) | _not_ruled_out(study, node, outcomes)
                possible.setdefault(node.span, set()).update(errors)
    for span, node in tries.items():
        left = set(possible[span])
        for handler in node.handlers:
            names = [error.name for error in handler.errors]
            for name in names or ["Error"]:
                if not left or (names and not left & {name, "Error"}):
                    yield _finding(study, node, handler, name)
            left = left.difference(names) if names else set()


def _errors(node: Try, outcomes: Outcomes) -> set[str]:
    """The errors that can leave the body of a `try`."""
    body = outcomes.places.inner[outcomes.places.number(node)][0]
    return set(outcomes.inside.block_fails[body])


def _not_ruled_out(study: Study, node: Try, outcomes: Outcomes) -> set[str]:
    """Errors that could leave it for reasons not looked at; `Error` where any could."""
    errors: set[str] = set()
    if not outcomes.reachable(node):
        return {"Error"}
    for step in walk(node.body):
        if not isinstance(step, Step) or step.otherwise is not None:
            continue
        if not isinstance(step.call, SubFlow):
            if not isinstance(step.unknown, Halt):
                errors.add("Unknown")  # a value of the wrong type, which is never retried
        elif _calls(study, step.call.flow, study.flow.name):
            return {"Error"}
        else:
            errors |= {"Cancelled", "DeadlineExceeded"}
    return errors


def _calls(study: Study, caller: str, callee: str) -> bool:
    """Whether a flow calls another one, directly or not."""
    seen, todo = {caller}, [caller]
    while todo:
        flow = study.program.find(todo.pop())
        for step in flow.steps if flow is not None else ():
            if isinstance(step.call, SubFlow) and step.call.flow not in seen:
                seen.add(step.call.flow)
                todo.append(step.call.flow)
    return callee in seen


def _finding(study: Study, node: Try, handler: Handler, name: str) -> Finding:
    what = "can fail" if name == "Error" else f"fails with `{name}`"
    here = id(node) in study.outcomes.places.at
    errors = _errors(node, study.outcomes) if here else set()
    handled = {error.name for other in node.handlers for error in other.errors}
    if not all(other.errors for other in node.handlers):
        handled |= errors
    if not errors:
        way_out = "nothing inside can fail: take the `try` away and keep its body"
    elif errors <= handled:
        way_out = "take it away: all that can come here is handled"
    else:
        can = ", ".join(f"`{error}`" for error in sorted(errors - handled))
        way_out = f"what can come here is {can}: handle that, or take `on {name}` away"
    return Finding(
        _place(study, handler, name),
        f"nothing in this `try` {what}",
        help=way_out,
        label="never happens",
        related=tuple(_reasons(node, name)),
    )


def _place(study: Study, handler: Handler, name: str) -> Span:
    """Where the handler names the error."""
    todo = [study.declaration.body] if study.declaration is not None else []
    while todo:
        for written in todo.pop().statements:
            if isinstance(written, ast.Try):
                for other in written.handlers:
                    if other.span == handler.span:
                        return next(e.span for e in other.errors if e.text == name)
            todo.extend(blocks(written))
    return handler.span


def _reasons(node: Try, name: str) -> Iterator[Related]:
    """Why a step whose operation declares the error does not fail with it."""
    for step in walk(node.body):
        if not isinstance(step, Step) or not isinstance(step.call, Call):
            continue
        for error in step.call.operation.raises:
            if error.name != name:
                continue
            if step.otherwise is not None:
                yield Related(step.name_span, "its `otherwise` takes every error")
            elif not error.transient:
                continue
            elif not exhausts(step.call.policy):
                yield Related(step.name_span, "it is tried again until it succeeds")
            elif not step.call.operation.is_read and step.call.policy.attempts != 1:
                yield Related(step.name_span, "when its attempts run out, that counts as `Unknown`")
