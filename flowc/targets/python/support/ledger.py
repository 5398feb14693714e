"""The ledger: what would be undone, as a series-parallel term that unwinds in reverse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .calls import Undo


@dataclass(frozen=True)
class Entry:
    """One effect that took place, or may have, and the frozen call that undoes it."""

    path: str
    undo: Undo

    def to_json(self) -> dict[str, Any]:
        return {"step": self.path, "undo": self.undo.call.to_json()}


@dataclass
class Scope:
    """A sequence of entries and of scopes that ended inside it, in the order they took effect."""

    entries: list[Entry | Scope] = field(default_factory=list)

    def flat(self) -> Iterator[Entry]:
        """Every entry, in the order it took effect."""
        for entry in self.entries:
            if isinstance(entry, Entry):
                yield entry
            else:
                yield from entry.flat()
