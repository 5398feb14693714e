"""The story of an instance, and the list of all, as text for a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from .events import span
from .history import RESTS
from .rehearsal import sample
from .story import error_of
from .values import encode

Paint = Any
_EFFECTS = {
    "live": "live",
    "kept": "stands for good",
    "perhaps": "perhaps live: nobody knows",
    "undoing": "is being undone",
    "undone": "undone",
    "stuck": "STUCK: could not be undone",
}


def sample_json(kind: Any) -> str:
    """An example of a type, as JSON."""
    return json.dumps(encode(sample(kind, "...")), ensure_ascii=False)


def listed(instances: Sequence[Mapping[str, Any]]) -> str:
    """All instances, one a line."""
    if not instances:
        return "no instances\n"
    rows = [("INSTANCE", "VERSION", "STATE", "AT", "STARTED")]
    for each in instances:
        version, at = str(each["version"]), each["at"] or ""
        rows.append(
            (one_line(each["instance"]), version, each["state"], at, clock(each["started"]))
        )
    return "".join(f"{line}\n" for line in columns(rows))


def told(story: Mapping[str, Any]) -> str:
    """What `status` says of one instance."""
    lines = [f"{one_line(story['instance'])}  version {story['version']}  {_stands(story)}"]
    lines += [f"  {line}" for line in _head(story)]
    if story["steps"]:
        lines.append("")
        lines += [f"  {line}" for line in _table(story["steps"], story["asked"])]
    for title, part in (("what is live", _ledger(story)), ("what it waits for", _waits(story))):
        if part:
            lines += ["", f"  {title}:", *(f"    {line}" for line in part)]
    if story["restarts"]:
        lines += ["", "  restarted:"]
        for each in story["restarts"]:
            was = f"{each['was']['ending']} {error_of(each['was'])}".strip()
            lines.append(f"    {clock(each['at'])} from {each['step']}; it was {one_line(was)}")
    if story["next"]:
        lines += ["", "  what you can do:"]
        for each in story["next"]:
            lines.append(f"    {one_line(each['to'])}")
            lines += [f"      {each['command']}"] if each["command"] else []
    return "\n".join(lines) + "\n"


def _stands(story: Mapping[str, Any]) -> str:
    ending = story["ending"]
    if story["error"]:
        return f"broken off: {one_line(story['error'])}"
    if ending is None:
        at = f" at {story['at']}" if story["at"] else ""
        idle = "" if story["at_work"] else ", but no process is at work on it"
        return f"{story['state']}{at}{idle}"
    why = error_of(ending)
    if ending["ending"] == "Incomplete" and ending["stuck"]:
        stuck = ", ".join(ending["stuck"])
        why = f"{why}; stuck: {stuck}" if why else f"stuck: {stuck}"
    return f"{ending['ending']}: {one_line(why)}" if why else str(ending["ending"])


def _head(story: Mapping[str, Any]) -> Iterable[str]:
    times = [f"started {clock(story['started'])}"]
    if story["ended"]:
        times.append(f"ended {clock(story['ended'])}")
    elif story["deadline_left"] is not None:
        left = story["deadline_left"]
        late = "deadline passed" if left <= 0 else f"deadline in {span(left)}"
        ignored = " (ignored after commit)" if story["committed"] else ""
        times.append(late + ignored)
    yield ", ".join(times)
    asked = []
    if story["committed"] and story["ending"] is None:
        asked.append("past its commit: it only goes forward")
    if story["cancel_asked"] and story["ending"] is None:
        asked.append(f"asked to cancel {clock(story['cancel_asked'])}")
    if story["paused"] and story["ending"] is None:
        asked.append(f"paused since {clock(story['paused'])}: it starts no step")
    yield from asked
    if story["ending"] is not None and "value" in story["ending"]:
        yield f"value {one_line(json.dumps(story['ending']['value'], ensure_ascii=False))}"
    if story["owner"]:
        book = f", runbook {story['runbook']}" if story["runbook"] else ""
        yield one_line(f"owner {story['owner']}{book}")


def _table(steps: Iterable[Mapping[str, Any]], now: str) -> Iterable[str]:
    """A line for each call, and one more for what went wrong with it."""
    called = list(_steps(steps, now))
    for (_, why), line in zip(called, columns([cells for cells, _ in called]), strict=True):
        yield line
        if why:
            yield f"    {one_line(why)}"


def _steps(
    steps: Iterable[Mapping[str, Any]], now: str
) -> Iterable[tuple[tuple[str, ...], str | None]]:
    for each in steps:
        does = each["operation"] or (f"flow {each['flow']}" if each["flow"] else each["kind"])
        effect = _EFFECTS.get(each["effect"] or "", "")
        yield (each["path"], one_line(does), _outcome(each, now), effect), each["detail"]
        probe, undo = each["probe"], each["undo"]
        if probe is not None:
            yield (
                ("  asked", one_line(probe["operation"]), _outcome(probe, now), ""),
                probe["detail"],
            )
        if undo is not None:
            yield ("  undo", one_line(undo["operation"]), _outcome(undo, now), ""), undo["detail"]


def _outcome(called: Mapping[str, Any], now: str) -> str:
    words = str(called["outcome"])
    if words == "running":
        words = "waiting" if called.get("kind") in RESTS else words
        words += f" for {span(_between(called['began'] or now, now))}"
    elif words == "retrying":
        left = _between(now, called["again"])
        when = f"in {span(left)}" if left > 0 else f"for {span(-left)}"
        words += f": attempt {called['attempt']} {when}"
    elif called["attempts"] > 1:
        words += f" after {called['attempts']} attempts"
    return one_line(words)


def _between(one: str, two: str) -> int:
    """The time between two moments of a story, in ms of whole seconds."""
    passed = datetime.fromisoformat(two) - datetime.fromisoformat(one)
    return int(passed.total_seconds()) * 1000


def _ledger(story: Mapping[str, Any]) -> list[str]:
    lines = []
    for each in reversed(story["ledger"]):
        undo = each["undo"]
        how = "nothing undoes it"
        if undo is not None:
            given = json.dumps(undo["arguments"], ensure_ascii=False)
            how = f"{undo['operation']} {given} undoes it"
        sure = {"perhaps": " perhaps", "stuck": " stuck"}.get(each["effect"], "")
        lines.append(one_line(f"{each['step']}{sure}: {how}"))
    return lines


def _waits(story: Mapping[str, Any]) -> list[str]:
    lines = []
    for each in story["waits"]:
        if each["kind"] != "await":
            line = f"{each['path']}: time to pass"
        else:
            line = f"{each['path']}: an answer" + (f" of {each['from']}" if each["from"] else "")
        if each["until"]:
            left = max(each["left"], 0)
            line += f", until {clock(each['until'])} (in {span(left // 1000 * 1000)})"
        lines.append(one_line(line))
    return lines


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines, each column as wide as its widest cell but at most 48 characters."""
    widths = [min(48, max(len(row[n]) for row in rows)) for n in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def one_line(text: str) -> str:
    """Text on one line, without what would steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))


def clock(moment: str) -> str:
    """A moment of a story in UTC, to the second: `2024-01-31 12:00:00Z`."""
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M:%SZ")
