"""What all branches of one instance share: its flags, its messages, and whom it pages."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass
class State:
    """One instance. `mail` holds messages by path until they are consumed; `prefix` leads to a
    flow that runs as a step of another: `check/`."""

    id: str = ""
    prefix: str = ""
    due: datetime | None = None
    compensate_within: timedelta | None = None
    cancelled: bool = False
    paused: bool = False
    committed: bool = False
    phase: str = "started"
    stuck: list[str] = field(default_factory=list)
    mail: dict[str, Any] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    pages: list[asyncio.Task[None]] = field(default_factory=list)
    at: list[str] = field(default_factory=list)
    tracked: bool = False

    @property
    def interrupted(self) -> bool:
        """Whether a cancel is to be heeded."""
        return self.cancelled and not self.committed

    async def outlast(self, work: asyncio.Future[T]) -> T:
        """Wait until work has ended, whoever cancels the workflow meanwhile: that is only noted."""
        while not work.done():
            try:
                await asyncio.shield(work)
            except asyncio.CancelledError:
                self.cancelled = True
        return work.result()

    def shown(self) -> dict[str, Any]:
        """What a query tells of it."""
        return {
            "phase": self.phase,
            "at": list(self.at),
            "paused": self.paused,
            "cancelled": self.cancelled,
            "stuck": list(self.stuck),
        }
