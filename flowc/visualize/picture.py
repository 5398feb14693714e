"""Turns a flow's graph into what a picture of it shows: boxes, arrows and frames, no layout."""

from __future__ import annotations

from typing import Any

from flowc.struct import Struct
from flowc.visualize import theme
from flowc.visualize.labels import (
    Line,
    await_lines,
    call_lines,
    header,
    loop_lines,
    small,
    text,
    title,
)
from flowc.visualize.marks import mark, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    import networkx as nx

    from flowc.visualize.labels import Detail


class Box(Struct):
    """`look` names an entry of the theme's LOOKS; `number` is the place in the order of undoing.
    `beside` is the box that it stands next to, on the side that its kind has. `mark` names an
    entry of the theme's MARKS, or is empty."""

    id: str
    look: str
    lines: tuple[Line, ...]
    frame: str | None
    number: int | None
    beside: str | None
    line: int
    hint: str
    mark: str = ""


class Arrow(Struct):
    source: str
    target: str
    kind: str
    label: str
    mark: str = ""


class Frame(Struct):
    id: str
    kind: str
    label: str
    parent: str | None


SAYS_NO = "the probe says no"


def _together(one: Arrow, other: Arrow) -> Arrow:
    """Two ways of one kind between the same boxes as one arrow with the words of both."""
    if one.label == other.label:
        return one
    both = one.label and other.label
    label = f"{one.label}, or {other.label}" if both else f"or {one.label}{other.label}"
    return one.replace(label=label)


class Picture(Struct):
    header: tuple[Line, ...]
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    frames: tuple[Frame, ...]

    @property
    def names(self) -> dict[str, str]:
        """Short names of the boxes, by their ids: those that every drawing uses."""
        return {box.id: f"n{n}" for n, box in enumerate(self.boxes, 1)}


def picture(graph: nx.MultiDiGraph[str], detail: Detail = "normal") -> Picture:
    """Choose and word what is shown; a node that is left out hands its edges on."""
    return _Chooser(graph, detail).picture()


