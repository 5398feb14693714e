"""A step to the call that most likely undoes it, as its author would write it."""

from __future__ import annotations

from flowc.compiler.flow import Call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.compiler.flow import Flow, Operation, Step
    from flowc.source import Span


def reverse_call(flow: Flow, step: Step) -> tuple[Operation, str] | None:
    """The one absorbing action of the same service that changes the same resource and needs
    nothing that the step was not given, with the text of its call; None if there is none, or a
    choice."""
    if not isinstance(step.call, Call):
        return None
    done = step.call.operation
    given = {
        (param.name, param.type): arg.span
        for param, arg in zip(done.params, step.call.args, strict=True)
    }
    undoing = [
        operation
        for service in flow.services
        if service.name == done.service
        for operation in service.operations
        if operation.absorbing
        and operation.name != done.name
        and operation.writes == done.writes is not None
        and all((param.name, param.type) in given for param in operation.params)
    ]
    if len(undoing) != 1:
        return None
    args = [_written(flow, given[param.name, param.type]) for param in undoing[0].params]
    known = [arg for arg in args if arg is not None]
    if len(known) < len(args):
        return None
    return undoing[0], f"{undoing[0].title}({', '.join(known)})"


def _written(flow: Flow, span: Span) -> str | None:
    """What the author wrote there, on one line; None if a comment stands in between."""
    text = flow.source.text[span.start : span.end]
    if "\n" in text and "//" in text:
        return None
    return " ".join(text.split()) if "\n" in text else text
