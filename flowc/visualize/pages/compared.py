"""Turns the difference of two versions into a table with both side by side."""

from __future__ import annotations

from flowc.visualize.labels import call_lines
from flowc.visualize.pages.markdown import code, escape, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import networkx as nx

_ABSENT = "not there"


def compared(merged: nx.MultiDiGraph[str], older: int, newer: int) -> list[str]:
    """The statements that differ, in textual order; `merged` is the difference of the two."""
    rows = [["header", "", escape(change)] for change in merged.graph["changes"]]
    for node in merged:
        data = merged.nodes[node]
        match data.get("change"):
            case "added":
                rows.append([code(str(data["label"])), _ABSENT, _said(data)])
            case "removed":
                rows.append([code(str(data["label"])), _said(data), _ABSENT])
            case "changed":
                changes = "; ".join(escape(str(change)) for change in data["changes"])
                rows.append([code(str(data["label"])), "otherwise", changes])
            case _:
                pass
    if not rows:
        return ["They differ in nothing that a picture shows."]
    return table(("Statement", f"Version {older}", f"Version {newer}"), rows)


def _said(data: dict[str, Any]) -> str:
    if data["kind"] == "subflow":
        return f"flow {code(str(data['calls']))}"
    if "calls" not in data:
        return str(data["kind"])
    return "; ".join(escape(line.text) for line in call_lines(data, "normal"))
