"""Turns what is said about a node besides itself (findings, changes, what an instance did) into a
mark and its words."""

from __future__ import annotations

from flowc.struct import Struct
from flowc.visualize.labels import Line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    import networkx as nx

_GRAVEST = ("error", "warning", "advice")
# What has no box of its own at any detail, or stands for several statements.
_BOXLESS = frozenset(("try", "join", "unwind", "ending"))


class Note(Struct):
    """A finding as a picture takes it; `start` and `end` are offsets in the flow's file."""

    start: int
    end: int
    severity: str
    code: str
    name: str
    message: str


def annotate(graph: nx.MultiDiGraph[str], notes: Iterable[Note], flow: tuple[int, int]) -> None:
    """Put each note on the innermost node around it, as `findings`; one that is in no node but in
    the flow (its offsets are `flow`) goes on the graph itself. Others are of other flows."""
    nodes: dict[str, dict[str, Any]] = {node: graph.nodes[node] for node in graph}
    places = [
        (data["span"], data)
        for node, data in nodes.items()
        if data["kind"] not in _BOXLESS and node != "start"
    ]
    places.sort(key=lambda place: place[0][1] - place[0][0])
    for note in notes:
        found = {
            "severity": note.severity,
            "code": note.code,
            "name": note.name,
            "message": note.message,
        }
        home = next(
            (data for (start, end), data in places if start <= note.start and note.end <= end),
            None,
        )
        if home is None and flow[0] <= note.start and note.end <= flow[1]:
            home = graph.graph
        if home is not None:
            home.setdefault("findings", []).append(found)


def mark(data: dict[str, Any]) -> str:
    """What a box or an edge wears: a change, what an instance did there, the gravest severity of
    its findings, or nothing."""
    if "change" in data:
        return str(data["change"])
    if "did" in data:
        return str(data["did"]["state"])
    severities = {found["severity"] for found in data.get("findings", ())}
    return next((one for one in _GRAVEST if one in severities), "")


def words(data: dict[str, Any]) -> list[Line]:
    """The same in words, so that nothing is said by colour alone."""
    lines = []
    if "change" in data:
        lines.append(Line("note", str(data["change"])))
    if "before" in data:
        since = data["before"]
        other = "the other file" if since == data["version"] else f"version {since}"
        lines.append(Line("note", f"what changed since {other}"))
    lines.extend(Line("note", str(change)) for change in data.get("changes", ()))
    did = data.get("did", {}).get("words", ())
    lines.extend(Line("note", str(said)) for said in (*did, *data.get("instance", ())))
    lines.extend(
        Line("note", f"{found['severity']} {found['code']}: {found['message']}")
        for found in data.get("findings", ())
    )
    return lines
