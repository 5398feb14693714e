"""The rows that an instance left in the journal to its story: steps with their outcomes and what
became of their effects, what it waits for, what can be restarted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_NAME = re.compile(
    r"(?P<path>\S*)(?: (?P<part>probe|undo))?"
    r"(?: (?P<word>intent|stuck|page|flow|end|ended|woken \d+))?(?: #(?P<nth>\d+))?"
)
RESTS = ("await", "wait", "pause")  # kinds that only let time pass
_UNNAMED = {"commit": "commit", "wait": "wait", "every": "pause"}
ENDED = "ended"  # the word of a row that no journal has: a flow's own ending
_OUTCOMES = {"ok": "ok", "fail": "failed", "unknown": "unknown"}
_WOKEN = {
    "answer": "answered",
    "due": "timed out",
    "cancelled": "cancelled",
    "deadline": "deadline exceeded",
}


@dataclass(frozen=True)
class Row:
    """A row of a workflow's journal; `child` is the workflow that it starts or asks."""

    number: int
    name: str
    value: Any
    child: str | None = None


@dataclass
class Workflow:
    """A workflow of an instance with its rows, and those that it started, by their id.

    `path` is that of the step which a sub-flow is, empty for all others.
    """

    id: str
    path: str
    settled: bool
    ending: Any
    rows: list[Row]
    children: dict[str, Workflow] = field(default_factory=dict)

    def all(self) -> Iterator[tuple[Workflow, Row]]:
        """Every row in the order of the flow's text, those of children where they started."""
        seen: set[str] = set()
        for row in self.rows:
            child = self.children.get(row.child or "")
            if child is None:
                yield self, row
            elif child.id not in seen:
                seen.add(child.id)
                yield from child.all()
        if self.settled:
            yield self, Row(0, f"{self.path} {ENDED}", self.ending)

    @property
    def last(self) -> Row | None:
        """The last row that tells something; a sleep before another attempt does not."""
        told = (row for row in reversed(self.rows) if not row.name.startswith("DBOS."))
        return next(told, None)

    @property
    def wakes(self) -> int | None:
        """When the sleep ends that it fell into last; None where something came after it."""
        last = self.rows[-1] if self.rows else None
        slept = last is not None and last.name == "DBOS.sleep"
        return int(last.value * 1000) if last is not None and slept else None

    def endings(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """How it and the flows below it ended, its own first, each with the path of its step."""
        if _is_ending(self.ending):
            yield self.path, self.ending
        for child in self.children.values():
            yield from child.endings()


def _is_ending(value: Any) -> bool:
    return isinstance(value, Mapping) and "ending" in value


@dataclass
class Called:
    """Calls of one operation: how they stand together. Moments are milliseconds since 1970;
    `attempts` have settled, `again` is when the next one begins or began."""

    operation: str | None = None
    arguments: Any = None
    outcome: str = "running"
    attempts: int = 0
    detail: str | None = None
    began: int | None = None
    ended: int | None = None
    value: Any = None
    again: int | None = None

    @property
    def attempt(self) -> int | None:
        """The attempt that is under way, or the next one; None where all have settled."""
        open_ = self.operation is not None and self.outcome in ("running", "retrying")
        return self.attempts + 1 if open_ else None

    def intend(self, row: Mapping[str, Any]) -> None:
        """Take in the record of the intent."""
        if self.began is None:
            self.began = row["at"]
        if "call" in row:
            self.operation = row["call"]["operation"]
            self.arguments = row["call"]["arguments"]

    def settle(self, row: Mapping[str, Any]) -> None:
        """Take in how an attempt ended."""
        self.attempts += 1
        word = next(word for word in _OUTCOMES if word in row)
        self.outcome, self.ended, self.detail = _OUTCOMES[word], row["at"], None
        if word == "ok":
            self.value = row["ok"]
        elif word == "fail":
            self.detail = shown(row["fail"])
        else:
            self.detail = row["unknown"]


@dataclass
class Item:
    """A step, a sub-flow, a wait, a pause, an await or `commit`, as far as it came. `nth`: which of
    the statements of that name in the flow's text it is.

    `effect`: live, kept (for good), perhaps (nobody knows), undoing, undone, stuck; None where it
    changed nothing. `undo` is what reverses it.
    """

    path: str
    kind: str
    nth: int = 1
    call: Called = field(default_factory=Called)
    probe: Called | None = None
    undo: Called | None = None
    who: str | None = None
    until: int | None = None
    flow: str | None = None
    effect: str | None = None
    undoes: Mapping[str, Any] | None = None


@dataclass
class History:
    """What the rows of an instance tell, in the order of the flow's text.

    `committed` has the paths of flows whose effects stand for good, "" for the instance's own.
    """

    items: list[Item] = field(default_factory=list)
    committed: set[str] = field(default_factory=set)
    undoing: bool = False
    pages: list[str] = field(default_factory=list)

    def find(self, path: str) -> Item | None:
        """What stands last under a path."""
        return next((item for item in reversed(self.items) if item.path == path), None)

    @property
    def waits(self) -> list[Item]:
        """The waits, pauses and awaits that have not ended."""
        return [i for i in self.items if i.kind in RESTS and i.call.outcome == "running"]

    def stands(self, path: str) -> bool:
        """Whether what happens at a path is not undone any more by its own flow."""
        flow = path.rpartition("/")[0]
        return flow in self.committed or (flow != "" and self.stands(flow))


def tell(root: Workflow, kinds: Mapping[str, str]) -> History:
    """The history of an instance; `kinds` are write, notify or read by operation."""
    history = History()
    for workflow, row in root.all():
        called = _take(history, row)
        under_way = not workflow.settled and row is workflow.last
        if under_way and called is not None and called.outcome in ("failed", "unknown"):
            called.outcome, called.again = "retrying", workflow.wakes or called.ended
    for item in history.items:
        item.effect = _effect(item, history, kinds)
    return history


def _take(history: History, row: Row) -> Called | None:
    """Take in a row; give the calls that it is about."""
    named = _NAME.fullmatch(row.name)
    if named is None or not isinstance(row.value, Mapping | bool | str):
        return None
    path, part, word = named["path"], named["part"], named["word"]
    value: Any = row.value
    item = history.find(path)
    if word == ENDED:
        _end(history, path, value, item)
        return None
    history.undoing = part == "undo" or path.rpartition("/")[2] == "unwind"
    if word == "page":
        history.pages.append(path)
    elif word == "flow" and item is not None:
        item.kind, item.flow = "flow", str(value)
    elif not isinstance(value, Mapping):
        if word == "stuck" and item is not None and item.undo is not None:
            item.undo.outcome = "stuck"
    elif part is None and word == "intent":
        return _intend(history, path, value, item)
    elif item is None:
        return None
    elif part is None and word is None:
        item.call.settle(value)
        item.undoes = value.get("undo", item.undoes)
        return item.call
    elif part is None:
        _wake(item, value)
    else:
        called: Called = getattr(item, part) or Called()
        setattr(item, part, called)
        if word == "intent":
            called.intend(value)
        elif word is None:
            called.settle(value)
            if part == "probe":
                item.undoes = value.get("undo", item.undoes)
        return called
    return None


def _end(history: History, path: str, ending: Any, item: Item | None) -> None:
    """Take in how a flow ended: what it did and did not undo stands."""
    if not _is_ending(ending):
        return
    word = ending["ending"]
    if word == "Completed" or "value" in ending:
        history.committed.add(path)
    if item is not None and path:
        item.call.outcome = {"Completed": "ok", "Compensated": "failed"}.get(word, word.lower())
        item.call.ended = ending.get("at")
        if "error" in ending:
            item.call.detail = shown(ending["error"])


def shown(error: Mapping[str, Any]) -> str:
    """An error in one line."""
    same = error["message"] in ("", error["name"])
    return str(error["name"]) if same else f"{error['name']}: {error['message']}"


def _intend(
    history: History, path: str, row: Mapping[str, Any], known: Item | None
) -> Called | None:
    name = path.rpartition("/")[2]
    if name == "unwind" and "call" not in row:
        return None
    if "call" in row and known is not None and known.kind == "step":
        known.call.intend(row)  # another attempt of one that has no key
        return known.call
    kind = "step" if "call" in row else "flow"
    if kind == "flow" and name.partition("[")[0] in _UNNAMED:  # which are no names
        kind = _UNNAMED[name.partition("[")[0]]
    elif "awaits" in row:
        kind = "await"
    item = Item(path, kind, row.get("nth", 1), undoes=row.get("undo"))
    item.call.intend(row)
    item.until, item.who = row.get("until"), row.get("awaits")
    if row.get("cancelled") or row.get("late"):
        item.call.outcome = "cancelled" if row.get("cancelled") else "deadline exceeded"
        item.call.began, item.call.ended, item.until = None, row["at"], None  # it never began
    elif kind in ("wait", "pause") and item.until is not None and item.until <= row["at"]:
        item.call.outcome, item.call.ended = "over", row["at"]
    elif kind == "commit":
        item.call.outcome = "ok"
        history.committed.add(path.rpartition("/")[0])
    history.items.append(item)
    return item.call


def _wake(item: Item, row: Mapping[str, Any]) -> None:
    ended = row.get("ended")
    if ended in _WOKEN and item.kind in RESTS:
        over = "over" if item.kind != "await" and ended == "due" else _WOKEN[ended]
        item.call.outcome, item.call.ended = over, row["at"]
        item.call.value = row.get("value")


def _effect(item: Item, history: History, kinds: Mapping[str, str]) -> str | None:
    """What became of what the step changed."""
    if item.undo is not None:
        return {"ok": "undone", "stuck": "stuck"}.get(item.undo.outcome, "undoing")
    if item.kind == "flow":
        writes = item.undoes is not None
    else:
        writes = item.kind == "step" and kinds.get(item.call.operation or "") == "write"
    if not writes or item.call.outcome in ("failed", "cancelled"):
        return None
    if item.call.outcome == "ok":
        return "kept" if history.stands(item.path) else "live"
    if item.probe is not None and item.probe.outcome == "ok":
        return "live" if item.probe.value not in (None, False) else None
    return "perhaps"
