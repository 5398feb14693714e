"""Turns a flow's graph into its failures: what each undoes, in which order, and how it ends."""

from __future__ import annotations

import networkx as nx

from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Failure(Struct):
    """One way in which a node fails. `undone` holds groups of compensations in order; those of one
    group run side by side, or are of arms of which only one was taken. `ends` is the id of the
    handler or ending that it leads to. `way` has the nodes from the failed one to the first that
    is undone (or that ends it), `fork` those at which undoing forks."""

    node: str
    kind: str
    label: str
    undone: tuple[tuple[str, ...], ...]
    ends: str
    way: tuple[str, ...] = ()
    fork: tuple[str, ...] = ()


def failures(graph: nx.MultiDiGraph[str]) -> tuple[Failure, ...]:
    """Every way in which a statement can fail, in textual order, once each."""
    finder = _Finder(graph)
    found: dict[Failure, None] = {}
    for node in graph:
        data = graph.nodes[node]
        if data["kind"] in ("compensation", "join", "unwind"):
            continue
        for failure in finder.of(node):
            if data["kind"] == "probe":
                label = f"unknown, and the probe says: {failure.label}"
                way = (data["of"], *failure.way)
                asked = failure.replace(node=data["of"], kind="unknown", label=label, way=way)
                found[asked] = None
            else:
                found[failure] = None
    return tuple(found)


class _Finder:
    def __init__(self, graph: nx.MultiDiGraph[str]) -> None:
        self.graph = graph
        self.undo: nx.DiGraph[str] = nx.DiGraph()
        self.forward: nx.DiGraph[str] = nx.DiGraph()
        self.forward.add_nodes_from(graph)
        for source, target, data in graph.edges(data=True):
            if data["kind"] == "compensation" and self.kind(source) in ("compensation", "unwind"):
                self.undo.add_edge(source, target)
            elif data["kind"] in ("next", "branch"):
                self.forward.add_edge(source, target)

    def kind(self, node: str) -> str:
        return str(self.graph.nodes[node]["kind"])

    def of(self, node: str) -> list[Failure]:
        return [
            failure
            for target, data in self._ways(node)
            if (failure := self._follow(node, target, data)) is not None
        ]

    def _ways(self, node: str) -> list[tuple[str, dict[str, Any]]]:
        """Where a node's failures lead. An unknown outcome that is undone leads to the
        compensation and, inside a parallel or a `try`, also to what it fails there: the latter."""
        ways = [
            (target, data)
            for _, target, data in self.graph.out_edges(node, data=True)
            if data["kind"] in ("failure", "unknown", "timeout") and "answered" not in data
        ]
        passed_on = any(
            data["kind"] == "unknown" and self.kind(target) in ("join", "handler")
            for target, data in ways
        )
        return [
            (target, data)
            for target, data in ways
            if not (passed_on and data["kind"] == "unknown" and self.kind(target) == "compensation")
        ]

    def _follow(self, node: str, target: str, data: dict[str, Any]) -> Failure | None:
        kind, label = str(data["kind"]), str(data["label"])
        way = [node, target]
        while self.kind(target) == "join":
            onward = [way for way in self._ways(target) if way[1]["kind"] == "failure"]
            if not onward:
                return None  # collected: it does not leave its round
            target, data = onward[0]
            way.append(target)
        match self.kind(target):
            case "compensation" | "unwind":
                undone, ends, fork = self._unwind(node, kind, target)
                return Failure(node, kind, label, undone, ends, tuple(way), fork)
            case "handler":
                undone = tuple((undo,) for undo in data.get("unwinds", ()))
                return Failure(node, kind, label, undone, target, tuple(way))
            case "probe":
                return None  # asked first; its answers are in the picture
            case "ending":
                return Failure(node, kind, label, (), target, tuple(way))
        return None

    def _unwind(
        self, node: str, kind: str, first: str
    ) -> tuple[tuple[tuple[str, ...], ...], str, tuple[str, ...]]:
        """The groups from `first` on, without what had not happened yet when `node` failed; where
        they lead; and where they fork."""
        chain = self.undo.subgraph({first} | nx.descendants(self.undo, first))
        later = nx.descendants(self.forward, node)
        level: dict[str, int] = {}
        groups: dict[int, list[str]] = {}
        for undo in nx.topological_sort(chain):
            skipped = self.kind(undo) != "compensation" or self._untouched(undo, node, kind, later)
            before = max((level[one] for one in chain.predecessors(undo)), default=-1)
            level[undo] = before if skipped else before + 1
            if not skipped:
                groups.setdefault(level[undo], []).append(undo)
        ends = next((one for one in chain if self.kind(one) == "ending"), "ending:incomplete")
        fork = tuple(one for one in self.graph if one in chain and self.kind(one) == "unwind")
        return tuple(tuple(groups[n]) for n in sorted(groups)), ends, fork

    def _untouched(self, undo: str, node: str, kind: str, later: set[str]) -> bool:
        step = self.graph.nodes[undo]["of"]
        return step in later or (step == node and kind == "failure")
