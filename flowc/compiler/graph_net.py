"""Nodes, edges and frames of a graph under construction, and where its failures lead."""

from __future__ import annotations

import networkx as nx

from flowc.compiler.expr import Expr
from flowc.compiler.flow import Flow, Handler
from flowc.compiler.graph_data import Facts
from flowc.source import Span
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

COMPLETED = "ending:completed"
COMPENSATED = "ending:compensated"
INCOMPLETE = "ending:incomplete"
HALTED = "ending:halted"
ENDINGS = {
    COMPLETED: "Completed",
    COMPENSATED: "Compensated",
    INCOMPLETE: "Incomplete",
    HALTED: "Halted",
}


class Exit(Struct):
    """An edge whose target is not built yet. `answered`: a failure that `otherwise` turned into
    a value."""

    node: str
    kind: str
    label: str = ""
    back: bool = False
    answered: bool = False


class Settle(Struct):
    """Failures inside a parallel or a `for` wait at its join."""

    join: str


class Caught(Struct):
    """Failures inside a `try` go to the handlers that take them; `base` was entered before it."""

    handlers: tuple[tuple[str, Handler], ...]
    base: tuple[str, ...]


class Place(Struct):
    """Where a block stands: prefix of its ids, its frame, and who takes failures, inner last."""

    prefix: str
    frame: str | None
    takers: tuple[Settle | Caught, ...]

    def inside(self, part: str, frame: str | None = None) -> Place:
        return Place(f"{self.prefix}{part}/", frame or self.frame, self.takers)

    def taken_by(self, taker: Settle | Caught) -> Place:
        return Place(self.prefix, self.frame, (*self.takers, taker))


class Net:
    """`ledger` holds the compensations that a failure here would run first."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.facts = Facts(flow)
        self.graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
        self.frames: dict[str, dict[str, Any]] = {}
        self.ledger: tuple[str, ...] = ()
        self.committed = False
        self.settled: dict[str, set[str]] = {}
        self.counts: dict[str, int] = {}

    def text(self, expr: Expr) -> str:
        return self.facts.text(expr.span)

    # -- nodes and edges -------------------------------------------------------------------

    def add(
        self, wanted: str, kind: str, label: str, span: Span, frame: str | None, **more: Any
    ) -> str:
        node, n = wanted, 1
        while node in self.graph:
            n += 1
            node = f"{wanted}~{n}"
        place = self.facts.place(span)
        self.graph.add_node(node, kind=kind, label=label, frame=frame, **place, **more)
        return node

    def structure(self, place: Place, kind: str, what: str, span: Span, **more: Any) -> str:
        """A node without a name of its own is counted within its block."""
        stem = f"{place.prefix}{what}"
        n = self.counts[stem] = self.counts.get(stem, 0) + 1
        return self.add(f"{stem}#{n}", kind, span=span, frame=place.frame, **more)

    def open_frame(self, wanted: str, kind: str, label: str, span: Span, parent: str | None) -> str:
        self.frames[wanted] = {
            "kind": kind,
            "label": label,
            "parent": parent,
            **self.facts.place(span),
        }
        return wanted

    def edge(self, source: str, target: str, kind: str, label: str = "", **more: Any) -> None:
        if target in ENDINGS and target not in self.graph:
            label_of = ENDINGS[target]
            self.add(target, "ending", label_of, self.flow.name_span, None, ending=label_of)
        known = self.graph.get_edge_data(source, target) or {}
        for data in known.values():
            if data["kind"] == kind and data["label"] == label:
                return
        place = {
            key: value
            for key, value in self.graph.nodes[source].items()
            if key in ("span", "line", "column")
        }
        self.graph.add_edge(source, target, kind=kind, label=label, **place, **more)

    def join(self, exits: Iterable[Exit], target: str) -> None:
        for leave in exits:
            more = {"answered": True} if leave.answered else {}
            kind = "back" if leave.back else leave.kind
            self.edge(leave.node, target, kind, leave.label, **more)

    # -- failures --------------------------------------------------------------------------

    def fails(
        self,
        node: str,
        errors: frozenset[str] | None,
        place: Place,
        *,
        kind: str = "failure",
        label: str = "",
        ledger: tuple[str, ...] | None = None,
    ) -> None:
        """Lead the errors of a node (None: any) to whoever takes them, innermost first."""
        entered = self.ledger if ledger is None else ledger
        for taker in reversed(place.takers):
            if isinstance(taker, Settle):
                self.settled[taker.join].update(("*",) if errors is None else errors)
                self.edge(node, taker.join, kind, label)
                return
            for handler_id, handler in taker.handlers:
                names = {error.name for error in handler.errors}
                caught = names if errors is None else names & errors
                if handler.errors and not caught:
                    continue
                unwinds = self._unwound(entered, taker.base)
                self.edge(node, handler_id, kind, label, unwinds=unwinds)
                if not handler.errors:
                    return
                if errors is not None:
                    errors -= names
            if errors is not None and not errors:
                return
        if self.committed:
            self.edge(node, INCOMPLETE, kind, label)
            return
        for target in entered or (COMPENSATED,):
            self.edge(node, target, kind, label)

    def _unwound(self, entered: tuple[str, ...], base: tuple[str, ...]) -> list[str]:
        """The compensations from `entered` down to, without, `base`, in the order of unwinding."""
        found: list[str] = []
        waiting = list(entered)
        while waiting:
            node = waiting.pop(0)
            if node in base or node in found or node in ENDINGS:
                continue
            if self.graph.nodes[node]["kind"] == "compensation":
                found.append(node)
            waiting.extend(
                target
                for _, target, data in self.graph.out_edges(node, data=True)
                if data["kind"] == "compensation"
            )
        return found

    def number(self) -> None:
        """Number compensations by the longest chain unwound before them, from 1."""
        nodes = self.graph.nodes
        chain = [node for node in nodes if nodes[node]["kind"] in ("compensation", "unwind")]
        order: dict[str, int] = {}
        after = self._unwinding(chain)
        for node in nx.topological_sort(after):
            before = max((order[source] for source in after.predecessors(node)), default=0)
            order[node] = before + (nodes[node]["kind"] == "compensation")
            if nodes[node]["kind"] == "compensation":
                nodes[node]["order"] = order[node]

    def _unwinding(self, chain: list[str]) -> nx.DiGraph[str]:
        after: nx.DiGraph[str] = nx.DiGraph()
        after.add_nodes_from(chain)
        after.add_edges_from(
            (source, target)
            for source, target, data in self.graph.edges(data=True)
            if data["kind"] == "compensation" and source in after and target in after
        )
        return after
