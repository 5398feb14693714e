"""A tree to nested tuples without its places: equal shapes say that two texts mean one tree."""

from __future__ import annotations

from flowc.dsl import ast
from flowc.source import Span
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def shape(node: Any) -> Any:
    """`(class name, field, field, ...)`, documentation kept, spans and a module's comments not."""
    if isinstance(node, ast.Module):
        return ("Module", shape(node.declarations))
    if isinstance(node, Struct):
        fields = (getattr(node, field) for field in node.__match_args__)
        return (type(node).__name__, *(shape(f) for f in fields if not isinstance(f, Span)))
    if isinstance(node, tuple):
        return tuple(shape(item) for item in node)
    return node
