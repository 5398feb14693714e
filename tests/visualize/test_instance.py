"""What an instance did, on the nodes of its flow's graph."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import networkx as nx
import pytest

from flowc.compiler.flow import Flow
from flowc.compiler.graph import graph
from flowc.visualize.dot import dot
from flowc.visualize.instance import play
from flowc.visualize.picture import picture
from flowc.visualize.render import render
from flowc.visualize.theme import MARKS
from tests.support.drawn import example, flow_of
from tests.support.hostile import TEXTS
from tests.support.told import ENDED, called, hostile_story, item, story

ORDER = example("order", "fulfil_order")
TRIP = example("trip", "book_trip")
ONBOARD = example("onboard", "onboard")


def drawn(flow: Flow, told: dict[str, Any]) -> nx.MultiDiGraph[str]:
    found = graph(flow)
    play(found, told)
    return found


def states(found: nx.MultiDiGraph[str]) -> dict[str, str]:
    """What was reached, and how."""
    did = {node: data["did"]["state"] for node, data in found.nodes(data=True) if "did" in data}
    assert set(did.values()) <= set(MARKS)
    return {node: state for node, state in did.items() if state != "not reached"}


def words(found: nx.MultiDiGraph[str], node: str) -> str:
    return "; ".join(found.nodes[node]["did"]["words"])


def test_done_undone_stuck() -> None:
    found = drawn(
        ORDER,
        story(
            "fulfil_order",
            item("hold", effect="undone", undo=called("ok")),
            item("risk"),
            item("payment", effect="stuck", undo=called("stuck", 7)),
            item("parcel", "unknown", effect="undone", undo=called("ok", 3)),
            state="Incomplete",
            ending={"ending": "Incomplete", "error": {"name": "Unknown", "message": "parcel"}},
            pages=["payment"],
        ),
    )
    assert states(found) == {
        "hold": "undone",
        "hold:compensation": "done",
        "risk": "done",
        "payment": "stuck",
        "payment:compensation": "stuck",
        "parcel": "undone",
        "parcel:compensation": "done",
        "ending:incomplete": "stuck",
    }
    assert "stuck after 7 attempts" in words(found, "payment:compensation")
    assert "not undone" in words(found, "payment")
    assert "paged: payment" in found.graph["instance"]
    shown = picture(found)
    marks = {box.id: box.mark for box in shown.boxes}
    assert marks["note"] == marks["commit#1"] == marks["ending:compensated"] == "not reached"
    assert marks["start"] == marks["if#1"] == ""
    lit = {(a.source, a.target) for a in shown.arrows if a.mark != "not reached"}
    assert ("payment:compensation", "ending:incomplete") in lit
    assert ("parcel", "parcel:compensation") in lit
    assert ("payment", "hold:compensation") not in lit  # it did not fail
    assert ("parcel", "commit#1") not in lit


def test_waiting() -> None:
    ruling = item("ruling", "running", "await", **{"from": "boss", "until": "2026-01-04T03:04:05Z"})
    steps = (item("flight", effect="live"), item("hotel", effect="live"), ruling, item("nudge[0]"))
    found = drawn(TRIP, story("book_trip", *steps, state="waiting"))
    parallel = "parallel#1"
    assert states(found) == {
        f"{parallel}/air/flight": "done",
        f"{parallel}/room/hotel": "done",
        "if#2/yes/ruling": "waiting",
        "if#2/yes/ruling/reminder#1/nudge": "done",
    }
    assert words(found, "if#2/yes/ruling") == "waiting for boss until 2026-01-04 03:04:05Z"
    marks = {box.id: box.mark for box in picture(found).boxes}
    assert marks[f"{parallel}/wheels/car"] == "not reached"
    assert marks[f"{parallel}:join"] == ""


def test_rounds_of_a_loop_share_a_box() -> None:
    steps = [item(f"ticket[{n}]", "ok" if n else "failed") for n in range(3)]
    found = drawn(TRIP, story("book_trip", *steps))
    [node] = states(found)
    assert found.nodes[node]["label"] == "ticket"
    assert states(found)[node] == "failed"
    assert words(found, node) == "3 rounds: 1 failed, 2 done"


def test_a_sub_flow_in_its_parent_and_on_its_own() -> None:
    told = story(
        "onboard",
        item("check", "running", "flow", flow="screen_customer@1"),
        item("check/papers", "running", "await"),
    )
    assert states(drawn(ONBOARD, told)) == {"check": "waiting"}
    assert "check/papers" in words(drawn(ONBOARD, told), "check")
    inner = drawn(example("onboard", "screen_customer"), told)
    assert states(inner) == {"papers": "waiting"}
    other = drawn(ORDER, told)
    assert states(other) == {}
    assert "it did not come to this flow" in other.graph["instance"]


def test_waits_are_told_apart() -> None:
    flow = flow_of('if id == "x" { wait 1m } else { wait 1m }\nwait 1m')
    over = item("wait", "over", "wait", nth=2)
    assert states(drawn(flow, story("f", over))) == {"if#1/no/wait#1": "done"}
    found = drawn(flow, story("f", over, item("wait", "running", "wait", nth=3)))
    assert states(found) == {"if#1/no/wait#1": "done", "wait#1": "waiting"}


def test_a_pause_is_shown_where_its_loop_begins() -> None:
    flow = flow_of("wait 1m\nrepeat max 3, every 1m {\n  wait 1m\n} until id == id")
    rows = (item("wait[0]", "over", "wait", nth=2), item("every[1]", "over", "pause"))
    first = item("wait", "over", "wait")
    found = drawn(flow, story("f", first, *rows))
    assert states(found) == {"wait#1": "done", "repeat#1/wait#1": "done"}
    found = drawn(flow, story("f", first, *rows, item("every[2]", "running", "pause")))
    assert states(found)["repeat#1"] == "waiting"


def test_steps_of_one_name_in_two_arms_are_told_apart() -> None:
    step = 'step s = s.a("{arm}")\n    compensate s.undo(id)'
    arms = [step.replace("{arm}", arm) for arm in ("one", "two")]
    flow = flow_of(f'if id == "x" {{\n  {arms[0]}\n}} else {{\n  {arms[1]}\n}}')
    assert states(drawn(flow, story("f", item("s")))) == {"if#1/yes/s": "done"}
    assert states(drawn(flow, story("f", item("s", nth=2)))) == {"if#1/no/s": "done"}


def test_what_a_cancel_ended_says_so() -> None:
    ruling = item("ruling", "cancelled", "await")
    found = drawn(TRIP, story("book_trip", ruling, cancel_asked=ENDED))
    assert states(found) == {"if#2/yes/ruling": "failed"}
    assert words(found, "if#2/yes/ruling") == "cancelled"
    assert any(line.startswith("cancel asked") for line in found.graph["instance"])


def test_endings() -> None:
    error = {"name": "FraudSuspected", "message": "bad"}
    found = drawn(
        ORDER,
        story(
            "fulfil_order",
            item("hold", effect="undone", undo=called("ok")),
            item("risk"),
            state="Compensated",
            ended=ENDED,
            ending={"ending": "Compensated", "error": error},
        ),
    )
    assert states(found)["ending:compensated"] == "done"
    assert states(found)["if#1/yes/fail#1"] == "failed"
    assert "FraudSuspected: bad" in found.graph["instance"]
    found = drawn(
        ORDER,
        story(
            "fulfil_order",
            *(item("hold", effect="live"), item("payment", "unknown", effect="perhaps")),
            state="Halted",
            ending={"ending": "Halted", "step": "payment"},
        ),
    )
    assert states(found) == {"hold": "done", "payment": "unknown", "ending:halted": "stuck"}
    found = drawn(ORDER, story("fulfil_order", ending={"ending": "Completed", "value": None}))
    assert states(found) == {"return#1": "done"}


def test_what_the_file_does_not_have_is_said() -> None:
    found = drawn(ORDER, story("fulfil_order", item("hold"), item("gone")))
    assert states(found) == {"hold": "done"}
    assert "did also what this file does not have: gone" in found.graph["instance"]


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_data_stays_text(text: str) -> None:
    svg = ElementTree.fromstring(render(dot(picture(drawn(ORDER, hostile_story(text)))), "svg"))
    shown = "".join("".join("".join(one.itertext()).split()) for one in svg.iter() if one.text)
    harmless = "".join(
        "\ufffd" if char in "\u202e\u2066" else char for char in text if not char.isspace()
    )
    assert shown.count(harmless) >= 4
    assert not [one.tag for one in svg.iter() if one.tag.endswith(("script", "image"))]
