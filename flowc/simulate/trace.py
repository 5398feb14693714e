"""What happened in a story, as a series-parallel term: what is not ordered ran side by side.

A `Lane` is written while the story runs; `Lane.term` is the frozen result.
"""

from __future__ import annotations

from flowc.simulate.values import ErrorValue
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Literal

    Role = Literal["do", "probe", "undo"]


class Place(Struct):
    """Where in the story: the path of sub-flow steps that lead there (`check[1]/`), the step or
    await, and the rounds of the loops around it, from 0, outermost first."""

    flow: str
    name: str
    rounds: tuple[int, ...]

    @property
    def path(self) -> str:
        """The address: `check/papers`, `ruling[2]`."""
        return self.flow + self.name + "".join(f"[{n}]" for n in self.rounds)


class CallEvent(Struct):
    """One attempt. `arguments` and `key` are JSON; `value` that of an OK attempt.

    `last`: the call ended with it.
    """

    at: int
    end: int
    place: Place
    role: Role
    attempt: int
    operation: str
    key: tuple[Any, ...] | None
    arguments: tuple[tuple[str, Any], ...]
    outcome: Literal["ok", "fail", "unknown"]
    value: Any
    error: ErrorValue | None
    reason: str
    last: bool


class TimerEvent(Struct):
    """A wait, an await or the pause of a loop, from `at` to `end`; `due` is when it would have
    ended by itself (None: never). `ended` says how it ended."""

    at: int
    end: int
    place: Place
    kind: Literal["wait", "await", "every"]
    due: int | None
    ended: Literal["due", "signal", "cancelled", "deadline"]


class SignalEvent(Struct):
    """A signal that an await took, or that was refused to its sender."""

    at: int
    path: str
    taken: bool
    value: Any
    reason: str = ""


class LedgerEvent(Struct):
    """What would be undone changed. `maybe`: entered although nobody knows whether it happened."""

    at: int
    path: str
    change: Literal["enter", "undone", "stuck", "commit"]
    maybe: bool = False
    reason: str = ""


class FlowEvent(Struct):
    """A (sub-)flow started or ended; `flow` is the path that leads to it, `` for the instance."""

    at: int
    flow: str
    name: str
    version: int
    what: Literal["starts", "ends", "unwinds"]
    ending: str = ""


class FlagEvent(Struct):
    """Somebody asked for the instance to be cancelled."""

    at: int


class PageEvent(Struct):
    """Somebody is told."""

    at: int
    path: str
    whom: str
    why: str


Event = CallEvent | TimerEvent | SignalEvent | LedgerEvent | FlowEvent | FlagEvent | PageEvent


class Series(Struct):
    parts: tuple[Term, ...]


class Fork(Struct):
    parts: tuple[Term, ...]


Term = Event | Series | Fork


class Lane:
    """What happens one after the other; it may fork into lanes side by side."""

    def __init__(self) -> None:
        self._parts: list[Event | tuple[Lane, ...]] = []

    def add(self, event: Event) -> None:
        self._parts.append(event)

    def fork(self, count: int) -> tuple[Lane, ...]:
        lanes = tuple(Lane() for _ in range(count))
        self._parts.append(lanes)
        return lanes

    @property
    def term(self) -> Series:
        """The term so far: no empty parts, no fork of one, no series in a series."""
        made: list[Term] = []
        for part in self._parts:
            if not isinstance(part, tuple):
                made.append(part)
                continue
            sides = [lane.term for lane in part]
            sides = [side for side in sides if side.parts]
            if len(sides) == 1:
                made.extend(sides[0].parts)
            elif sides:
                made.append(Fork(tuple(sides)))
        return Series(tuple(made))


def events(term: Term) -> Iterator[Event]:
    """Every event, sides of a fork one after the other."""
    match term:
        case Series() | Fork():
            for part in term.parts:
                yield from events(part)
        case _:
            yield term


def only(term: Term, kinds: tuple[type[Event], ...]) -> Series:
    """The term without the events of other kinds, normal again: equal iff in the same order."""
    match term:
        case Series():
            made: list[Term] = []
            for part in term.parts:
                if isinstance(part, Fork):
                    sides = [only(side, kinds) for side in part.parts]
                    sides = [side for side in sides if side.parts]
                    if len(sides) == 1:
                        made.extend(sides[0].parts)
                    elif sides:
                        made.append(Fork(tuple(sides)))
                else:
                    made.extend(only(part, kinds).parts)
            return Series(tuple(made))
        case Fork():
            return only(Series((term,)), kinds)
        case _:
            return Series((term,) if isinstance(term, kinds) else ())
