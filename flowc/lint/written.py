"""What the author wrote where the meaning has nothing: a flow's tree to its compensations."""

from __future__ import annotations

from flowc.dsl import ast
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.simulate.study import Study


def compensations(study: Study) -> dict[int, ast.CompensateClause]:
    """Each `compensate` clause of the flow, by the offset of its step's name.

    A clause with an error in it has no meaning, so the step seems to have none. The error has
    been reported; to say that nothing undoes the step would be saying it twice.
    """
    found: dict[int, ast.CompensateClause] = {}
    stack: list[object] = [] if study.declaration is None else [study.declaration.body]
    while stack:
        part = stack.pop()
        if isinstance(part, ast.Step):
            for clause in part.clauses:
                if isinstance(clause, ast.CompensateClause):
                    found[part.name.span.start] = clause
        elif isinstance(part, tuple):
            stack.extend(part)
        elif isinstance(part, Struct):
            stack.extend(getattr(part, field) for field in part.__match_args__)
    return found
