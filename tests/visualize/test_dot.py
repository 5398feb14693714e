"""DOT that Graphviz draws as it was meant: structure, determinism, and no text taken for markup."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import networkx as nx
import pytest

from flowc.compiler.check import check
from flowc.compiler.flow import Flow
from flowc.compiler.graph import graph
from flowc.source import Source
from flowc.visualize.dot import dot
from flowc.visualize.dot_label import LIMIT
from flowc.visualize.instance import play
from flowc.visualize.labels import Detail
from flowc.visualize.measure import width
from flowc.visualize.picture import picture
from flowc.visualize.render import finish_svg, graphviz_programs, render
from tests.support.drawn import example, flow_of, named
from tests.support.hostile import TEXTS, hostile
from tests.support.told import ENDED, called, item, story

EXAMPLES = [
    ("order", "fulfil_order"),
    ("trip", "book_trip"),
    ("onboard", "onboard"),
    ("onboard", "screen_customer"),
]
DETAILS: tuple[Detail, ...] = ("low", "normal", "high")
SVG = "{http://www.w3.org/2000/svg}"
TITLE = "{http://www.w3.org/1999/xlink}title"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=graphviz_programs(), ids=lambda program: Path(program).name)
def program(request: pytest.FixtureRequest) -> str:
    """Every Graphviz of this machine; graphviz-pure is always one of them."""
    return str(request.param)


def svg_of(source: str, program: str | None = None) -> ElementTree.Element:
    return ElementTree.fromstring(render(source, "svg", program))


def texts(svg: ElementTree.Element) -> list[str]:
    return ["".join(text.itertext()) for text in svg.iter(f"{SVG}text")]


def test_graphviz_pure_is_there() -> None:
    assert any("graphviz-pure" in program for program in graphviz_programs())


@pytest.mark.parametrize(("file", "name"), EXAMPLES)
@pytest.mark.parametrize("detail", DETAILS)
def test_examples_are_drawn(file: str, name: str, detail: Detail, program: str) -> None:
    shown = picture(graph(example(file, name)), detail)
    svg = svg_of(dot(shown), program)
    nodes = [one for one in svg.iter(f"{SVG}g") if "node" in (one.get("class") or "").split()]
    links = [one for one in svg.iter(f"{SVG}g") if "edge" in (one.get("class") or "").split()]
    assert len(nodes) == len(shown.boxes)
    invisible = int(any(box.id == "ending:compensated" for box in shown.boxes))
    assert len(links) in (len(shown.arrows), len(shown.arrows) + invisible)


@pytest.mark.parametrize(("file", "name"), EXAMPLES)
def test_same_flow_same_bytes(file: str, name: str, program: str) -> None:
    first, second = (dot(picture(graph(example(file, name)))) for _ in range(2))
    assert first == second
    assert render(first, "svg", program) == render(second, "svg", program)


def test_compensations_stand_beside_their_steps_with_their_number(program: str) -> None:
    svg = svg_of(dot(picture(graph(example("order", "fulfil_order")))), program)
    places = {
        "".join(text.itertext()): (float(text.get("x", "0")), float(text.get("y", "0")))
        for text in svg.iter(f"{SVG}text")
    }
    for name, number in (("hold", "3"), ("payment", "2"), ("parcel", "1")):
        step, undo, badge = places[name], places[f"undo {name}"], places[number]
        assert undo[0] > step[0] + 100
        assert abs(undo[1] - step[1]) < 40
        assert badge[0] > undo[0]
    assert places["start"][1] < places["hold"][1] < places["payment"][1] < places["parcel"][1]
    assert places["parcel"][1] < places["commit"][1] < places["note"][1] < places["Completed"][1]
    assert places["Compensated"][1] < places["undo hold"][1]


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_text_stays_text(text: str, program: str) -> None:
    flow = named(hostile(text), "evil")
    svg = svg_of(dot(picture(graph(flow), "high")), program)
    shown = "".join("".join(texts(svg)).split())
    harmless = "".join(
        "\ufffd" if char in "\u202e\u2066" else char for char in text if not char.isspace()
    )
    assert shown.count(harmless) >= 2
    assert {one.tag for one in svg.iter()} <= {
        f"{SVG}{tag}"
        for tag in (
            "svg",
            "g",
            "title",
            "polygon",
            "polyline",
            "path",
            "text",
            "ellipse",
            "a",
            "style",
        )
    }
    names = {name for one in svg.iter() for name in one.attrib}
    assert not [name for name in names if name.startswith("on") or name.endswith("href")]
    tips = {"".join(one.get(TITLE, "").split()) for one in svg.iter()}
    assert any(harmless in tip for tip in tips)


def test_every_line_fits_its_box_in_the_widest_font(program: str) -> None:
    body = """\
  /// A step with a rather long documentation, the kind that somebody writes on a good day.
  step a_step_with_a_rather_long_name_that_goes_on = s.look("{id}/{id}/{id}/{id}/{id}")"""
    svg = svg_of(dot(picture(graph(flow_of(body)), "high")), program)
    for node in svg.iter(f"{SVG}g"):
        if "read" not in (node.get("class") or "").split():
            continue
        outline = " ".join(path.get("d", "") for path in node.iter(f"{SVG}path"))
        right = max(float(pair.split(",")[0]) for pair in re.findall(r"[-\d.]+,[-\d.]+", outline))
        found = list(node.iter(f"{SVG}text"))
        assert len(found) >= 4
        for text in found:
            size = float(text.get("font-size", "0"))
            bold = text.get("font-weight") == "bold"
            wide = width("".join(text.itertext()), size, bold)
            assert wide <= LIMIT
            assert float(text.get("x", "0")) + wide <= right


def test_thirty_steps_are_drawn_in_one_column(program: str) -> None:
    body = "\n".join(
        f'  step n{n} = s.a("{{id}}{n}")\n    compensate s.undo("{{id}}{n}")' for n in range(30)
    )
    svg = svg_of(dot(picture(graph(flow_of(body)))), program)
    places = {
        "".join(text.itertext()): (float(text.get("x", "0")), float(text.get("y", "0")))
        for text in svg.iter(f"{SVG}text")
    }
    assert len({round(places[f"n{n}"][0]) for n in range(30)}) <= 2
    assert len({round(places[f"undo n{n}"][0]) for n in range(30)}) <= 2
    ys = [places[f"n{n}"][1] for n in range(30)]
    assert ys == sorted(ys)


def test_dark_screens_get_dark_colours_for_every_colour(program: str) -> None:
    svg = render(dot(picture(graph(example("trip", "book_trip")))), "svg", program).decode()
    body = svg.partition("</style>")[2]
    used = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', body))
    style = svg.partition("<style>")[2].partition("</style>")[0]
    assert "prefers-color-scheme: dark" in style
    assert used
    assert {colour for colour in used if f'"{colour}"' not in style} == set()


def test_an_svg_is_needed_to_finish_one() -> None:
    assert "<style>" in finish_svg('<svg width="1"></svg>')


def readme_flow() -> Flow:
    """The process that the README opens with."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return check(
        Source("README.md", text.partition("```flow\n")[2].partition("```")[0])
    ).program.flows[0]


