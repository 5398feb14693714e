"""The walk through a body: blocks, arms, and the names that each leaves behind.

What a single statement means stands with its family (steps, branching, loops, messages,
endings); here is what they share.
"""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.compiler.calls import Calls, Defaults
from flowc.compiler.names import Binding, Names
from flowc.compiler.typer import Typer
from flowc.compiler.types import BROKEN, NONE, Type, join, optional, show
from flowc.diagnostic import Related
from flowc.dsl import ast
from flowc.source import Span
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flowc.compiler.resolve import Scope


class Lowered(Struct):
    """A block, and whether control can reach its end."""

    block: ir.Block
    ends: bool


class Arm(Struct):
    """One way through a compound statement: what it bound, the step names it used, and whether
    it reaches the end."""

    bound: dict[str, Binding]
    taken: dict[str, Span]
    ends: bool


NOTHING = Arm({}, {}, True)


class Place(Struct):
    """Where a statement stands: what is allowed there depends on it."""

    top: bool  # directly in the flow's body
    concurrent: bool  # inside parallel or for
    reminder: bool  # inside `after` or `every`
    carries: tuple[str, ...]  # names that `next` may set

    def inside(
        self,
        *,
        concurrent: bool | None = None,
        reminder: bool | None = None,
        carries: tuple[str, ...] | None = None,
    ) -> Place:
        """The place one block further in."""
        return Place(
            False,
            self.concurrent if concurrent is None else concurrent,
            self.reminder if reminder is None else reminder,
            self.carries if carries is None else carries,
        )


TOP = Place(True, False, False, ())


class Body:
    """Lowers the body of one flow. Findings go to the scope's reporter."""

    def __init__(
        self,
        scope: Scope,
        names: Names,
        defaults: Defaults,
        result: Type | None,
        statement: Callable[[Body, ast.Statement, Place], tuple[ir.Node | None, bool]],
    ) -> None:
        self.scope = scope
        self.report = scope.report
        self.names = names
        self.typer = Typer(scope, names)
        self.calls = Calls(self.typer, defaults)
        self.result = result
        self.commit: Span | None = None
        self._statement = statement

    def block(self, written: ast.Block, place: Place) -> Lowered:
        """Lower statements in order; what follows an end is reported and still checked."""
        nodes: list[ir.Node] = []
        ends = True
        told = False
        for statement in written.statements:
            if not ends and not told:
                told = True
                self.report.say(
                    "unreachable-statement",
                    statement.span,
                    "this is never reached",
                    "every path before it ends in `fail` or `return`: remove it, or move it up",
                )
            node, falls = self._statement(self, statement, place)
            if node is not None and ends:
                nodes.append(node)
            ends = ends and falls
        return Lowered(ir.Block(written.span, tuple(nodes)), ends)

    def arm(self, written: ast.Block | ast.Fail, place: Place) -> tuple[ir.Block, Arm]:
        """Lower one way through a statement and take its names off again."""
        mark = self.names.mark()
        if isinstance(written, ast.Fail):
            written = ast.Block(written.span, (written,))
        made = self.block(written, place)
        since = self.names.rollback(mark)
        return made.block, Arm(since.bound, since.taken, made.ends)

    def take(self, arm: Arm) -> None:
        """Keep the step names of an arm as used on this path."""
        for name, span in arm.taken.items():
            self.names.take(name, span)

    def merge(self, arms: Sequence[Arm], *, always_maybe: bool = False) -> tuple[ir.Bound, ...]:
        """Bind what exclusive arms left: in every arm that ends as T, in some only as T?."""
        for arm in arms:
            self.take(arm)
        open_arms = [arm for arm in arms if arm.ends]
        seen: dict[str, Binding] = {}
        for arm in open_arms:
            for name, binding in arm.bound.items():
                seen.setdefault(name, binding)
        binds: list[ir.Bound] = []
        for name, binding in seen.items():
            kinds = [arm.bound[name].type for arm in open_arms if name in arm.bound]
            kind: Type | None = kinds[0]
            for other in kinds[1:]:
                if kind is None or other is None:
                    kind = None
                    continue
                joined = join(kind, other)
                if joined is None:
                    self.report.say(
                        "type-mismatch",
                        binding.span,
                        f"`{name}` is `{show(kind)}` here, but `{show(other)}` in another arm",
                        "use another name in one of them",
                    )
                    joined = BROKEN
                kind = joined
            maybe = always_maybe or len(kinds) < len(open_arms)
            binds.append(self.leave(name, kind, binding.span, maybe=maybe))
        return tuple(binds)

    def leave(self, name: str, kind: Type | None, span: Span, *, maybe: bool) -> ir.Bound:
        """Bind a name that a compound statement leaves behind."""
        if maybe:
            kind = NONE if kind is None else optional(kind)
        self.names.bind(name, kind, span)
        return ir.Bound(name, NONE if kind is None else kind, maybe)

    def bind(self, name: ast.Name, kind: Type | None, *, addressed: bool = False) -> None:
        """Bind a name that a statement introduces; `addressed`: a step or an await."""
        text = name.text
        if not text:
            return
        if self.names.get(text) is not None:
            self.typer.bound_twice(name)
        elif self.typer.declared(text, name.span):
            pass
        elif addressed and text in self.names.taken:
            self.report.say(
                "bound-twice",
                name.span,
                f"another step on this path is called `{text}`",
                "signals, keys and `restart --from` find a step by its name: choose another one",
                related=(Related(self.names.taken[text], "it is here"),),
            )
        if addressed:
            self.names.take(text, name.span)
        self.names.bind(text, kind, name.span)
