"""What two versions of a flow have and have not in common."""

from __future__ import annotations

import networkx as nx
import pytest

from flowc.compiler.graph import graph
from flowc.visualize.difference import difference
from flowc.visualize.dot import dot
from flowc.visualize.mermaid import mermaid
from flowc.visualize.picture import picture
from flowc.visualize.theme import MARKS
from tests.support.drawn import example, flow_of

A = "step a = s.a(id)\n compensate s.undo(id)\n"
B = "step b = s.b(id)\n compensate s.undo(id)\n"
C = "step c = s.c(id)\n compensate s.undo(id)\n"


def between(old: str, new: str) -> nx.MultiDiGraph[str]:
    return difference(graph(flow_of(old)), graph(flow_of(new)))


def changed(merged: nx.MultiDiGraph[str]) -> dict[str, str]:
    return {node: data["change"] for node, data in merged.nodes(data=True) if data.get("change")}


def edges(merged: nx.MultiDiGraph[str], kind: str = "next") -> set[tuple[str, str, str]]:
    return {
        (source, target, data["change"])
        for source, target, data in merged.edges(data=True)
        if data["kind"] == kind and "change" in data
    }


def test_the_same_flow_has_no_changes() -> None:
    for file, name in (("order", "fulfil_order"), ("trip", "book_trip"), ("onboard", "onboard")):
        one = graph(example(file, name))
        merged = difference(one, graph(example(file, name)))
        assert changed(merged) == {}
        assert merged.graph["changes"] == []
        assert not any("change" in data for _, _, data in merged.edges(data=True))
        assert list(merged) == list(one)


def test_a_step_added_and_removed() -> None:
    merged = between(A + C, A + B + C)
    assert changed(merged) == {"b": "added", "b:compensation": "added"}
    assert edges(merged) == {("a", "b", "added"), ("b", "c", "added"), ("a", "c", "removed")}
    merged = between(A + B + C, A + C)
    assert changed(merged) == {"b": "removed", "b:compensation": "removed"}
    assert edges(merged) == {("a", "b", "removed"), ("b", "c", "removed"), ("a", "c", "added")}
    order = list(merged)
    assert order.index("a") < order.index("b") < order.index("c")


def test_what_changed_is_said_in_words() -> None:
    merged = between(A, "step a = s.b(id) within 7m\n compensate s.undo(id)\n")
    assert changed(merged) == {"a": "changed"}
    words = merged.nodes["a"]["changes"]
    assert "calls: s.a → s.b" in words
    assert "within: 5m → 7m" in words


def test_a_step_that_moved_lines_did_not_change() -> None:
    assert changed(between(A + B, "\n\n// moved\n" + A + "\n" + B)) == {}


def test_a_statement_before_others_of_its_kind_is_the_only_one_added() -> None:
    old = 'if id == "x" { fail Worse }\n'
    merged = between(old, 'if id == "y" { fail Worse }\n' + old)
    assert [merged.nodes[node]["label"] for node in changed(merged)] == ['id == "y"', "fail Worse"]
    assert set(changed(merged).values()) == {"added"}


def test_the_header_counts_too() -> None:
    old = flow_of(A)
    new = flow_of(A, header=HEADER.replace("deadline 5d", "deadline 6d"))
    assert difference(graph(old), graph(new)).graph["changes"] == ["deadline: 5d → 6d"]


HEADER = """\
  version 1
  owner "team" runbook "https://example.com"
  key id on duplicate attach
  deadline 5d, compensate within 8h
  default with quick within 5m, compensate with stubborn
"""
PAIRS = {
    "all new": (A, B),
    "frames": (
        f"parallel {{ branch x {{ {A} }} branch y {{ {B} }} }}",
        f"{C} for x in [id] max 3 {{ step d = s.c(x)\n compensate s.undo(x) }}",
    ),
    "same names": (
        f"parallel {{ branch x {{ {A} }} branch y {{ {B} }} }}",
        f"parallel {{ branch x {{ {B} }} branch y {{ {A} }} }}",
    ),
    "try": (f"try {{ {A} }} on Bad {{ {B} }}", f"{A} try {{ {C} }} on Error {{ }}"),
    "kinds": ("step x = s.a(id)\n compensate s.undo(id)", "await x: Word from id within 1d"),
}


@pytest.mark.parametrize("name", sorted(PAIRS))
@pytest.mark.parametrize("turned", [False, True])
def test_any_two_are_drawn_whole(name: str, turned: bool) -> None:
    old, new = PAIRS[name][::-1] if turned else PAIRS[name]
    before, after = graph(flow_of(old)), graph(flow_of(new))
    merged = difference(before, after)
    frames = merged.graph["frames"]
    assert {merged.nodes[node]["frame"] for node in merged} <= {None, *frames}
    assert {frame["parent"] for frame in frames.values()} <= {None, *frames}
    assert set(after) <= set(merged)
    assert len(merged) == len(after) + list(changed(merged).values()).count("removed")
    kept = len(before) - list(changed(merged).values()).count("removed")
    assert kept == len(after) - list(changed(merged).values()).count("added")
    assert {data["of"] for _, data in merged.nodes(data=True) if "of" in data} <= set(merged)
    shown = picture(merged)
    ids = {box.id for box in shown.boxes}
    assert {arrow.source for arrow in shown.arrows} | {
        arrow.target for arrow in shown.arrows
    } <= ids
    assert {box.mark for box in shown.boxes} <= {"", *MARKS}
    assert dot(shown).startswith("digraph flow {")
    for box in shown.boxes:
        if box.mark in ("added", "removed", "changed"):
            assert box.mark in [line.text for line in box.lines]
    assert "stroke-width:3px" in mermaid(shown) or "stroke-dasharray" in mermaid(shown)
