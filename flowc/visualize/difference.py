"""Turns the graphs of two versions of a flow into one graph that tells what was added, removed and
changed."""

from __future__ import annotations

from difflib import SequenceMatcher

import networkx as nx

from flowc.compiler.duration import show

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Where a statement stands, and what follows from other statements, is no change of its own.
_PLACES = frozenset(
    (
        *("span", "line", "column", "end_line", "end_column", "frame", "order", "of", "label"),
        *("kind", "findings"),
    )
)
_HEADER = ("params", "result", "key", "on_duplicate", "deadline_ms", "compensate_within_ms")


def difference(old: nx.MultiDiGraph[str], new: nx.MultiDiGraph[str]) -> nx.MultiDiGraph[str]:
    """The new graph with what the old one had beside it. A node that differs has a `change`
    (`added`, `removed` or `changed`), a changed one also `changes` in words; an edge may be added
    or removed. The graph itself has `changes` of the header, and `before`, the old version."""
    kept = _pairs(old, new)
    names = _names(old, new, kept)
    merged: nx.MultiDiGraph[str] = nx.MultiDiGraph(**new.graph)
    merged.graph["before"] = old.graph["version"]
    merged.graph["changes"] = [
        word for field in _HEADER for word in _words(field, old.graph[field], new.graph[field])
    ]
    merged.graph["frames"] = _frames(old, new, names)
    became = {there: here for here, there in kept.items()}
    for node in _order(old, new, kept):
        if node in new:
            data = dict(new.nodes[node])
            if node not in became:
                data["change"] = "added"
            elif changes := _changes(old.nodes[became[node]], data):
                data.update(change="changed", changes=changes)
            merged.add_node(node, **data)
        else:
            merged.add_node(node, **_moved(old, node, names))
    _edges(old, new, names, merged)
    return merged


def _signature(graph: nx.MultiDiGraph[str], node: str) -> tuple[str, str]:
    data = graph.nodes[node]
    return str(data["kind"]), str(data["label"])


def _pairs(old: nx.MultiDiGraph[str], new: nx.MultiDiGraph[str]) -> dict[str, str]:
    """Old ids to the new ids of what is the same statement: first what says the same in the same
    order, then what has the same id."""
    before, after = list(old), list(new)
    matcher = SequenceMatcher(
        None,
        [_signature(old, node) for node in before],
        [_signature(new, node) for node in after],
        autojunk=False,
    )
    kept = {}
    for block in matcher.get_matching_blocks():
        for n in range(block.size):
            kept[before[block.a + n]] = after[block.b + n]
    taken = set(kept.values())
    for node in before:
        same = node in new and old.nodes[node]["kind"] == new.nodes[node]["kind"]
        if node not in kept and same and node not in taken:
            kept[node] = node
            taken.add(node)
    return kept


def _names(
    old: nx.MultiDiGraph[str], new: nx.MultiDiGraph[str], kept: dict[str, str]
) -> dict[str, str]:
    """Old ids, of nodes and frames, to those in the merged graph."""
    names = {}
    for node in (*old, *(frame for frame in old.graph["frames"] if frame not in old)):
        if node in kept:
            names[node] = kept[node]
        elif node in new or (node in new.graph["frames"] and node in old):
            names[node] = f"was:{node}"
        else:
            names[node] = node
    return names


def _frames(
    old: nx.MultiDiGraph[str], new: nx.MultiDiGraph[str], names: dict[str, str]
) -> dict[str, Any]:
    frames = dict(new.graph["frames"])
    for frame, data in old.graph["frames"].items():
        name = names[frame]
        if name not in frames:
            parent = None if data["parent"] is None else names[data["parent"]]
            frames[name] = {**data, "parent": parent}
    return frames


def _moved(old: nx.MultiDiGraph[str], node: str, names: dict[str, str]) -> dict[str, Any]:
    """The facts of a removed node, under its name in the merged graph."""
    was = next(one for one, name in names.items() if name == node and one in old)
    data = dict(old.nodes[was], change="removed")
    if data["frame"] is not None:
        data["frame"] = names[data["frame"]]
    if "of" in data:
        data["of"] = names[data["of"]]
    return data


def _order(old: nx.MultiDiGraph[str], new: nx.MultiDiGraph[str], kept: dict[str, str]) -> list[str]:
    """All ids of the merged graph: the new ones, each removed one behind what it followed."""
    names = _names(old, new, kept)
    behind: dict[str, list[str]] = {}
    last = "start"
    for node in old:
        if node in kept:
            last = kept[node]
        else:
            behind.setdefault(last, []).append(names[node])
    return [one for node in new for one in (node, *behind.get(node, ()))]


def _edges(
    old: nx.MultiDiGraph[str],
    new: nx.MultiDiGraph[str],
    names: dict[str, str],
    merged: nx.MultiDiGraph[str],
) -> None:
    before = {
        (names[source], names[target], data["kind"], data["label"]): data
        for source, target, data in old.edges(data=True)
    }
    after = set()
    for source, target, data in new.edges(data=True):
        key = (source, target, data["kind"], data["label"])
        after.add(key)
        more = {} if key in before else {"change": "added"}
        merged.add_edge(source, target, **data, **more)
    for key, data in before.items():
        if key not in after:
            unwinds = {}
            if "unwinds" in data:
                unwinds = {"unwinds": [names[undo] for undo in data["unwinds"]]}
            merged.add_edge(key[0], key[1], **{**data, **unwinds, "change": "removed"})


def _changes(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What is different, in words, without what follows from where they stand."""
    fields = [*new, *(field for field in old if field not in new)]
    words = [
        word
        for field in fields
        if field not in _PLACES
        for word in _words(field, old.get(field), new.get(field))
    ]
    if old["label"] != new["label"]:
        words.insert(0, f"was {old['label']}")
    return words


def _words(field: str, old: object, new: object) -> list[str]:
    if old == new:
        return []
    if isinstance(old, dict) and isinstance(new, dict):
        inner = [*new, *(name for name in old if name not in new)]
        return [word for name in inner for word in _words(name, old.get(name), new.get(name))]
    name = field.removesuffix("_ms").replace("_", " ")
    return [f"{name}: {_shown(field, old)} → {_shown(field, new)}"]


def _shown(field: str, value: object) -> str:
    match value:
        case None | "":
            return "none"
        case bool():
            return "yes" if value else "no"
        case int() if field.endswith("_ms"):
            return show(value)
        case float():
            return f"{value:g}"
        case list():
            return ", ".join(_shown(field, one) for one in value) or "none"
        case dict():
            return ", ".join(f"{name} {_shown(name, one)}" for name, one in value.items())
        case _:
            return str(value)
