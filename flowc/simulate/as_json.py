"""A story as JSON: its ending, and its events in the order in which they began."""

from __future__ import annotations

from flowc.compiler.types import BUILTIN_ERRORS
from flowc.simulate.trace import (
    CallEvent,
    FlagEvent,
    FlowEvent,
    LedgerEvent,
    PageEvent,
    SignalEvent,
    TimerEvent,
    events,
)
from flowc.simulate.values import encode, encode_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.compiler.flow import Flow
    from flowc.simulate.interpret import Ending, Story
    from flowc.simulate.trace import Event
    from flowc.simulate.values import ErrorValue


def as_json(story: Story) -> dict[str, Any]:
    """`{"ending", ..., "flow", "version", "took", "events"}`; moments are ms from the start."""
    return {
        **ending_json(story.flow, story.ending),
        "flow": story.flow.name,
        "version": story.flow.version,
        "took": story.end - story.start,
        "events": [_event(event, story) for event in in_time(story)],
    }


def ending_json(flow: Flow, ending: Ending) -> dict[str, Any]:
    """An ending with what belongs to it."""
    made: dict[str, Any] = {"ending": ending.kind}
    if ending.error is not None:
        made["error"] = error_json(flow, ending.error)
    elif ending.kind in ("Completed", "Incomplete"):
        made["value"] = encode(ending.value, flow.result)
    if ending.kind == "Incomplete":
        made["stuck"] = list(ending.stuck)
    if ending.kind == "Halted":
        made |= {"step": ending.step, "reason": ending.reason, "ledger": list(ending.ledger)}
    return made


def error_json(flow: Flow, error: ErrorValue) -> dict[str, Any]:
    """`{"name", "message", "fields"}`."""
    known = {each.name: each for each in flow.errors} | BUILTIN_ERRORS
    kind = known.get(error.name)
    fields = encode_fields(error.fields, () if kind is None else kind.fields)
    return {"name": error.name, "message": error.message, "fields": fields}


def in_time(story: Story) -> list[Event]:
    """All events by the moment at which they began; those of one moment in the flow's order."""
    inside, outside = list(events(story.trace)), list(story.outside)
    return sorted([*outside, *inside], key=lambda event: event.at)


def _event(event: Event, story: Story) -> dict[str, Any]:
    at = event.at - story.start
    match event:
        case CallEvent():
            made: dict[str, Any] = {
                "what": "call",
                "at": at,
                "end": event.end - story.start,
                "path": event.place.path,
                "role": event.role,
                "attempt": event.attempt,
                "operation": event.operation,
                "key": None if event.key is None else list(event.key),
                "arguments": dict(event.arguments),
                "outcome": event.outcome,
            }
            if event.outcome == "ok":
                made["value"] = event.value
            elif event.error is not None:
                made["error"] = error_json(story.flow, event.error)
            else:
                made["reason"] = event.reason
            return made
        case TimerEvent():
            return {
                "what": event.kind,
                "at": at,
                "end": event.end - story.start,
                "path": event.place.path,
                "ended": event.ended,
            }
        case SignalEvent():
            taken = {"what": "signal", "at": at, "path": event.path, "taken": event.taken}
            return {**taken, "value": event.value} | (
                {"reason": event.reason} if event.reason else {}
            )
        case LedgerEvent():
            return {"what": "ledger", "at": at, "path": event.path, "change": event.change} | (
                {"maybe": True} if event.maybe else {}
            )
        case FlowEvent():
            return {
                "what": "flow",
                "at": at,
                "path": event.flow,
                "flow": event.name,
                "version": event.version,
                "change": event.what,
            } | ({"ending": event.ending} if event.ending else {})
        case FlagEvent():
            return {"what": "cancel", "at": at}
        case PageEvent():
            return {"what": "page", "at": at, "path": event.path, "whom": event.whom}
