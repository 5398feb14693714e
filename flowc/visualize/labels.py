"""Turns a graph's node into the lines of text that its box shows at a level of detail."""

from __future__ import annotations

from typing import Any, Literal

from flowc.compiler.duration import show
from flowc.struct import Struct

Detail = Literal["low", "normal", "high"]
Size = Literal["title", "text", "small", "note"]


class Line(Struct):
    """One paragraph of a box; the picture breaks it into lines."""

    size: Size
    text: str


def title(text: str) -> Line:
    return Line("title", text)


def text(words: str) -> Line:
    return Line("text", words)


def small(words: str) -> Line:
    return Line("small", words)


def call_lines(node: dict[str, Any], detail: Detail) -> list[Line]:
    """What is called, under which contract and policy."""
    if detail == "low":
        return []
    call = node["calls"]
    if detail == "high":
        call += f"({', '.join(node['args'].values())})"
    lines = [text(call)]
    if "contract" in node:
        words = contract_words(node["contract"], detail)
        if words:
            lines.append(small(words))
        lines.extend(small(part) for part in policy_words(node["policy"], detail))
    return lines


def contract_words(contract: dict[str, Any], detail: Detail) -> str:
    words = []
    if contract["kind"] == "read":
        words.append("reads")
    elif contract["notifies"] is not None:
        words.append(f"notifies {contract['notifies']}")
    elif contract["writes"] is not None:
        words.append(f"writes {contract['writes']}")
    if contract["key"] is not None:
        words.append(f"key {', '.join(contract['key'])}")
    if contract["lease_ms"] is not None:
        words.append(f"lease {show(contract['lease_ms'])}")
    if detail == "high":
        if contract["absorbing"]:
            words.append("absorbing")
        if contract["raises"]:
            words.append(f"raises {' | '.join(contract['raises'])}")
    return " · ".join(words)


def policy_words(policy: dict[str, Any], detail: Detail) -> list[str]:
    """How a call is governed: its name and bounds, and in full its waits between attempts."""
    words = [] if policy["name"] is None else [policy["name"]]
    tries = policy["attempts"]
    each = policy["timeout_ms"]
    if tries is None:
        words.append("tries unlimited")
    elif tries > 1:
        words.append(f"{tries} tries")
    if each is not None:
        words.append(f"{show(each)} each" if tries != 1 else show(each))
    if policy["within_ms"] is not None:
        words.append(f"within {show(policy['within_ms'])}")
    lines = [" · ".join(words)] if words else []
    rest = []
    if detail == "high":
        if tries != 1 and policy["backoff_ms"]:
            waits = f"waits {show(policy['backoff_ms'])}"
            if policy["cap_ms"] is not None:
                waits += f"..{show(policy['cap_ms'])}"
            rest.append(f"{waits} ×{policy['factor']:g}" + (" jitter" if policy["jitter"] else ""))
        if policy["heartbeat_ms"] is not None:
            rest.append(f"heartbeat {show(policy['heartbeat_ms'])}")
    if policy["page"] is not None:
        rest.append(f"then pages {policy['page']}")
    if rest:
        lines.append(" · ".join(rest))
    return lines


def await_lines(node: dict[str, Any], detail: Detail) -> list[Line]:
    lines = [title(f"await {node['label']}: {node['type']}")]
    if detail == "low":
        return lines
    if node["who"] is not None:
        lines.append(text(f"from {node['who']}"))
    if node["within_ms"] is not None:
        lines.append(text(f"within {show(node['within_ms'])}"))
    return lines


def loop_lines(node: dict[str, Any], detail: Detail) -> list[Line]:
    if node["loop"] == "repeat":
        bounds = [f"at most {node['limit']} times"]
        if node["pause_ms"] is not None:
            bounds.append(f"every {show(node['pause_ms'])}")
        return [title("repeat"), small(" · ".join(bounds))]
    bounds = [f"at most {node['limit']}"]
    if node["width"] > 1:
        bounds.append(f"{node['width']} at once")
    if detail == "high":
        bounds.extend(f"{one['name']} as {one['out']}" for one in node["collects"])
    return [title(node["label"]), small(" · ".join(bounds))]


def header(graph: dict[str, Any], detail: Detail) -> list[Line]:
    """What a flow says about itself, above its picture."""
    params = ", ".join(f"{one['name']}: {one['type']}" for one in graph["params"])
    result = "" if graph["result"] is None else f" -> {graph['result']}"
    lines = [title(graph["flow"])]
    if graph["doc"] and detail != "low":
        lines.append(text(graph["doc"]))
    lines.append(small(f"({params}){result}"))
    first = [f"version {graph['version']}"]
    older = [str(one) for one in graph["versions"] if one != graph["version"]]
    if older:
        first.append(f"{', '.join(older)} may still run")
    if graph["key"] is not None:
        first.append(f"key {graph['key']} ({graph['on_duplicate']})")
    if graph["owner"] is not None:
        first.append(f"owner {graph['owner']}")
    lines.append(small(" · ".join(first)))
    second = []
    if graph["deadline_ms"] is not None:
        second.append(f"deadline {show(graph['deadline_ms'])}")
    if graph["compensate_within_ms"] is not None:
        second.append(f"compensate within {show(graph['compensate_within_ms'])}")
    if second and detail != "low":
        lines.append(small(" · ".join(second)))
    return lines
