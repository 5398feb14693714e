"""A story as lines for a terminal: when, which step, what happened."""

from __future__ import annotations

from flowc.cli.display import clean
from flowc.compiler.duration import show
from flowc.simulate.as_json import in_time
from flowc.simulate.trace import (
    CallEvent,
    FlagEvent,
    FlowEvent,
    LedgerEvent,
    PageEvent,
    SignalEvent,
    TimerEvent,
)
from flowc.simulate.values import iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.simulate.interpret import Story
    from flowc.simulate.trace import Event

_WIDEST_PATH = 28


def timeline(story: Story) -> list[str]:
    """The lines, without line ends: a heading, what happened, the ending."""
    flow = story.flow
    lines = [f"{flow.name} version {flow.version}, started {iso(story.start)}"]
    rows = [row for event in in_time(story) if (row := _row(event, story)) is not None]
    times = max((len(row[0]) for row in rows), default=0)
    paths = min(max((len(row[1]) for row in rows), default=0), _WIDEST_PATH)
    lines += [f"  {at:>{times}}  {path:<{paths}}  {said}".rstrip() for at, path, said in rows]
    lines.append(_ended(story))
    return [clean(line) for line in lines]


def _row(event: Event, story: Story) -> tuple[str, str, str] | None:
    said = _said(event)
    return None if said is None else (show(event.at - story.start), *said)


def _said(event: Event) -> tuple[str, str] | None:
    match event:
        case CallEvent():
            path = event.place.path if event.role == "do" else f"{event.place.path} {event.role}"
            return path, _call(event)
        case TimerEvent():
            return ("" if event.kind != "await" else event.place.path), _timer(event)
        case SignalEvent() if not event.taken:
            return event.path, f"refuses a signal: {event.reason}"
        case LedgerEvent():
            return _ledger(event)
        case FlowEvent() if event.what == "unwinds":
            return event.flow.rstrip("/"), "what was done is undone, last effect first"
        case FlowEvent() if event.flow:
            ending = f"ends {event.ending}" if event.what == "ends" else "starts"
            version = f" version {event.version}" if event.what == "starts" else ""
            return event.flow.rstrip("/"), f"{event.name}{version} {ending}"
        case FlagEvent():
            return "", "somebody cancels"
        case PageEvent():
            return event.path, f"pages {event.whom}: {event.why}"
    return None


def _call(event: CallEvent) -> str:
    key = "" if event.key is None else f"({', '.join(map(str, event.key))})"
    number = f", attempt {event.attempt}" if event.attempt > 1 else ""
    took = event.end - event.at
    after = f" after {show(took)}" if took else ""
    match event.outcome:
        case "ok":
            said = "ok"
        case "fail":
            said = _error(event.error)
        case _:
            said = "unknown"
    why = f": {event.reason}" if event.outcome == "unknown" and event.reason else ""
    return f"{event.operation}{key}{number}  {said}{after}{why}"


def _timer(event: TimerEvent) -> str:
    span = show(event.end - event.at)
    if event.kind == "await":
        match event.ended:
            case "signal":
                return f"answered after {span}"
            case "due":
                return f"nobody answers in {span}"
        return f"waits {span}, until {_flag(event)}"
    if event.ended == "due":
        return f"waits {span}"
    return f"waits {span}, until {_flag(event)}"


def _flag(event: TimerEvent) -> str:
    return "the cancel" if event.ended == "cancelled" else "the deadline"


def _ledger(event: LedgerEvent) -> tuple[str, str] | None:
    match event.change:
        case "commit":
            return event.path.rstrip("/"), "commit: from here on only forward"
        case "stuck":
            return event.path, f"stuck: {event.reason}"
        case "enter" if event.maybe:
            return event.path, "may have happened, so it will be undone"
    return None


def _error(error: Any) -> str:
    fields = ", ".join(f'{name}: "{value}"' for name, value in error.fields)
    return f"{error.name}({fields})" if fields else str(error.name)


def _ended(story: Story) -> str:
    ending = story.ending
    after = f" after {show(story.end - story.start)}"
    match ending.kind:
        case "Completed":
            return f"Completed{after}"
        case "Compensated":
            return f"Compensated{after}: {_error(ending.error)}"
        case "Halted":
            kept = f"; kept: {', '.join(ending.ledger)}" if ending.ledger else ""
            return f"Halted at {ending.step}{after}: {ending.reason}{kept}"
    why = [] if ending.error is None else [_error(ending.error)]
    why += [f"stuck: {', '.join(ending.stuck)}"] if ending.stuck else []
    return f"Incomplete{after}: {'; '.join(why)}"
