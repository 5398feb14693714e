"""What a service's long action calls to say that it is alive."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_beats: list[Callable[[], None]] = []


def heartbeat() -> None:
    """Say that the action is alive; harmless where nobody listens."""
    for beat in _beats:
        beat()


def listen(beat: Callable[[], None]) -> None:
    """Let a running program hear heartbeats."""
    _beats.append(beat)
