"""What `flowc status` tells after a fault, held against the reference interpreter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flowc.compiler.flow import Flow
from flowc.simulate.interpret import Story, interpret
from flowc.simulate.script import Script
from flowc.simulate.trace import CallEvent, LedgerEvent, TimerEvent, events
from flowc.simulate.values import decode_fields
from flowc.targets.python.support.desk import Desk
from flowc.targets.python.support.state import Refused
from flowc.targets.python.support.told import told
from flowc.targets.python.support.values import instant, iso
from tests.support.agreement import differences, ending_differences
from tests.support.engines.python import OnPython

OUTCOMES = {"ok": "ok", "fail": "failed", "unknown": "unknown"}
TIMED = {
    "signal": "answered",
    "due": "timed out",
    "cancelled": "cancelled",
    "deadline": "deadline exceeded",
}
KINDS = {"wait": "wait", "every": "pause", "await": "await"}
HELD = ("live", "perhaps", "stuck")
Timers = dict[str, list[tuple[str, str | None, str | None, str]]]
Attempts = dict[tuple[str, str], tuple[str, int]]


@contextmanager
def desk(state: str | Path) -> Iterator[Desk]:
    """What `flowc status` looks at."""
    made = Desk(str(state))
    try:
        yield made
    finally:
        made.close()


def differing(
    engine: OnPython, looking: Desk, flow: Flow, script: Script, given: dict[str, Any]
) -> list[str]:
    """Where the engine's story and what is told of it part from the interpreter's."""
    story = interpret(engine.of.program, flow, dict(decode_fields(flow.params, given)), script)
    made = engine.play(flow, script, given)
    return differences(story, made) + explained(story, looking.story(engine.instance))


def status(state: str, instance: str) -> dict[str, Any] | None:
    """What is told of an instance; None where the state does not know of it yet."""
    try:
        with desk(state) as looking:
            return looking.story(instance)
    except Refused as refused:
        if "nothing was ever started" not in str(refused) and "there is no state" not in str(
            refused
        ):
            raise
        return None


def explained(story: Story, seen: dict[str, Any]) -> list[str]:
    """Where the status of an ended instance parts from its story: ending, what each step came to
    in how many attempts, what is undone, stuck or still there, and the way out."""
    found = ending_differences(story, seen["ending"] or {})
    if seen["state"] != story.ending.kind:
        found.append(f"it stands at {seen['state']!r}, and is {story.ending.kind}")
    steps = {each["path"]: each for each in seen["steps"]}
    found += _calls(story, steps) + _timers(story, seen["steps"]) + _effects(story, seen)
    found += _way_out(story, seen)
    text = told(seen)
    if story.ending.kind not in text.splitlines()[0]:
        found.append(f"its first line does not tell its ending: {text.splitlines()[0]}")
    found += [f"its text lacks `{path}`" for path in steps if path not in text]
    if story.ending.error is not None and story.ending.error.name not in text:
        found.append(f"its text lacks {story.ending.error.name}")
    return [f"status: {each}" for each in found]


def _calls(story: Story, steps: dict[str, dict[str, Any]]) -> list[str]:
    ours: Attempts = {}
    for event in events(story.trace):
        if isinstance(event, CallEvent):
            role = "" if event.role == "do" else event.role
            ours[event.place.path, role] = OUTCOMES[event.outcome], event.attempt
    stuck = {event.path for event in _changes(story) if event.change == "stuck"}
    for path in stuck:
        if (path, "undo") in ours:
            ours[path, "undo"] = "stuck", ours[path, "undo"][1]
    theirs: Attempts = {}
    for path, row in steps.items():
        for role, called in (("", row), ("probe", row["probe"]), ("undo", row["undo"])):
            if called is not None and called["attempts"]:
                theirs[path, role] = called["outcome"], called["attempts"]
    return [
        f"{f'{path} {role}'.strip()}: {ours.get((path, role))} by the interpreter,"
        f" {theirs.get((path, role))} by status"
        for path, role in sorted(ours.keys() | theirs.keys())
        if ours.get((path, role)) != theirs.get((path, role))
    ]


def _timers(story: Story, rows: list[dict[str, Any]]) -> list[str]:
    """Every wait, pause and await: when it began, until when it lasts at most, how it ended."""
    ours: Timers = {}
    for event in events(story.trace):
        if isinstance(event, TimerEvent):
            word = TIMED[event.ended]
            if event.kind != "await" and event.ended == "due":
                word = "over"
            timer = (KINDS[event.kind], _moment(event.at), _moment(event.due), word)
            ours.setdefault(event.place.path, []).append(timer)
    theirs: Timers = {}
    for row in rows:
        if row["kind"] in KINDS.values() and row["began"] is not None:
            until = row["until"] and max(row["until"], row["began"])  # a moment may have passed
            timer = (row["kind"], row["began"], until, row["outcome"])
            theirs.setdefault(row["path"], []).append(timer)
    return [
        f"{path}: {ours.get(path)} by the interpreter, {theirs.get(path)} by status"
        for path in sorted(ours.keys() | theirs.keys())
        if ours.get(path) != theirs.get(path)
    ]


def _moment(at: int | None) -> str | None:
    return None if at is None else iso(instant(at))


def _changes(story: Story) -> list[LedgerEvent]:
    return [event for event in events(story.trace) if isinstance(event, LedgerEvent)]


def _effects(story: Story, seen: dict[str, Any]) -> list[str]:
    """What became of effects, and the ledger that is left."""
    last = {event.path: event.change for event in _changes(story)}
    found = []
    for change in ("undone", "stuck"):
        ours = {path for path, now in last.items() if now == change}
        theirs = {each["path"] for each in seen["steps"] if each["effect"] == change}
        if ours != theirs:
            found.append(f"{change}: {sorted(ours)} by the interpreter, {sorted(theirs)} by status")
    left = {each["step"] for each in seen["ledger"]}
    missing = (set(story.ending.ledger) | set(story.ending.stuck)) - left
    found += [f"{path} is live, and status does not list it" for path in sorted(missing)]
    odd = {each["step"] for each in seen["ledger"] if each["effect"] not in HELD}
    found += [f"{path} is still being undone" for path in sorted(odd)]
    return found


def _way_out(story: Story, seen: dict[str, Any]) -> list[str]:
    """Whoever has to act is told how; nobody else is told to."""
    commands = [each["command"] for each in seen["next"]]
    if story.ending.kind in ("Completed", "Compensated"):
        return [f"nothing is to be done, and it says {commands}"] if commands else []
    steps = list(story.ending.stuck)
    if story.ending.kind == "Halted":
        steps = [story.ending.step]
    return [
        f"no word on how to restart from `{step}`, only {commands}"
        for step in steps
        if not any(f"restart {seen['instance']} --from {step} " in each for each in commands)
    ]


def under_way(seen: dict[str, Any], made: set[tuple[str, str]]) -> list[str]:
    """What is wrong with the status of an instance whose process was killed; `made` are the calls,
    by path and role, that reached a service."""
    found = []
    if seen["at_work"]:
        found.append("a process is at work, it says, and it was killed")
    if seen["ending"] is None and not any("is at work" in each["to"] for each in seen["next"]):
        found.append("no word on how it goes on")
    for row in seen["steps"]:
        for role, called in (("", row), ("probe", row["probe"]), ("undo", row["undo"])):
            if called is None or not called["attempts"] or (row["path"], role) in made:
                continue
            found.append(f"`{row['path']} {role}` was called, it says, and was not")
        if row["effect"] == "undone" and (row["path"], "undo") not in made:
            found.append(f"`{row['path']}` is undone, it says, and is not")
    told(seen)
    return [f"status after the kill: {each}" for each in found]
