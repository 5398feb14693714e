"""From the inside out: each statement to whether it can be passed, and what can leave it."""

from __future__ import annotations

from flowc.compiler.flow import (
    Await,
    Commit,
    Fail,
    ForEach,
    Handler,
    If,
    Match,
    Parallel,
    Repeat,
    Return,
    Step,
    Try,
    WaitFor,
    WaitUntil,
)
from flowc.compiler.types import BUILTIN_ERRORS
from flowc.simulate.lengths import Lengths
from flowc.simulate.places import ROOT, Places
from flowc.simulate.ways import own_errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    # An error that leaves a statement: the steps that end well before it, the rank of its kind,
    # the statement it comes from, its name, and how it comes about.
    Way = tuple[int, int, int, str, str]
    Ways = dict[str, Way]
    # A point at which cancel and deadline are looked at: the steps before it, and where.
    Stop = tuple[int, int]

RANK = {"fail": 0, "timeout": 1, "limit": 2, "unknown": 3, "cancel": 4}
EMPTY: Ways = {}


class Inside:
    """What each statement and each block comes to, seen from outside of it.

    Errors and cancel are kept apart: an error is caught by handlers, cancel and deadline never
    are. Of every error the way with the fewest steps is kept.
    """

    __slots__ = (
        "_errors_known",
        "_unsure",
        "block_completes",
        "block_fails",
        "block_steps",
        "block_stops",
        "causes",
        "completes",
        "fails",
        "own",
        "places",
        "steps",
        "stops",
    )

    def __init__(self, places: Places, child: Callable[[str], tuple[str, ...]]) -> None:
        """`child` tells the errors that a sub-flow may fail with."""
        count, blocks = len(places.nodes), len(places.blocks)
        self.places = places
        self.completes = [True] * count
        self.steps = [0] * count  # that end well on the shortest way past it
        self.own: list[Ways] = [EMPTY] * count  # errors of the statement itself
        self.fails: list[Ways] = [EMPTY] * count  # all errors that leave it
        self.stops: list[Stop | None] = [None] * count
        self.block_completes = [True] * blocks
        self.block_steps = [0] * blocks
        self.block_fails: list[Ways] = [EMPTY] * blocks
        self.block_stops: list[Stop | None] = [None] * blocks
        self.causes: dict[int, Way] = {}  # of a handler's block: what first leads there
        # Whether a `try` is passed by a handler depends on which errors its body leaves: then what
        # can be passed is found out again, errors in hand.
        self._unsure, self._errors_known = False, False
        for number in range(count - 1, -1, -1):
            self._pass(number)
        self._errors_known = self._unsure
        fits = Lengths(places, self.completes).fits
        for number in range(count - 1, -1, -1):
            node = places.nodes[number]
            own: Ways = {
                error: (0, _rank(error, how), number, error, how)
                for error, how in own_errors(node, child, fits)
            }
            if own:
                self.own[number] = own
            if self._errors_known:
                self._pass(number)
            self._leave(number, own)
            if self._errors_known and isinstance(node, Try):
                self._pass(number)
        self._block(ROOT)

    # -- past it ---------------------------------------------------------------------------

    def _pass(self, number: int) -> None:
        """Whether a statement can be passed, and by how many steps."""
        node = self.places.nodes[number]
        inner = self.places.inner[number]
        for block in inner:
            self._block_pass(block)
        match node:
            case Step():
                self.steps[number] = 1
            case Fail() | Return():
                self.completes[number] = False
            case If() | Match():
                self._any(number, inner, skipped=isinstance(node, If) and node.no is None)
            case Try():
                if self.block_completes[inner[0]]:
                    self._any(number, inner[:1])
                elif self._errors_known:
                    self._any(number, [block for block in inner if block in self.causes])
                else:
                    self._any(number, inner)
                    self._unsure = True
            case Parallel():
                always = [
                    block
                    for block, branch in zip(inner, node.branches, strict=True)
                    if branch.condition is None
                ]
                self.completes[number] = all(self.block_completes[block] for block in always)
                self.steps[number] = sum(self.block_steps[block] for block in always)
            case Repeat():
                self._any(number, inner[:1])
            case _:
                pass

    def _any(self, number: int, blocks: Iterable[int], *, skipped: bool = False) -> None:
        """It is passed by the shortest of its blocks, or without one."""
        lengths = [self.block_steps[block] for block in blocks if self.block_completes[block]]
        if skipped:
            lengths.append(0)
        self.completes[number] = bool(lengths)
        self.steps[number] = min(lengths, default=0)

    def _block_pass(self, block: int) -> None:
        steps, completes = 0, True
        for number in self.places.blocks[block]:
            steps += self.steps[number]
            if not self.completes[number]:
                completes = False
                break
        self.block_steps[block] = steps
        self.block_completes[block] = completes

    # -- out of it -------------------------------------------------------------------------

    def _leave(self, number: int, own: Ways) -> None:
        """What can leave a statement; `own` are the errors of the statement itself."""
        node = self.places.nodes[number]
        inner = self.places.inner[number]
        for block in inner:
            self._block(block)
        fails = [own] if own else []
        match node:
            case Step() | WaitFor() | WaitUntil() | Commit():
                self.stops[number] = (0, number)
            case Await():
                self.stops[number] = (0, number)
                if node.on_timeout is not None and node.within is not None:
                    fails.append(self.block_fails[inner[-1]])
            case If() | Match() | Parallel():
                fails += [self.block_fails[block] for block in inner]
                self.stops[number] = self._first_stop(inner)
            case ForEach():
                if not any(collect.failure for collect in node.collects):
                    fails.append(self.block_fails[inner[0]])
                self.stops[number] = self.block_stops[inner[0]]
            case Repeat():
                fails = self._leave_repeat(node, number, own)
                self.stops[number] = self._stop_in_repeat(node, number)
            case Try():
                fails += self._leave_try(node, inner)
                self.stops[number] = self._stop_in_try(inner)
            case _:
                pass
        if len(fails) == 1:
            self.fails[number] = fails[0]
        elif fails:
            self.fails[number] = merged(fails)

    def _first_stop(self, blocks: Iterable[int]) -> Stop | None:
        stops = (self.block_stops[block] for block in blocks)
        return min((stop for stop in stops if stop is not None), default=None)

    def _stop_in_try(self, inner: tuple[int, ...]) -> Stop | None:
        stops = [self.block_stops[inner[0]]]
        for block in inner[1:]:
            stop, cause = self.block_stops[block], self.causes.get(block)
            if stop is not None and cause is not None:
                stops.append((cause[0] + stop[0], stop[1]))
        return min((stop for stop in stops if stop is not None), default=None)

    def _stop_in_repeat(self, node: Repeat, number: int) -> Stop | None:
        body, *exhausted = self.places.inner[number]
        stop = self.block_stops[body]
        if stop is None and node.pause is not None and node.limit > 1:
            stop = (0, number)
        if stop is None and exhausted and self.block_completes[body]:
            late = self.block_stops[exhausted[0]]
            stop = late and (node.limit * self.block_steps[body] + late[0], late[1])
        return stop

    def _leave_repeat(self, node: Repeat, number: int, own: Ways) -> list[Ways]:
        body, *exhausted = self.places.inner[number]
        fails = [self.block_fails[body]]
        if self.block_completes[body]:
            rounds = node.limit * self.block_steps[body]
            late = self.block_fails[exhausted[0]] if exhausted else own
            fails.append({error: (rounds + way[0], *way[1:]) for error, way in late.items()})
        return fails

    def _leave_try(self, node: Try, inner: tuple[int, ...]) -> list[Ways]:
        """What the body's handlers let pass, and what can leave a handler that is ever run."""
        left = dict(self.block_fails[inner[0]])
        fails = [left]
        for handler, block in zip(node.handlers, inner[1:], strict=True):
            caught = [way for error, way in left.items() if handles(handler, error)]
            if not caught:
                continue
            cause = self.causes[block] = min(caught)
            for way in caught:
                del left[way[3]]
            fails.append(
                {
                    error: (cause[0] + way[0], *way[1:])
                    for error, way in self.block_fails[block].items()
                }
            )
        return fails

    def _block(self, block: int) -> None:
        """What can leave a block; of the flow's own body, before `commit`."""
        places = self.places
        fails: Ways = {}
        steps = 0
        for number in places.blocks[block]:
            for error, way in self.fails[number].items():
                known = fails.get(error)
                if known is None or known[0] > way[0] + steps:
                    fails[error] = (way[0] + steps, *way[1:]) if steps else way
            stop = self.stops[number]
            if stop is not None and self.block_stops[block] is None:
                self.block_stops[block] = (stop[0] + steps, stop[1])
            steps += self.steps[number]
            if not self.completes[number]:
                break
            if block == ROOT and isinstance(places.nodes[number], Commit):
                break
        self.block_fails[block] = fails


def _rank(error: str, how: str) -> int:
    """Which failure of a statement is told first: what the user declared before the rest."""
    return RANK["timeout"] if how == "fail" and error in BUILTIN_ERRORS else RANK[how]


def handles(handler: Handler, error: str) -> bool:
    """Whether a handler catches an error of that name (never the instance's own cancel)."""
    return not handler.errors or any(error == caught.name for caught in handler.errors)


def merged(all_ways: Iterable[Ways]) -> Ways:
    """The shortest way of each error."""
    result: Ways = {}
    for ways in all_ways:
        for error, way in ways.items():
            known = result.get(error)
            if known is None or way < known:
                result[error] = way
    return result