def run_of_the_readme() -> nx.MultiDiGraph[str]:
    """An instance of the README's process whose parcel found no courier."""
    found = graph(readme_flow())
    refused = item("parcel", "failed", detail="NoCourier: nobody drives there")
    steps = (
        item("hold", effect="undone", undo=called("ok")),
        item("payment", effect="stuck", undo=called("stuck", attempts=93)),
        refused,
    )
    ending = {
        "ending": "Incomplete",
        "error": {"name": "NoCourier", "message": "nobody drives there"},
    }
    state = {"state": "Incomplete", "ended": ENDED, "ending": ending, "pages": ["payment"]}
    play(found, story("sell", *steps, **state))
    return found


def shown(name: str) -> nx.MultiDiGraph[str]:
    """The graph behind a picture of the documentation."""
    match name:
        case "sell":
            return graph(readme_flow())
        case "run":
            return run_of_the_readme()
    return graph(example(name, dict(EXAMPLES)[name]))


@pytest.mark.parametrize("name", ["order", "trip", "sell", "run"])
def test_the_pictures_in_the_documentation_are_fresh(name: str) -> None:
    """Bytes differ between versions of Graphviz, so its source is kept beside it and compared;
    `BLESS=1` draws both anew."""
    import os

    folder = ROOT / "docs" / "images"
    source = dot(picture(shown(name)))
    if os.environ.get("BLESS") == "1":
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.dot").write_text(source, encoding="utf-8")
        (folder / f"{name}.svg").write_bytes(render(source, "svg"))
        (folder / f"{name}.png").write_bytes(render(source, "png"))
    assert (folder / f"{name}.dot").read_text(encoding="utf-8") == source
    drawn = ElementTree.fromstring((folder / f"{name}.svg").read_bytes())
    assert texts(drawn) == texts(svg_of(source))
