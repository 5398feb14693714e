"""Puts what an instance did, as `flowc status --json` tells it, on its flow's graph."""

from __future__ import annotations

import re

import networkx as nx

from flowc.struct import Struct
from flowc.visualize.theme import UNLIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

# The gravest first: where several rounds share a box, it looks like the gravest of them.
STATES = (
    *("stuck", "halted", "waiting", "undoing", "running", "unknown"),
    *("failed", "undone", "done"),
)
RESTS = ("await", "wait", "pause")  # rows that only let time pass
_ROUND = re.compile(r"\[\d+\]")
_WORDS = {"retrying": "running", "ok": "done", "over": "done", "answered": "done"}
_ENDINGS = {"Compensated": "ending:compensated", "Halted": "ending:halted"}


class Deed(Struct):
    """What became of one node in one round: one of STATES, and the same in words. `well`: it ended
    well, whatever became of its effect."""

    state: str
    words: tuple[str, ...]
    well: bool = False


def play(graph: nx.MultiDiGraph[str], story: Mapping[str, Any]) -> None:
    """Put `did` (a state and its words) on every node that stands for something to be done, and on
    the graph itself a line for each fact about the instance. `story` is one of this flow, or of one
    that has it as a sub-flow."""
    _Player(graph, story).play()


class _Player:
    def __init__(self, graph: nx.MultiDiGraph[str], story: Mapping[str, Any]) -> None:
        self.graph = graph
        self.story = story
        self.nodes: dict[str, dict[str, Any]] = {node: graph.nodes[node] for node in graph}
        self.deeds: dict[str, list[Deed]] = {}
        self.unknown: dict[str, None] = {}

    def play(self) -> None:
        steps = self.story["steps"]
        inside = _places(steps, str(self.graph.graph["flow"]), str(self.story["flow"]))
        for place in inside:
            self._items([item for item in steps if item["path"].startswith(place)], place)
        if "" in inside:
            self._ending()
        self._write(inside)

    # -- what was done -----------------------------------------------------------------------

    def _items(self, items: Sequence[Mapping[str, Any]], place: str) -> None:
        for item in items:
            path = item["path"][len(place) :]
            first, _, deeper = path.partition("/")
            if deeper:
                continue
            name = _ROUND.sub("", first)
            found = self._nth(name, item)
            if not found:
                self.unknown[name] = None
            if item["kind"] == "pause" and item["outcome"] == "over":
                continue  # its loop went on
            lower = [one for one in items if one["path"].startswith(f"{item['path']}/")]
            for node in found:
                self._deed(node, item, lower)

    def _nth(self, name: str, item: Mapping[str, Any]) -> list[str]:
        """The node that a row is about: of those of its name, the one that the row says."""
        named = [node for node, data in self.nodes.items() if _stands_for(data, item["kind"], name)]
        named.sort(key=lambda node: list(self.nodes[node]["span"]))
        return named[item["nth"] - 1 : item["nth"]]

    def _deed(self, node: str, item: Mapping[str, Any], lower: Sequence[Mapping[str, Any]]) -> None:
        well = _state(item["outcome"]) == "done"
        self.deeds.setdefault(node, []).append(_of_step(item, lower).replace(well=well))
        for part, word in (("probe", "probe"), ("undo", "compensation")):
            called = item[part]
            if called is not None and f"{node}:{word}" in self.nodes:
                beside = Deed(_state(called["outcome"]), tuple(_said(called)))
                self.deeds.setdefault(f"{node}:{word}", []).append(beside)

    def _ending(self) -> None:
        ending = self.story["ending"]
        if ending is None or "ending" not in ending:
            return
        word = str(ending["ending"])
        here = Deed("done", ("the instance ended here",))
        returns = [node for node, data in self.nodes.items() if data["kind"] == "return"]
        if word == "Completed" and len(returns) == 1:
            self.deeds[returns[0]] = [here]
        elif word != "Completed":
            known = _ENDINGS.get(word, "ending:incomplete")
            if known in self.nodes:
                self.deeds[known] = [
                    here.replace(state="stuck" if word != "Compensated" else "done")
                ]
        error = (ending.get("error") or {}).get("name")
        fails = [node for node, data in self.nodes.items() if data.get("error") == error]
        reached = [node for node in fails if self._reached(node)]
        if error and len(reached) == 1 and self.nodes[reached[0]]["kind"] == "fail":
            self.deeds[reached[0]] = [Deed("failed", (f"ended with {error}",))]

    def _reached(self, node: str) -> bool:
        """Whether the last statement that was done before a `fail` may lead to it."""
        return (
            any(before in self.deeds for before in nx.ancestors(self.graph, node)) or not self.deeds
        )

    # -- onto the graph --------------------------------------------------------------------------

    def _write(self, inside: Sequence[str]) -> None:
        forward = self._forward()
        passed = {node for deed in self.deeds for node in nx.ancestors(forward, deed)}
        for node, data in self.nodes.items():
            if node in self.deeds:
                deed = _together(self.deeds[node])
                data["did"] = {"state": deed.state, "words": list(deed.words), "well": deed.well}
            elif node != "start" and (_is_own(data) or node not in passed):
                data["did"] = {"state": UNLIT, "words": [], "well": False}
        self.graph.graph["instance"] = list(_header(self.story, inside, tuple(self.unknown)))

    def _forward(self) -> nx.DiGraph[str]:
        forward: nx.DiGraph[str] = nx.DiGraph()
        forward.add_nodes_from(self.graph)
        forward.add_edges_from(
            (source, target)
            for source, target, data in self.graph.edges(data=True)
            if data["kind"] in ("next", "branch", "failure", "timeout")
            and self.nodes[source]["kind"] not in ("compensation", "unwind")
        )
        return forward


