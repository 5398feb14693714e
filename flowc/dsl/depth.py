"""A tree to one that is nested no deeper than a reader, or a recursive walk, can follow."""

from __future__ import annotations

from flowc.diagnostic import Finding
from flowc.dsl import ast
from flowc.source import Span
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_BLOCKS = 64  # blocks in blocks, an `else if` counted as a block
MAX_LEVELS = 100  # operators, brackets, fields and calls in one another in one expression

_LEVELS: tuple[type, ...] = (
    ast.ListLit,
    ast.Pick,
    ast.Apply,
    ast.Get,
    ast.Binary,
    ast.Not,
    ast.Minus,
    ast.Cond,
    ast.Paren,
    ast.TypeRef,
)


def shallow(
    declarations: tuple[ast.Decl, ...], found: list[tuple[str, Finding]]
) -> tuple[ast.Decl, ...]:
    """Cut what is nested too deep out of `declarations`; add the first cut of each to `found`."""
    return tuple(_shallow(declaration, found) for declaration in declarations)


def _shallow(declaration: ast.Decl, found: list[tuple[str, Finding]]) -> ast.Decl:
    deep: dict[int, Any] = {}
    waiting: list[tuple[Any, int, int]] = [(declaration, 0, 0)]
    while waiting:
        node, blocks, levels = waiting.pop()
        if isinstance(node, tuple):
            waiting.extend((child, blocks, levels) for child in node if _nests(child))
            continue
        if isinstance(node, _LEVELS):
            levels += 1
        elif isinstance(node, ast.Block) or (isinstance(node, ast.If) and levels < 0):
            blocks += 1
        if levels > MAX_LEVELS or blocks > MAX_BLOCKS:
            deep[id(node)] = node
            continue
        for field in node.__match_args__:
            child = getattr(node, field)
            if not _nests(child):
                continue
            is_else = isinstance(child, ast.If) and isinstance(node, ast.If)
            waiting.append((child, blocks, -1 if is_else else max(levels, 0)))
    if not deep:
        return declaration
    start, end = declaration.span.start, declaration.span.end
    if not any(code == "SYN008" and start <= f.span.start < end for code, f in found):
        found.append(("SYN008", _too_deep(min(deep.values(), key=lambda node: node.span.start))))
    return _cut(declaration, deep)  # type: ignore[no-any-return]


def _nests(value: Any) -> bool:
    return isinstance(value, tuple) or (
        isinstance(value, Struct) and not isinstance(value, (Span, ast.Name, ast.Doc))
    )


def _cut(node: Any, deep: dict[int, Any]) -> Any:
    """Rebuild `node` without what is in `deep`; it recurses no further than the limits."""
    if id(node) in deep:
        if isinstance(node, ast.Block):
            return ast.Block(node.span, ())
        if isinstance(node, ast.If):
            return None
        if isinstance(node, ast.TypeRef):
            return ast.TypeRef(node.span, ast.Name(node.span, ""), None, False)
        return ast.Missing(node.span)
    if isinstance(node, tuple):
        return tuple([_cut(child, deep) for child in node])
    if not _nests(node):
        return node
    values = [_cut(getattr(node, field), deep) for field in node.__match_args__]
    return type(node)(*values)


def _too_deep(node: Any) -> Finding:
    if isinstance(node, (ast.Block, ast.If)):
        return deep_blocks(Span(node.span.start, node.span.start + 1))
    return deep_levels(Span(node.span.start, node.span.start + 1))


def deep_blocks(span: Span) -> Finding:
    """More than MAX_BLOCKS blocks in one another."""
    return Finding(
        span,
        f"blocks are nested more than {MAX_BLOCKS} deep",
        "move the inner part to a flow of its own and call it; what is inside was not read",
        label="too deep",
    )


def deep_levels(span: Span) -> Finding:
    """More than MAX_LEVELS levels in one expression."""
    return Finding(
        span,
        f"this expression is nested more than {MAX_LEVELS} deep",
        "give parts of it names with `let`; what is inside was not read",
        label="too deep",
    )
