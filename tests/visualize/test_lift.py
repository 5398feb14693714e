"""Words on arrows and frames stand above all lines, in SVG and in PNG."""

from __future__ import annotations

import re
import struct
import subprocess

import pytest

from flowc.compiler.flow import Flow
from flowc.compiler.graph import graph
from flowc.visualize.dot import dot
from flowc.visualize.lift import lift_in_layout, lift_in_svg
from flowc.visualize.picture import picture
from flowc.visualize.render import graphviz_programs, render
from tests.support.drawn import example, flow_of, named
from tests.support.hostile import TEXTS, hostile

TRICKY = r"id=e1, lp='9,9' lp=\"9,9\"]; } n1 -> n2 [label=<x>, lp=\"0,0\"];"


def laid(flow: Flow, program: str) -> str:
    done = subprocess.run(
        [program, "-Tdot"],
        input=dot(picture(graph(flow), "high")).encode(),
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


def labels(flow: Flow) -> int:
    shown = picture(graph(flow), "high")
    arrows = sum(1 for arrow in shown.arrows if arrow.label.strip())
    return arrows + sum(1 for frame in shown.frames if frame.label.strip())


@pytest.mark.parametrize("program", graphviz_programs())
@pytest.mark.parametrize(
    "flow",
    [
        example("trip", "book_trip"),
        example("onboard", "onboard"),
        named(hostile(TEXTS[0]), "evil"),
        flow_of(f'if id == "{TRICKY.replace(chr(123), "").replace("}", "")}" {{ fail Worse }}'),
    ],
    ids=["trip", "onboard", "markup", "attributes"],
)
def test_every_label_is_laid_once_more_as_a_node(flow: Flow, program: str) -> None:
    before = laid(flow, program)
    after = lift_in_layout(before)
    added = re.findall(
        r'^\tw\d+ \[label=<<TABLE .*</TABLE>>, pos="[-\d.e+,]+"', after, re.MULTILINE
    )
    assert len(added) == labels(flow)
    assert after.replace("".join(re.findall(r"^\tw\d+ .*\n", after, re.MULTILINE)), "") == before
    places = re.findall(r'\blp="([^"]*)"', before)
    assert set(re.findall(r'pos="([^"]*)", shape=plain', after)) <= set(places)


@pytest.mark.parametrize("program", graphviz_programs())
def test_a_png_is_as_large_as_its_layout(program: str) -> None:
    flow = example("trip", "book_trip")
    png = render(dot(picture(graph(flow))), "png", program)
    assert png == render(dot(picture(graph(flow))), "png", program)
    wide, high = struct.unpack(">II", png[16:24])
    found = re.search(r'\bbb="0,0,([\d.]+),([\d.]+)"', laid(flow, program))
    assert found is not None
    assert wide > float(found[1]) * 2 * 0.8
    assert high > float(found[2]) * 2 * 0.8


def test_a_picture_without_words_stays_as_it_is() -> None:
    assert lift_in_svg("<svg><g></g></svg>") == "<svg><g></g></svg>"
    assert lift_in_layout("digraph { }") == "digraph { }"
