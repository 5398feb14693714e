"""Findings on their boxes, in every picture."""

from __future__ import annotations

from flowc.compiler.check import check
from flowc.compiler.graph import graph
from flowc.source import Source
from flowc.visualize import theme
from flowc.visualize.dot import dot
from flowc.visualize.html import page
from flowc.visualize.marks import Note, annotate
from flowc.visualize.mermaid import mermaid
from flowc.visualize.picture import picture
from flowc.visualize.render import render
from tests.support.drawn import DECLARATIONS, HEADER

TEXT = f"""{DECLARATIONS}
flow f(id: text) {{
{HEADER}
  let shown = id
  try {{
    step a = s.a(id)
      compensate s.undo(id)
  }} on Bad {{}}
  step b = s.b(shown)
    compensate s.back(shown, "word")
}}
"""


def note(at: str, severity: str = "warning", message: str = "wrong") -> Note:
    start = TEXT.index(at)
    return Note(start, start + len(at), severity, "SAG999", "some-rule", message)


def drawn(*notes: Note, text: str = TEXT) -> dict[str, list[str]]:
    """The words that each box, and the header, wear."""
    flow = check(Source("test.flow", text)).program.flows[0]
    found = graph(flow)
    annotate(found, notes, (flow.span.start, flow.span.end))
    shown = picture(found)
    worn = {box.id: [line.text for line in box.lines if line.size == "note"] for box in shown.boxes}
    worn["header"] = [line.text for line in shown.header if line.size == "note"]
    return {name: words for name, words in worn.items() if words}


def test_a_finding_stands_on_the_innermost_box() -> None:
    assert drawn(note("step b")) == {"b": ["warning SAG999: wrong"]}
    assert drawn(note('s.back(shown, "word")')) == {"b:compensation": ["warning SAG999: wrong"]}
    assert drawn(note("s.a(id)")) == {"try#1/a": ["warning SAG999: wrong"]}


def test_a_box_that_is_left_out_is_shown_with_its_finding() -> None:
    assert drawn(note("shown = id")) == {"let:shown": ["warning SAG999: wrong"]}


def test_a_finding_of_the_whole_stands_in_the_header() -> None:
    assert drawn(note("deadline 5d")) == {"header": ["warning SAG999: wrong"]}
    assert drawn(note("policy quick")) == {}


def test_the_gravest_gives_the_outline() -> None:
    flow = check(Source("test.flow", TEXT)).program.flows[0]
    for severities, mark in (
        (("advice",), "advice"),
        (("advice", "warning"), "warning"),
        (("warning", "error", "advice"), "error"),
    ):
        found = graph(flow)
        annotate(
            found, [note("step b", one) for one in severities], (flow.span.start, flow.span.end)
        )
        (box,) = (box for box in picture(found).boxes if box.mark)
        assert (box.id, box.mark) == ("b", mark)
        assert len([line for line in box.lines if line.size == "note"]) == len(severities)


def test_every_picture_has_the_words_escaped() -> None:
    flow = check(Source("test.flow", TEXT)).program.flows[0]
    found = graph(flow)
    evil = '</TABLE>> <script>"x" ]]> `id`'
    annotate(found, [note("step b", "error", evil)], (flow.span.start, flow.span.end))
    shown = picture(found)
    svg = render(dot(shown), "svg").decode()
    assert theme.MARKS["error"].fill in svg
    assert "SAG999" in svg
    assert "SAG999" in mermaid(shown)
    written = page(found, shown, svg)
    for text in (svg, mermaid(shown), written):
        assert '<script>"x' not in text
        assert "</TABLE>> <script>" not in text
    assert "SAG999" in written
