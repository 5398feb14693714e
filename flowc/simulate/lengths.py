"""How long a list can get: a loop to whether its list provably keeps its `max`."""

from __future__ import annotations

from flowc.compiler.expr import BinaryOp, Comprehend, Expr, LibCall, ListOf, Lit, NotOp
from flowc.compiler.flow import ForEach, If, Let
from flowc.simulate.places import Places
from flowc.simulate.shape import shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    Fact = tuple[int, int | Expr]  # from which place of its block on, and the bound

KEEPS_LENGTH = frozenset(("distinct", "reverse"))
FOLLOWED = 40  # names and functions between a list and what bounds it
LOOKS = 400  # expressions looked at for one loop: `concat(a, a)` of `concat(b, b)` of ... doubles
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "!=": "==", "==": "!="}


class Lengths:
    """Bounds of lists, from guards that dominate a place, literals and loops that made them.

    Names are bound once, so a guard holds from where it stands to the end of its block.
    """

    __slots__ = ("_completes", "_facts", "_looks", "_places")

    def __init__(self, places: Places, completes: Sequence[bool]) -> None:
        """`completes` tells of each statement whether it can be passed: an `if` with an arm that
        cannot is a guard."""
        self._places = places
        self._completes = completes
        self._looks = 0
        self._facts: dict[int, dict[Hashable, list[Fact]]] = {}

    def fits(self, loop: ForEach) -> bool:
        """Whether the loop's list is never longer than its `max`."""
        self._looks = 0
        longest = self.longest(loop.items, self._places.number(loop))
        return longest is not None and longest <= loop.limit

    def rounds(self, loop: ForEach) -> int:
        """The most rounds that the loop can make; at least one is counted."""
        self._looks = 0
        longest = self.longest(loop.items, self._places.number(loop))
        return loop.limit if longest is None else max(min(loop.limit, longest), 1)

    def longest(self, items: Expr, at: int, depth: int = 0) -> int | None:
        """The most items that the list can have at a statement; None where nothing bounds it, or
        only what is more than `FOLLOWED` names away."""
        self._looks += 1
        if depth > FOLLOWED or self._looks > LOOKS:
            return None
        match items:
            case ListOf():
                return len(items.items)
            case Comprehend():
                return self.longest(items.items, at, depth + 1)
            case LibCall(function=name, args=args) if name.split("/")[0] in KEEPS_LENGTH:
                return self.longest(args[0], at, depth + 1)
            case LibCall(function="concat", args=args):
                parts = [self.longest(arg, at, depth + 1) for arg in args]
                known = [part for part in parts if part is not None]
                return sum(known) if len(known) == len(parts) else None
            case LibCall(function="range", args=(Lit(value=int(first)), Lit(value=int(last)))):
                return max(last - first + 1, 0)
            case _:
                return min(self._bounds(shape(items), at, depth), default=None)

    def _bounds(self, wanted: Hashable, at: int, depth: int) -> Iterator[int]:
        places = self._places
        while at >= 0:
            block = places.block[at]
            for place, bound in self._facts_of(block).get(wanted, ()):
                if place >= places.pos[at]:
                    break
                if isinstance(bound, int):
                    yield bound
                else:
                    longest = self.longest(bound, places.blocks[block][place], depth + 1)
                    if longest is not None:
                        yield longest
            at = places.owner[block]
            if at >= 0 and isinstance(owner := places.nodes[at], If):
                holds = places.inner[at][0] == block
                yield from (n for of, n in limits(owner.condition, holds=holds) if of == wanted)

    def _facts_of(self, block: int) -> dict[Hashable, list[Fact]]:
        facts = self._facts.get(block)
        if facts is None:
            facts = self._facts[block] = {}
            for place, number in enumerate(self._places.blocks[block]):
                for of, bound in self._learnt(number):
                    facts.setdefault(of, []).append((place, bound))
        return facts

    def _learnt(self, number: int) -> Iterator[tuple[Hashable, int | Expr]]:
        """What is known once a statement has been passed."""
        match self._places.nodes[number]:
            case If(condition=condition):
                yes, *no = self._places.inner[number]
                if not self._passable(yes):
                    yield from limits(condition, holds=False)
                if no and not self._passable(no[0]):
                    yield from limits(condition, holds=True)
            case ForEach() as loop:
                for collect in loop.collects:
                    yield ("ref", collect.out), loop.limit
            case Let(name=name, value=value):
                yield ("ref", name), value
            case _:
                pass

    def _passable(self, block: int) -> bool:
        return all(self._completes[number] for number in self._places.blocks[block])


def limits(condition: Expr, *, holds: bool) -> Iterator[tuple[Hashable, int]]:
    """Each list (its shape) whose length a condition bounds when it holds, or when it does not."""
    if isinstance(condition, NotOp):
        yield from limits(condition.value, holds=not holds)
        return
    if not isinstance(condition, BinaryOp):
        return
    if condition.op == ("and" if holds else "or"):
        yield from limits(condition.left, holds=holds)
        yield from limits(condition.right, holds=holds)
        return
    left, op, right = condition.left, condition.op, condition.right
    if isinstance(left, Lit):
        left, op, right = right, TURNED.get(op, op), left
    if not holds:
        op = NEGATED.get(op, op)
    if not (isinstance(left, LibCall) and left.function.split("/")[0] == "length"):
        return
    if isinstance(right, Lit) and type(right.value) is int:
        if op == "<":
            yield shape(left.args[0]), right.value - 1
        elif op in ("<=", "=="):
            yield shape(left.args[0]), right.value
