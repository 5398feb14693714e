"""Where the edits of fixes go: a step and a clause to an Edit that keeps layout and comments."""

from __future__ import annotations

from flowc.diagnostic import Edit
from flowc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.compiler.flow import Flow, Operation, Step
    from flowc.dsl.ast import OpDecl
    from flowc.source import Source

# The operations that the source asked about last declares, by the offsets of their names.
_declared: list[tuple[Source, dict[int, OpDecl]]] = []


def add_clause(flow: Flow, step: Step, clause: str) -> Edit:
    """Put a clause behind the step's others, but before its `otherwise`."""
    text = flow.source.text
    indent = clause_indent(flow, step)
    if step.otherwise is not None:
        word = text.rfind("otherwise", step.span.start, step.otherwise.span.start)
        if word >= 0:
            return Edit(Span(word, word), f"{clause}\n{indent}")
    end = step.span.end
    line_end = _line_end(text, end)
    rest = text[end:line_end].strip()
    at = line_end if not rest or rest.startswith("//") else end
    return Edit(Span(at, at), f"\n{indent}{clause}")


def drop_clause(flow: Flow, clause: Span) -> Edit | None:
    """Take a clause away with the line it stands on; None where something else stands there."""
    text = flow.source.text
    start = text.rfind("\n", 0, clause.start)
    if start < 0 or text[start + 1 : clause.start].strip():
        return None
    end = _line_end(text, clause.end)
    if text[clause.end : end].strip():
        return None
    return Edit(Span(start, end), "")


def clause_indent(flow: Flow, step: Step) -> str:
    """The indentation of the step's clauses."""
    text = flow.source.text
    start = text.rfind("\n", 0, step.span.start) + 1
    line = text[start : step.span.start]
    return line[: len(line) - len(line.lstrip())] + "  "


def add_trait(operation: Operation, trait: str) -> Edit | None:
    """Put a trait behind an operation's others; None where its declaration is not found."""
    decl = _declaration(operation)
    if decl is None:
        return None
    return Edit(Span(decl.span.end, decl.span.end), f" {trait}")


def add_to_key(operation: Operation, param: str) -> Edit | None:
    """Put a parameter behind those of an operation's key."""
    decl = _declaration(operation)
    if decl is None:
        return None
    from flowc.dsl.ast import KeyTrait

    end = next((part.span.end for part in decl.traits if isinstance(part, KeyTrait)), None)
    return None if end is None else Edit(Span(end, end), f", {param}")


def _declaration(operation: Operation) -> OpDecl | None:
    source = operation.source
    if not _declared or _declared[0][0] is not source:
        from flowc.dsl.ast import ServiceDecl
        from flowc.dsl.parser import parse

        found = {
            op.name.span.start: op
            for decl in parse(source).module.declarations
            if isinstance(decl, ServiceDecl)
            for op in decl.ops
        }
        _declared[:] = [(source, found)]
    return _declared[0][1].get(operation.span.start)


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