def _is_own(data: Mapping[str, Any]) -> bool:
    """Whether the journal says of such a node itself whether it was reached."""
    return data["kind"] in (
        *("step", "subflow", "await", "wait", "commit", "compensation", "probe"),
        *("ending", "return", "fail"),
    )


def _places(steps: Iterable[Mapping[str, Any]], flow: str, of: str) -> tuple[str, ...]:
    """Below which paths a story tells of a flow: its own, or the steps that are this sub-flow."""
    if flow == of:
        return ("",)
    return tuple(f"{item['path']}/" for item in steps if called(item) == flow)


def called(item: Mapping[str, Any]) -> str | None:
    """The name of the flow that a step of a story is."""
    title = item["flow"] if item["kind"] == "flow" else None
    return None if title is None else str(title).partition("@")[0]


def _stands_for(data: Mapping[str, Any], kind: str, name: str) -> bool:
    """Whether a row of that kind and name may be about a node."""
    match kind:
        case "wait" | "commit":
            return bool(data["kind"] == kind)
        case "pause":
            return data.get("pause_ms") is not None
        case _:
            return data["label"] == name and data["kind"] in ("step", "subflow", "await")


def _state(outcome: str) -> str:
    word = _WORDS.get(outcome, outcome)
    return word if word in STATES else "failed"


def _of_step(item: Mapping[str, Any], lower: Sequence[Mapping[str, Any]]) -> Deed:
    words = _said(item)
    match item["effect"]:
        case "undone":
            return Deed("undone", (f"{words[0]}, then undone", *words[1:]))
        case "stuck":
            return Deed("stuck", ("stuck: its effect is not undone", *words))
        case "undoing":
            return Deed("undoing", ("being undone", *words))
        case "perhaps" if item["outcome"] == "unknown":
            return Deed("unknown", ("unknown: nobody knows whether it happened", *words[1:]))
    state = _state(item["outcome"])
    if item["kind"] in RESTS and state == "running":
        until = f" until {_moment(item['until'])}" if item["until"] else ""
        who = f" for {item['from']}" if item.get("from") else ""
        return Deed("waiting", (f"waiting{who}{until}",))
    if item["kind"] == "flow" and state == "running":
        inner = [one for one in lower if one["kind"] in RESTS]
        open_ = [one for one in inner if one["outcome"] == "running"]
        if open_:
            return Deed("waiting", (f"waiting inside, at {open_[0]['path']}",))
    if item["effect"] == "kept":
        words[0] += ", kept for good"
    return Deed(state, tuple(words))


def _said(called: Mapping[str, Any]) -> list[str]:
    """How a call went: its outcome, the attempts it took, and why it failed."""
    state = _state(called["outcome"])
    word = str(called["outcome"]) if state == "failed" else state
    if called["attempts"] > 1:
        word += f" after {called['attempts']} attempts"
    if called["ended"] is not None and state in ("done", "failed"):
        word += f", {_moment(called['ended'])}"
    return [word, str(called["detail"])] if called["detail"] else [word]


def _moment(text: str) -> str:
    """A moment to the second."""
    return re.sub(r"\.\d+", "", text).replace("T", " ")


def _together(deeds: Sequence[Deed]) -> Deed:
    """The deeds of several rounds as one."""
    if len(deeds) == 1:
        return deeds[0]
    counts = {state: [d for d in deeds if d.state == state] for state in STATES}
    said = [f"{len(found)} {state}" for state, found in counts.items() if found]
    gravest = next(state for state, found in counts.items() if found)
    well = all(deed.well for deed in deeds)
    return Deed(gravest, (f"{len(deeds)} rounds: {', '.join(said)}",), well)


def _header(
    story: Mapping[str, Any], inside: Sequence[str], unknown: Sequence[str]
) -> tuple[str, ...]:
    """What there is to say about the instance as a whole."""
    lines = [f"instance {story['instance']}: {story['state']}"]
    times = [f"started {_moment(story['started'])}"]
    if story["ended"]:
        times.append(f"ended {_moment(story['ended'])}")
    elif story["deadline"]:
        times.append(f"deadline {_moment(story['deadline'])}")
    lines.append(" · ".join(times))
    error = (story["ending"] or {}).get("error")
    if error:
        same = error["message"] in ("", error["name"])
        lines.append(error["name"] if same else f"{error['name']}: {error['message']}")
    elif story["error"]:
        lines.append(str(story["error"]))
    if story["cancel_asked"]:
        lines.append(f"cancel asked {_moment(story['cancel_asked'])}")
    if story["paused"]:
        lines.append(f"paused {_moment(story['paused'])}")
    if story["pages"]:
        lines.append(f"paged: {', '.join(story['pages'])}")
    if not inside:
        lines.append("it did not come to this flow")
    if unknown:
        lines.append(f"did also what this file does not have: {', '.join(unknown)}")
    lines.append("what is pale was not reached")
    return tuple(lines)
