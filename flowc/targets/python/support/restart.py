"""Where an instance that Halted or is Incomplete can go on: which rows of the journal a restart
takes out, and which of those stay true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .history import History, Item, Workflow
from .journal import BEGINS

Kept = dict[tuple[str, int], Any]  # rows by name and the how manieth of that name it is


class Part(NamedTuple):
    """What is taken out of one workflow: its rows from a number on, without those kept."""

    workflow: str
    number: int
    kept: Kept


class Cut(NamedTuple):
    """A step from which an instance can be restarted; the innermost workflow comes first."""

    step: str
    parts: tuple[Part, ...]


def cuts(root: Workflow, history: History) -> list[Cut]:
    """Every step from which it can be restarted, the first one first."""
    found: dict[str, Cut] = {}
    if not root.settled:
        return []
    for path, ending in root.endings():
        for step, undo in _why(path, ending, history):
            parts = _parts(root, f"{step} undo intent" if undo else f"{step} intent", step, undo)
            if parts is not None:
                found.setdefault(step, Cut(step, tuple(parts)))
    return list(found.values())


def _why(path: str, ending: Mapping[str, Any], history: History) -> Iterator[tuple[str, bool]]:
    """The steps for which a flow stands still; True: it is their compensation."""
    match ending["ending"]:
        case "Halted":
            item = history.find(ending["step"])
            if item is not None and item.kind == "step":
                yield item.path, False
        case "Incomplete":
            for step in ending["stuck"]:
                yield step, True
            error = ending.get("error")
            if error is not None and path in history.committed:
                failed = _failed(path, error, history)
                if failed is not None:
                    yield failed.path, False


def _failed(path: str, error: Mapping[str, Any], history: History) -> Item | None:
    """The step after `commit` whose error ended a flow."""
    named = error["fields"].get("step") or error["fields"].get("name")
    prefix = f"{path}/" if path else ""
    for item in reversed(history.items):
        if item.kind == "commit" and item.path.rpartition("/")[0] == path:
            return None
        if not item.path.startswith(prefix):
            continue
        if error["name"] in ("Unknown", "TimedOut") and item.path == named:
            return item
        if item.kind == "step" and (item.call.detail or "").partition(":")[0] == error["name"]:
            return item
    return None


def _parts(workflow: Workflow, name: str, step: str, undo: bool) -> list[Part] | None:
    """What to take out of a workflow, and before it of the one inside that has the row."""
    for child in workflow.children.values():
        inner = _parts(child, name, step, undo)
        if inner is not None:
            asked = [row.number for row in workflow.rows if row.child == child.id]
            if not workflow.settled or len(asked) < 2:
                return inner
            return [*inner, Part(workflow.id, asked[-1], _kept(workflow, asked[-1], step, undo))]
    numbers = [row.number for row in workflow.rows if row.name == name]
    if not numbers or not workflow.settled:
        return None
    number = numbers[-1]
    kept = _kept(workflow, number, step, undo)
    kept[name, len(numbers)] = BEGINS
    return [Part(workflow.id, number, kept)]


def _kept(workflow: Workflow, number: int, step: str, undo: bool) -> Kept:
    """The rows from a number on that stay true: all but those of the step itself."""
    stem = f"{step} undo" if undo else step
    counts: Counter[str] = Counter()
    kept: Kept = {}
    for row in workflow.rows:
        if row.child is not None or row.name.startswith("DBOS."):
            continue
        counts[row.name] += 1
        own = row.name == stem or row.name.startswith(f"{stem} ")
        if row.number >= number and not own:
            kept[row.name, counts[row.name]] = row.value
    return kept
