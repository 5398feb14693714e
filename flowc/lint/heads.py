"""The header lines of a flow to the places that findings about them point at."""

from __future__ import annotations

from flowc.dsl import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.simulate.study import Study
    from flowc.source import Span


def deadline(study: Study) -> ast.DeadlineHead | None:
    """The `deadline` line, if it is at hand."""
    if study.declaration is None:
        return None
    heads = (head for head in study.declaration.heads if isinstance(head, ast.DeadlineHead))
    return next(heads, None)


def deadline_span(study: Study) -> Span:
    """Where the deadline is written, else the flow's name."""
    head = deadline(study)
    return study.flow.name_span if head is None else head.limit.span


def compensate_within_span(study: Study) -> Span:
    """Where the bound of unwinding is written, else the flow's name."""
    head = deadline(study)
    if head is None or head.compensate is None:
        return study.flow.name_span
    return head.compensate.span


def owner_span(study: Study) -> Span:
    """The `owner` line, else the flow's name."""
    if study.declaration is not None:
        for head in study.declaration.heads:
            if isinstance(head, ast.OwnerHead):
                return head.span
    return study.flow.name_span
