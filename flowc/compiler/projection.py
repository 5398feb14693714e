"""A body to the body of one version: `since` and `until` taken or dropped, neither is a scope."""

from __future__ import annotations

from flowc.dsl import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def versioned(block: ast.Block) -> bool:
    """Whether any `since` or `until` stands in the block."""
    stack: list[ast.Block] = [block]
    while stack:
        for node in stack.pop().statements:
            if isinstance(node, ast.Since | ast.Until):
                return True
            stack.extend(blocks(node))
    return False


def blocks(node: ast.Statement) -> Iterator[ast.Block]:
    """The blocks directly inside a statement, in textual order."""
    match node:
        case ast.If():
            yield node.yes
            if isinstance(node.no, ast.If):
                yield from blocks(node.no)
            elif node.no is not None:
                yield node.no
        case ast.Match():
            for case in node.cases:
                yield case.body
            if node.no is not None:
                yield node.no
        case ast.Since() | ast.Until() | ast.For():
            yield node.body
        case ast.Parallel():
            for branch in node.branches:
                yield branch.body
        case ast.Repeat():
            yield node.body
            if isinstance(node.exhausted, ast.Block):
                yield node.exhausted
        case ast.Await():
            for part in node.meanwhile:
                if isinstance(part.body, ast.Block):
                    yield part.body
        case ast.Try():
            yield node.body
            for handler in node.handlers:
                yield handler.body
        case _:
            pass


def project(block: ast.Block, version: int) -> ast.Block:
    """The block as instances of `version` run it."""
    return ast.Block(block.span, tuple(_statements(block, version)))


def _statements(block: ast.Block, version: int) -> Iterator[ast.Statement]:
    for node in block.statements:
        match node:
            case ast.Since():
                if _number(node.version) <= version:
                    yield from _statements(node.body, version)
            case ast.Until():
                if version < _number(node.version):
                    yield from _statements(node.body, version)
            case _:
                yield _inside(node, version)


def _number(written: ast.Number) -> int:
    return int(written.text) if written.whole and len(written.text) < 10 else 10**9


def _inside(node: ast.Statement, version: int) -> ast.Statement:
    match node:
        case ast.If():
            no: ast.Block | ast.If | None = node.no
            if isinstance(no, ast.If):
                inner = _inside(no, version)
                assert isinstance(inner, ast.If)
                no = inner
            elif no is not None:
                no = project(no, version)
            return node.replace(yes=project(node.yes, version), no=no)
        case ast.Match():
            return node.replace(
                cases=tuple(c.replace(body=project(c.body, version)) for c in node.cases),
                no=None if node.no is None else project(node.no, version),
            )
        case ast.Parallel():
            return node.replace(
                branches=tuple(b.replace(body=project(b.body, version)) for b in node.branches)
            )
        case ast.For():
            return node.replace(body=project(node.body, version))
        case ast.Repeat():
            ending = node.exhausted
            return node.replace(
                body=project(node.body, version),
                exhausted=project(ending, version) if isinstance(ending, ast.Block) else ending,
            )
        case ast.Await():
            return node.replace(
                meanwhile=tuple(
                    part.replace(body=project(part.body, version))
                    if isinstance(part.body, ast.Block)
                    else part
                    for part in node.meanwhile
                )
            )
        case ast.Try():
            return node.replace(
                body=project(node.body, version),
                handlers=tuple(h.replace(body=project(h.body, version)) for h in node.handlers),
            )
        case _:
            return node