class _Chooser:
    def __init__(self, graph: nx.MultiDiGraph[str], detail: Detail) -> None:
        self.graph = graph
        self.detail = detail
        self.nodes: dict[str, dict[str, Any]] = {node: graph.nodes[node] for node in graph.nodes}
        self.hidden = {node for node in self.nodes if self._is_hidden(node)}

    def picture(self) -> Picture:
        boxes = tuple(
            self._box(node, data) for node, data in self.nodes.items() if not self._hidden(node)
        )
        frames = tuple(
            Frame(name, data["kind"], self._frame_label(data), data["parent"])
            for name, data in self.graph.graph["frames"].items()
        )
        return Picture(
            (*header(self.graph.graph, self.detail), *words(self.graph.graph)),
            (*boxes, *self._halts()),
            tuple(self._arrows()),
            frames,
        )

    # -- boxes -----------------------------------------------------------------------------

    def _hidden(self, node: str) -> bool:
        return node in self.hidden

    def _is_hidden(self, node: str) -> bool:
        data = self.nodes[node]
        match data["kind"]:
            case "value" if mark(data) not in ("", theme.UNLIT):
                return False
            case "value":
                return self.detail != "high" and not (
                    data["what"] == "record" and self.detail == "normal"
                )
            case "try":
                return True
            case "probe":
                return self.detail == "low"
            case "ending":
                came = mark(data) not in ("", theme.UNLIT) and node != "ending:halted"
                return not (came or any(self._shown_into_ending(edge) for edge in self._into(node)))
        return False

    def _into(self, node: str) -> list[tuple[str, dict[str, Any]]]:
        return [(source, data) for source, _, data in self.graph.in_edges(node, data=True)]

    def _shown_into_ending(self, edge: tuple[str, dict[str, Any]]) -> bool:
        """A return is drawn as its ending, a halt beside its step, a stuck one by its words."""
        source, data = edge
        kind = self.nodes[source]["kind"]
        stuck = kind == "compensation" and data["kind"] == "failure"
        return kind != "return" and not stuck and not self._halting(data, edge)

    def _halting(self, data: dict[str, Any], edge: tuple[str, dict[str, Any]]) -> bool:
        targets = self.graph.out_edges(edge[0], data=True)
        return any(target == "ending:halted" and found is data for _, target, found in targets)

    def _box(self, node: str, data: dict[str, Any]) -> Box:
        beside = data["of"] if data["kind"] in ("compensation", "probe") else None
        if data["kind"] == "fail":
            beside = self._only_way(node)
        elif data["kind"] == "unwind":
            join = f"{data['of']}:join"
            beside = join if join in self.nodes else None
        look = self._look(data)
        hint = data.get("doc") or ""
        lines = (*self._lines(node, data), *words(data))
        number = data.get("order")
        worn = mark(data)
        return Box(node, look, lines, data["frame"], number, beside, data["line"], hint, worn)

    def _only_way(self, node: str) -> str | None:
        """What a `fail` stands beside: the one way to it, in the same frame."""
        ways = self._into(node)
        if len(ways) != 1:
            return None
        source = self.nodes[ways[0][0]]
        alone = (
            source["kind"] in ("choice", "await") and source["frame"] == self.nodes[node]["frame"]
        )
        return ways[0][0] if alone else None

    def _look(self, data: dict[str, Any]) -> str:
        match data["kind"]:
            case "step":
                return "read" if data["contract"]["kind"] == "read" else "step"
            case "parallel" | "join":
                return "bar"
            case "return":
                return "completed"
            case "ending":
                return str(data["ending"]).lower()
        return str(data["kind"])

    def _lines(self, node: str, data: dict[str, Any]) -> list[Line]:
        match data["kind"]:
            case "start":
                return [text("start")]
            case "step" | "subflow":
                return self._step_lines(data)
            case "compensation":
                return [title(data["label"]), *call_lines(data, self.detail)]
            case "probe":
                return [title(data["label"]), *self._probe_lines(node, data)]
            case "await":
                return await_lines(data, self.detail)
            case "choice":
                return [text(f"{data['label']}?" if data["asks"] != "match" else data["label"])]
            case "parallel":
                return []
            case "loop":
                return loop_lines(data, self.detail)
            case "unwind":
                return [small(data["label"])]
            case "join":
                return []
            case "commit":
                return [title("commit"), small("no way back from here")]
            case "return":
                lines = [title("Completed")]
                return lines if self.detail == "low" else [*lines, small(data["label"])]
            case "fail":
                lines = [title(data["label"])]
                shown = self.detail == "high" and data["args"]
                return [*lines, small(", ".join(data["args"].values()))] if shown else lines
            case "ending":
                return [title(data["label"]), *self._ending_words(data["ending"])]
            case "value":
                return [small(data["label"])]
        return [title(data["label"])]

    def _step_lines(self, data: dict[str, Any]) -> list[Line]:
        lines = [title(data["label"])]
        if data["doc"] and self.detail != "low":
            lines.append(text(data["doc"]))
        if data["kind"] == "subflow" and self.detail != "low":
            lines.append(text(f"flow {data['calls']}"))
        else:
            lines.extend(call_lines(data, self.detail))
        return lines

    def _probe_lines(self, node: str, data: dict[str, Any]) -> list[Line]:
        lines = call_lines(data, self.detail)
        bars = any(
            target == f"{data['of']}:compensation"
            for _, target, edge in self.graph.out_edges(node, data=True)
            if edge["kind"] == "failure"
        )
        no = "no: undone in case it comes late" if bars else "no: failed"
        return [*lines, small("yes: go on"), small(no), small("no answer: halted, people look")]

    def _ending_words(self, ending: str) -> list[Line]:
        if self.detail == "low":
            return []
        said = {
            "Completed": "",
            "Compensated": "all that took effect is undone",
            "Incomplete": "people finish it",
            "Halted": "people look",
        }[ending]
        return [small(said)] if said else []

    def _halts(self) -> list[Box]:
        """A halt is drawn beside each step that ends so, not as one far ending."""
        return (
            [
                Box(
                    f"{step}:halt",
                    "halted",
                    (title("Halted"), *self._ending_words("Halted")),
                    self.nodes[step]["frame"],
                    None,
                    step,
                    self.nodes[step]["line"],
                    "",
                    self._halt_mark(step),
                )
                for step, data in self._into("ending:halted")
                if self.nodes[step]["kind"] == "step"
            ]
            if "ending:halted" in self.nodes
            else []
        )

    def _frame_label(self, data: dict[str, Any]) -> str:
        label = str(data["label"])
        waits = data["kind"] == "parallel" and self.detail != "low"
        return f"{label}: goes on when all branches have settled" if waits else label

    def _halt_mark(self, step: str) -> str:
        """An instance halts at one step, or at some that ran side by side."""
        worn = mark(self.nodes["ending:halted"])
        here = mark(self.nodes[step]) in ("unknown", "halted")
        return worn if here or not worn else theme.UNLIT

    # -- arrows ----------------------------------------------------------------------------

    def _arrows(self) -> list[Arrow]:
        arrows: dict[tuple[str, str, str, str], Arrow] = {}
        for source in self.nodes:
            if self._hidden(source):
                continue
            for _, target, data in self.graph.out_edges(source, data=True):
                for end, label in self._ends(target, self._words(data)):
                    arrow = self._arrow(source, end, data, label)
                    if arrow is None:
                        continue
                    arrow = self._marked(arrow, data)
                    key = (arrow.source, arrow.target, arrow.kind, arrow.mark)
                    arrows[key] = _together(arrows[key], arrow) if key in arrows else arrow
        return list(arrows.values())

    def _marked(self, arrow: Arrow, data: dict[str, Any]) -> Arrow:
        """An edge that came or went says so, unless a box at one of its ends does; one from or to
        what an instance did not reach is as faint as that."""
        worn = mark(data)
        went_well = self.nodes.get(arrow.source, {}).get("did", {}).get("well", False)
        elsewhere = went_well and arrow.kind in ("failure", "unknown")
        if elsewhere or any(self._unlit(end) for end in (arrow.source, arrow.target)):
            return arrow.replace(mark=theme.UNLIT)
        said = worn in (mark(self.nodes.get(end, {})) for end in (arrow.source, arrow.target))
        label = (
            arrow.label if said else f"{worn}{': ' if worn and arrow.label else ''}{arrow.label}"
        )
        return arrow.replace(mark=worn, label=label)

    def _unlit(self, box: str) -> bool:
        node = box if box in self.nodes else "ending:halted"
        if box not in self.nodes and self._halt_mark(box.removesuffix(":halt")) == theme.UNLIT:
            return True
        return mark(self.nodes[node]) == theme.UNLIT

    def _words(self, data: dict[str, Any]) -> str:
        """An edge's label; one into a handler also says what is undone before it."""
        label = str(data["label"])
        undone = [self.nodes[undo]["label"] for undo in data.get("unwinds", ())]
        if undone and self.detail != "low":
            label += f"{', ' if label else ''}first {', '.join(undone)}"
        return label

    def _ends(self, target: str, label: str) -> list[tuple[str, str]]:
        """The shown nodes that an edge leads to, past those left out."""
        found: list[tuple[str, str]] = []
        waiting, seen = [(target, label)], {target}
        while waiting:
            node, label_so_far = waiting.pop(0)
            if not self._hidden(node) or self.nodes[node]["kind"] not in ("value", "try"):
                found.append((node, label_so_far))
                continue
            for _, after, data in self.graph.out_edges(node, data=True):
                if after not in seen:
                    seen.add(after)
                    waiting.append((after, label_so_far or data["label"]))
        return found

    def _arrow(self, source: str, target: str, data: dict[str, Any], label: str) -> Arrow | None:
        kind = str(data["kind"])
        here, there = self.nodes[source]["kind"], self.nodes[target]["kind"]
        if target == "ending:halted":
            if here == "step":
                return Arrow(source, f"{source}:halt", kind, label)
            return None
        stuck = here == "compensation" and kind == "failure"
        if (stuck and mark(self.nodes[source]) != "stuck") or self._hidden(target):
            return None
        if here == "probe":
            step = str(self.nodes[source]["of"])
            refused = kind == "failure" and self.nodes[target].get("of") != step
            passed_on = there == "join"
            return Arrow(step, target, kind, SAYS_NO) if refused and not passed_on else None
        if here == "loop" and label == "no items":
            return None
        if there == "join" and kind in ("failure", "unknown") and "answered" not in data:
            return None
        if here == "parallel":
            label = label.partition(" ")[2]  # the frame says the branch's name
        if here == "loop" and label == "each":
            label = ""
        if kind == "compensation":
            blind = {"kind": "unknown", "label": "unknown"}
            ways = (self.graph.get_edge_data(source, target) or {}).values()
            label = "or unknown" if any(blind.items() <= way.items() for way in ways) else ""
        if kind == "unknown" and there == "compensation":
            own = self.nodes[target]["of"] == source
            return None if own else Arrow(source, target, kind, label)
        if kind == "failure" and not label and here != "fail":
            label = "fails"
        return Arrow(source, target, kind, label)
