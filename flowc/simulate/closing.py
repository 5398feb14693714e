"""A `repeat` until something is there to the block in which it comes to be."""

from __future__ import annotations

from flowc.compiler.expr import BinaryOp, Lit, Ref
from flowc.compiler.flow import If, Let, Match, Step, Try, bodies
from flowc.compiler.types import NONE, NoneType, OptionalType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.compiler.expr import Expr
    from flowc.compiler.flow import Block, Node, Repeat


def closing(node: Repeat) -> Block | None:
    """The block inside the body after whose end there are no more rounds; None if none is known.

    In `repeat { try { step taken = ... } on Refused {} } until taken != none` it is the body of the
    `try`: what it leaves in the ledger is left by one round only.
    """
    names = _present(node.until)
    if not names:
        return None
    todo = [block for inner in node.body.nodes for block in _inside(inner)]
    while todo:
        block = todo.pop()
        for inner in block.nodes:
            if isinstance(inner, Step | Let) and inner.name in names and not _maybe(inner):
                return block
            todo.extend(_inside(inner))
    return None


def _inside(node: Node) -> tuple[Block, ...]:
    """The blocks of a statement that are passed like the statement itself, at most once."""
    match node:
        case If() | Match():
            return bodies(node)
        case Try():
            return (node.body,)
        case _:
            return ()


def _maybe(node: Step | Let) -> bool:
    kind = node.type if isinstance(node, Step) else node.value.type
    return kind is None or isinstance(kind, OptionalType | NoneType)


def _present(until: Expr) -> set[str]:
    """The names of which each, once it is not none, makes a condition true."""
    names: set[str] = set()
    todo = [until]
    while todo:
        match todo.pop():
            case BinaryOp(op="or", left=left, right=right):
                todo += [left, right]
            case BinaryOp(op="!=", left=Ref(name=name), right=Lit(type=kind)) if kind == NONE:
                names.add(name)
            case _:
                pass
    return names
