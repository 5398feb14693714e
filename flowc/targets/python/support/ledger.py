"""The ledger: what would be undone, as a series-parallel term that unwinds in reverse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .calls import Call, Operation, Policy, Undo
from .values import decode

Find = Callable[[str], Operation]


@dataclass(frozen=True)
class Entry:
    """One effect that took place, or may have, and the frozen call that undoes it."""

    path: str
    undo: Undo

    def to_json(self) -> dict[str, Any]:
        return {
            "step": self.path,
            "undo": self.undo.call.to_json(),
            "policy": self.undo.policy.to_json(),
        }

    def shown(self) -> dict[str, Any]:
        """What an ending says of it."""
        return {"step": self.path, "undo": self.undo.call.to_json()}


@dataclass
class Fork:
    """Parts that took effect side by side: they unwind side by side too."""

    parts: list[Scope]


@dataclass
class Scope:
    """A sequence of entries, of scopes that ended inside it, and of forks, in order."""

    entries: list[Entry | Scope | Fork] = field(default_factory=list)

    def flat(self) -> Iterator[Entry]:
        """Every entry, in the order of the flow's text."""
        for entry in self.entries:
            match entry:
                case Entry():
                    yield entry
                case Scope():
                    yield from entry.flat()
                case Fork():
                    for part in entry.parts:
                        yield from part.flat()

    def to_json(self) -> list[Any]:
        made: list[Any] = []
        for entry in self.entries:
            match entry:
                case Entry():
                    made.append(entry.to_json())
                case Scope():
                    made.append(entry.to_json())
                case Fork():
                    made.append({"fork": [part.to_json() for part in entry.parts]})
        return made


def read_scope(rows: list[Any], find: Find) -> Scope:
    """Read back what `Scope.to_json` wrote; `find` knows operations by title."""
    scope = Scope()
    for row in rows:
        if isinstance(row, list):
            scope.entries.append(read_scope(row, find))
        elif "fork" in row:
            scope.entries.append(Fork([read_scope(part, find) for part in row["fork"]]))
        else:
            scope.entries.append(_read_entry(row, find))
    return scope


def _read_entry(row: Mapping[str, Any], find: Find) -> Entry:
    operation = find(row["undo"]["operation"])
    given = row["undo"]["arguments"]
    arguments = {name: decode(kind, given[name]) for name, kind in operation.parameters.items()}
    policy = Policy.from_json(row["policy"])
    return Entry(row["step"], Undo(Call(operation, arguments), policy))
