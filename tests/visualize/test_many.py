"""Every flow at hand, good and bad, at every version: its graph hangs together, and it is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest

from flowc.compiler.check import check
from flowc.compiler.flow import Flow
from flowc.compiler.graph import graph
from flowc.lint.registry import rules
from flowc.source import Source
from flowc.visualize.dot import dot
from flowc.visualize.failures import failures
from flowc.visualize.mermaid import mermaid
from flowc.visualize.picture import picture
from flowc.visualize.theme import LOOKS, PENS

ROOT = Path(__file__).resolve().parents[2]
TEXTS = {
    **{path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "examples").glob("*.flow")},
    **{f"{rule.name}-bad": rule.bad for rule in rules()},
    **{f"{rule.name}-good": rule.good for rule in rules()},
}


def flows(text: str) -> Iterator[Flow]:
    program = check(Source("test.flow", text)).program
    yield from (*program.flows, *program.older)


def idle(name: str, found: nx.MultiDiGraph[str]) -> set[str]:
    """Handlers that no error leads to: what one rule is about."""
    kinds = {node: found.nodes[node]["kind"] for node in found}
    loose = {node for node in found if kinds[node] == "handler" and not found.in_degree(node)}
    return loose if name == "unraised-error-bad" else set()


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_it_hangs_together(name: str) -> None:
    for flow in flows(TEXTS[name]):
        found = graph(flow)
        endings = {node for node in found if found.nodes[node]["kind"] == "ending"}
        roots = {"start"} | idle(name, found)
        assert set(found) == roots.union(*(nx.descendants(found, root) for root in roots))
        for node in set(found) - endings:
            assert nx.descendants(found, node) & endings, node
        for _, target, data in found.edges(data=True):
            assert data["kind"] in PENS
            assert target != "start"
        frames = found.graph["frames"]
        assert {found.nodes[node]["frame"] for node in found} <= {None, *frames}
        assert {frame["parent"] for frame in frames.values()} <= {None, *frames}
        undo = [node for node in found if found.nodes[node]["kind"] == "compensation"]
        written = [step.name for step in flow.steps if step.compensation is not None]
        assert sorted(found.nodes[found.nodes[node]["of"]]["label"] for node in undo) == sorted(
            written
        )
        for failure in failures(found):
            groups = [node for group in failure.undone for node in group]
            assert len(groups) == len(set(groups))
            assert set(groups) <= set(undo)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_it_is_drawn(name: str) -> None:
    for flow in flows(TEXTS[name]):
        found = graph(flow)
        steps = {node for node in found if found.nodes[node]["kind"] in ("step", "subflow")}
        for detail in ("low", "normal", "high"):
            shown = picture(found, detail)
            ids = {box.id for box in shown.boxes}
            assert steps <= ids
            assert {arrow.source for arrow in shown.arrows} <= ids
            assert {arrow.target for arrow in shown.arrows} <= ids
            assert {box.beside for box in shown.boxes} <= {None, *ids}
            assert {box.look for box in shown.boxes} <= set(LOOKS)
            linked = {arrow.target for arrow in shown.arrows}
            assert ids - linked == {"start"} | idle(name, found), ids - linked
            assert dot(shown).startswith("digraph flow {")
            assert mermaid(shown).startswith("flowchart TB\n")
