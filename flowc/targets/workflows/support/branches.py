"""What runs side by side: branches as values, and what each of them bound."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .run import Run

Bound = dict[str, Any]


@dataclass
class Branch:
    """One branch: its code, and the types of the names that it may bind.

    After it has settled, `bound` holds what it bound.
    """

    label: str
    body: Callable[[Run], Awaitable[Bound]]
    kinds: Mapping[str, Any] = field(default_factory=dict)
    bound: Bound = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        """What it bound to that name, None if nothing."""
        return self.bound.get(name)
