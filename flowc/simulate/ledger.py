"""The ledger (rule 5): what would be undone, as a series-parallel term and not as a clock order."""

from __future__ import annotations

from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Call
    from flowc.simulate.trace import Place
    from flowc.simulate.values import Value


class Frozen(Struct):
    """A call whose arguments are settled (rule 4): nothing is evaluated again."""

    call: Call
    args: tuple[Value, ...]


class Entry(Struct):
    """One effect that took place, or may have, and what undoes it."""

    place: Place
    undo: Frozen


class Side(Struct):
    """Ledgers of what ran side by side: they unwind side by side."""

    ledgers: tuple[Ledger, ...]


class Ledger:
    """A sequence of entries, in the order of the flow; it unwinds reversed."""

    def __init__(self) -> None:
        self.parts: list[Entry | Side | Ledger] = []

    def enter(self, entry: Entry) -> None:
        self.parts.append(entry)

    def join(self, inner: Ledger) -> None:
        """Take over what a part of the flow has entered into a ledger of its own."""
        if inner.parts:
            self.parts.append(inner)

    def fork(self, count: int) -> tuple[Ledger, ...]:
        """Ledgers for what runs side by side from now on."""
        sides = tuple(Ledger() for _ in range(count))
        self.parts.append(Side(sides))
        return sides

    def clear(self) -> None:
        """Rule 9: `commit` empties it."""
        self.parts.clear()

    @property
    def entries(self) -> Iterator[Entry]:
        """Every entry, in the order of the text."""
        for part in self.parts:
            match part:
                case Entry():
                    yield part
                case Ledger():
                    yield from part.entries
                case Side():
                    for ledger in part.ledgers:
                        yield from ledger.entries
