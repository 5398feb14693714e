"""Turns a picture and its SVG into one HTML page: pan, zoom, facts on click, a slider of failures.

The page loads nothing: its policy forbids any request, and any script but its own.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib.resources import files
from itertools import pairwise

import networkx as nx

from flowc.compiler.duration import show
from flowc.visualize import theme
from flowc.visualize.failures import Failure, failures
from flowc.visualize.labels import policy_words
from flowc.visualize.marks import words
from flowc.visualize.picture import Picture

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def page(graph: nx.MultiDiGraph[str], picture: Picture, svg: str) -> str:
    """The page of one flow; `svg` is what Graphviz made of the picture."""
    parts = files("flowc.visualize") / "page"
    script = (parts / "page.js").read_text(encoding="utf-8")
    style = (parts / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    name = html.escape(str(graph.graph["flow"]))
    picture_only = svg[svg.index("<svg") :]
    picture_only = re.sub(r"<!--.*?-->\s*", "", picture_only, flags=re.DOTALL)
    lines = "".join(f"<p>{html.escape(line.text)}</p>\n" for line in picture.header[1:])
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{name}</h1>
<label for="failure">fails: <input id="failure" type="range" min="0" value="0">
<output id="said" for="failure">nothing fails</output></label>
<button id="out" type="button" aria-label="zoom out">−</button>
<button id="fit" type="button">fit</button>
<button id="in" type="button" aria-label="zoom in">+</button>
</header>
<div id="view">{picture_only}</div>
<aside>
<section id="story" class="story" aria-live="polite" hidden></section>
<section id="facts">
<h2>{name}</h2>
{lines}<p class="hint">Click a box for its contract and policy. Move the slider to choose what
fails, and see what is undone, in which order. Drag to move; Ctrl and wheel, or + and -, to
zoom.</p>
</section>
</aside>
<script type="application/json" id="data">{_json(_data(graph, picture))}</script>
<script>{script}</script>
</body>
</html>
"""


def _json(data: object) -> str:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _data(graph: nx.MultiDiGraph[str], picture: Picture) -> dict[str, Any]:
    return {
        "names": picture.names,
        "badge": theme.BADGE_INK,
        "facts": {box.id: _facts(graph.nodes[box.id]) for box in picture.boxes if box.id in graph},
        "failures": [_failure(graph, picture, failure) for failure in failures(graph)],
    }


def _failure(graph: nx.MultiDiGraph[str], picture: Picture, failure: Failure) -> dict[str, Any]:
    nodes = graph.nodes
    name = nodes[failure.node]["label"]
    how = failure.label or ("" if nodes[failure.node]["kind"] == "fail" else "fails")
    ending = nodes[failure.ends]
    steps = []
    for group in failure.undone:
        parts = [f"{nodes[undo]['label']} ({nodes[undo]['calls']})" for undo in group]
        steps.append(", side by side with ".join(parts))
    each = [undo for group in failure.undone for undo in group]
    involved = {*failure.way, failure.node, failure.ends, *failure.fork, *each}
    before = {*nx.ancestors(graph, failure.node), *(nodes[undo]["of"] for undo in each)}
    way = {*pairwise(failure.way), (failure.node, failure.way[-1])}
    arrows = [
        f"e{n}"
        for n, arrow in enumerate(picture.arrows, 1)
        if arrow.kind in ("failure", "unknown", "timeout", "compensation")
        and (
            (arrow.source, arrow.target) in way
            or (arrow.kind == "compensation" and {arrow.source, arrow.target} <= involved)
        )
    ]
    if ending["kind"] == "handler":
        end = f"Then it goes on with {ending['label']}."
    else:
        undone = "Undone in this order, as far as it had happened. " if steps else ""
        end = f"{undone}The instance ends {ending['label']}."
    return {
        "node": failure.node,
        "title": f"{name}: {how}" if how else name,
        "undone": [list(group) for group in failure.undone],
        "asked": [one for one in failure.way if nodes[one]["kind"] == "probe"],
        "fork": list(failure.fork),
        "before": sorted(before - involved),
        "steps": steps,
        "ends": failure.ends,
        "ending": end,
        "arrows": arrows,
    }


def _facts(node: dict[str, Any]) -> dict[str, Any]:
    """What the page says of a box: rows of name and value."""
    rows: list[tuple[str, str]] = [("line", str(node["line"]))]

    def add(name: str, value: object) -> None:
        if value not in (None, "", [], {}):
            rows.append((name, ", ".join(value) if isinstance(value, list) else str(value)))

    for note in words(node):
        add("note", note.text)
    add("about", node.get("doc"))
    add("calls", node.get("calls"))
    for name, value in (node.get("args") or {}).items():
        add(f"  {name}", value)
    add("gives", node.get("type"))
    contract = node.get("contract") or {}
    for name in ("writes", "notifies", "key", "raises"):
        add(name, contract.get(name))
    if contract.get("lease_ms") is not None:
        add("lease", show(contract["lease_ms"]))
    if contract.get("absorbing"):
        add("absorbing", "yes")
    if node.get("policy"):
        for line in policy_words(node["policy"], "high"):
            add("policy", line)
    add("from", node.get("who"))
    if node.get("within_ms") is not None:
        add("within", show(node["within_ms"]))
    add("otherwise", node.get("otherwise"))
    if node.get("order") is not None:
        add("undone as", f"number {node['order']}")
    return {"title": node["label"], "rows": rows}
