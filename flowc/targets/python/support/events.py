"""What a run tells while it goes: one event at a time, and each as a line of text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Literal

from .values import instant, iso

Kind = Literal[
    "started",
    "resumed",
    "restarted",
    "attached",
    "ignored",
    "begins",
    "attempt",
    "retry",
    "settled",
    "stuck",
    "page",
    "waits",
    "awaits",
    "woken",
    "paused",
    "commit",
    "ended",
]
SILENT = ("begins", "retry", "settled")  # told where progress is drawn, not where it is listed
_WOKEN = {
    "answer": "answered",
    "due": "its time is over",
    "cancelled": "cancelled",
    "deadline": "the deadline has passed",
}


@dataclass(frozen=True)
class Event:
    """Something that really happened now; a replay after a crash tells nothing again.

    `took` is milliseconds, `until` a moment in milliseconds since 1970.
    """

    kind: Kind
    instance: str
    path: str = ""
    operation: str = ""
    attempt: int = 0
    outcome: str = ""
    detail: str = ""
    took: int | None = None
    until: int | None = None


Watcher = Callable[[Event], None]


def span(ms: int) -> str:
    """A duration for people: `850ms`, `1.5s`, `2m`, `3h 20m`, `9d 4h`."""
    if ms < 1000:
        return f"{ms}ms"
    if ms < 60_000:
        return f"{ms / 1000:g}s" if ms % 1000 == 0 else f"{ms / 1000:.1f}s"
    minutes, rest = divmod(ms // 1000, 60)
    if minutes < 60:
        return f"{minutes}m {rest}s" if rest else f"{minutes}m"
    hours, minutes = divmod(minutes, 60)
    if hours < 72:
        return f"{hours}h {minutes}m" if minutes else f"{hours}h"
    days, hours = divmod(hours, 24)
    return f"{days}d {hours}h" if hours else f"{days}d"


def as_json(event: Event) -> dict[str, Any]:
    """An event as JSON: what it is called, and what is said of it."""
    said = {field.name: getattr(event, field.name) for field in fields(event)}
    said["until"] = None if event.until is None else iso(instant(event.until))
    kind = said.pop("kind")
    return {"event": kind, **{n: v for n, v in said.items() if v not in ("", 0, None)}}


def _until(event: Event) -> str:
    return "" if event.until is None else f" until {iso(instant(event.until))}"


def describe(event: Event) -> str:
    """One line, without its line end."""
    again = f" (attempt {event.attempt})" if event.attempt > 1 else ""
    detail = f": {event.detail}" if event.detail else ""
    match event.kind:
        case "started" | "resumed" | "restarted":
            said = event.kind + detail
        case "attached":
            said = f"ended before ({event.outcome}): under the same key nothing runs again"
        case "ignored":
            said = "was started with another input: the one given now is ignored"
        case "attempt":
            took = f" in {span(event.took)}" if event.took is not None else ""
            said = f"{event.path}: {event.operation}{again} {event.outcome}{detail}{took}"
        case "stuck":
            said = f"{event.path}: stuck, {event.operation} did not undo it{detail}"
        case "page":
            said = f"page {event.detail}" + (f" about {event.path}" if event.path else "")
        case "awaits":
            who = f" of {event.detail}" if event.detail else ""
            said = f"{event.path}: waits for an answer{who}{_until(event)}"
        case "waits":
            said = f"{event.path}: waits{_until(event)}"
        case "woken":
            said = f"{event.path}: {_WOKEN[event.outcome]}"
        case "begins":
            said = f"{event.path}: {event.operation}{again}"
        case "settled":
            said = f"{event.path}: {event.outcome} after {event.attempt} attempts"
        case "retry":
            said = f"{event.path}: attempt {event.attempt}{_until(event)}"
        case "paused":
            said = f"{event.path}: paused; `flowc resume {event.instance}` lets it go on"
        case "commit":
            where = f"{event.path}: " if event.path else ""
            said = f"{where}committed: from here on only forward"
        case "ended":
            said = f"{event.outcome}{detail}"
    return f"{event.instance}  " + " ".join(said.split())
