"""What each failure undoes, in which order, and how it ends."""

from __future__ import annotations

from flowc.compiler.flow import Flow
from flowc.compiler.graph import graph
from flowc.visualize.failures import failures
from tests.support.drawn import example, flow_of


def told(flow: Flow) -> dict[tuple[str, str], tuple[list[list[str]], str]]:
    """(node, label) -> the steps undone, in groups, and the ending."""
    found = graph(flow)
    return {
        (one.node, one.label): (
            [[found.nodes[undo]["of"] for undo in group] for group in one.undone],
            one.ends.removeprefix("ending:"),
        )
        for one in failures(found)
    }


def test_order() -> None:
    assert told(example("order", "fulfil_order")) == {
        ("hold", "OutOfStock"): ([], "compensated"),
        ("hold", "unknown"): ([["hold"]], "compensated"),
        ("risk", ""): ([["hold"]], "compensated"),
        ("if#1/yes/fail#1", ""): ([["hold"]], "compensated"),
        ("payment", "CardDeclined"): ([["hold"]], "compensated"),
        ("payment", "unknown, and the probe says: no"): ([["payment"], ["hold"]], "compensated"),
        ("payment", "unknown, and the probe says: no answer"): ([], "halted"),
        ("parcel", "unknown"): ([["parcel"], ["payment"], ["hold"]], "compensated"),
    }


def test_branches_beside_a_failed_one_are_undone_together() -> None:
    flight, hotel, car = (
        f"parallel#1/{name}" for name in ("air/flight", "room/hotel", "wheels/car")
    )
    found = told(example("trip", "book_trip"))
    assert found[hotel, "Full"] == ([[flight, car]], "compensated")
    assert found[hotel, "unknown"] == ([[flight, hotel, car]], "compensated")
    assert found["paid", "CardDeclined"] == ([[flight, hotel, car]], "compensated")
    assert found["for#1", "more than 12"] == ([], "incomplete")


def test_a_handled_error_undoes_the_body_and_goes_on() -> None:
    found = told(example("onboard", "onboard"))
    assert found["try#1/repeat#1/exhausted/fail#1", ""] == ([["try#1/job"]], "try#1:handler#1")
    assert found["account", "unknown"] == ([["account"], ["try#1/job"]], "compensated")


def test_a_branch_that_fails_early_has_nothing_of_its_own_to_undo() -> None:
    body = """\
  parallel {
    branch x {
      step one = s.a("{id}1")
        compensate s.undo("{id}1")
      step two = s.a("{id}2")
        compensate s.undo("{id}2")
    }
    branch y {
      step three = s.a("{id}3")
        compensate s.undo("{id}3")
    }
  }"""
    one, two, three = (f"parallel#1/{name}" for name in ("x/one", "x/two", "y/three"))
    found = told(flow_of(body))
    assert found[one, "Bad"] == ([[three]], "compensated")
    groups, ending = found[two, "Bad"]
    assert [sorted(group) for group in groups] == [sorted([one, three])]
    assert ending == "compensated"
    assert found[three, "Bad"] == ([[two], [one]], "compensated")


def test_errors_that_are_answered_in_place_are_no_failures() -> None:
    assert told(flow_of('  step one = s.look(id)\n    otherwise "x"')) == {}
