"""What may follow what, what is undone when, and that nodes and edges say where they come from."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from typing import Any

import networkx as nx
import pytest

from flowc.compiler.graph import graph
from flowc.source import Source
from tests.support.drawn import example, flow_of

EXAMPLES = [("order", "fulfil_order"), ("trip", "book_trip"), ("onboard", "onboard")]


def edges(found: nx.MultiDiGraph[str], kind: str) -> set[tuple[str, str, str]]:
    return {
        (source, target, data["label"])
        for source, target, data in found.edges(data=True)
        if data["kind"] == kind
    }


def order(found: nx.MultiDiGraph[str]) -> dict[str, int]:
    return {
        data["of"]: data["order"]
        for _, data in found.nodes(data=True)
        if data["kind"] == "compensation"
    }


def test_order_goes_forward_and_unwinds_backward() -> None:
    found = graph(example("order", "fulfil_order"))
    forward = [
        "start", "hold", "risk", "if#1", "payment", "parcel",
        "commit#1", "note", "return#1", "ending:completed",
    ]  # fmt: skip
    ways = {way[:2] for way in edges(found, "next") | edges(found, "branch")}
    assert set(pairwise(forward)) <= ways
    assert order(found) == {"parcel": 1, "payment": 2, "hold": 3}
    assert ("parcel:compensation", "payment:compensation", "then") in edges(found, "compensation")
    assert ("hold:compensation", "ending:compensated", "then") in edges(found, "compensation")
    assert edges(found, "failure") >= {
        ("hold", "ending:compensated", "OutOfStock"),
        ("payment", "hold:compensation", "CardDeclined"),
        ("if#1/yes/fail#1", "hold:compensation", ""),
        ("note", "return#1", "otherwise none"),
    }
    assert edges(found, "unknown") == {
        ("hold", "hold:compensation", "unknown"),
        ("payment", "payment:probe", "unknown"),
        ("payment:probe", "ending:halted", "no answer"),
        ("parcel", "parcel:compensation", "unknown"),
    }


def test_a_step_without_declared_errors_fails_only_by_its_unknown_outcome() -> None:
    found = graph(example("order", "fulfil_order"))
    assert not [one for one in edges(found, "failure") if one[0] == "parcel"]


def test_a_probe_that_finds_nothing_bars_the_late_attempt() -> None:
    found = graph(example("order", "fulfil_order"))
    assert ("payment:probe", "payment:compensation", "no") in edges(found, "failure")
    assert ("payment:probe", "parcel", "yes") in edges(found, "next")


def test_an_older_version_lacks_what_came_since() -> None:
    new, old = graph(example("order", "fulfil_order")), graph(example("order", "fulfil_order", 1))
    assert set(new) - set(old) == {"risk", "if#1", "if#1/yes/fail#1"}
    assert old.graph["version"] == 1
    assert old.graph["versions"] == [1, 2]


def test_parallel_branches_unwind_side_by_side() -> None:
    found = graph(example("trip", "book_trip"))
    assert set(order(found).values()) == {1, 2}
    unwind = "parallel#1:unwind"
    flight = "parallel#1/air/flight"
    assert (unwind, f"{flight}:compensation", "then") in edges(found, "compensation")
    assert (f"{flight}:compensation", "ending:compensated", "then") in edges(found, "compensation")
    assert (flight, "parallel#1:join", "Full") in edges(found, "failure")
    assert ("parallel#1:join", unwind, "a branch failed") in edges(found, "failure")
    assert ("paid", unwind, "CardDeclined") in edges(found, "failure")
    frames = found.graph["frames"]
    assert frames[found.nodes[flight]["frame"]]["label"] == "air"
    assert frames["parallel#1/air"]["parent"] == "parallel#1"


def test_await_has_its_timeout_and_reminders() -> None:
    found = graph(example("trip", "book_trip"))
    ruling = "if#2/yes/ruling"
    assert edges(found, "timeout") == {
        (ruling, f"{ruling}/timeout/fail#1", "after 2d"),
        (ruling, f"{ruling}/reminder#1/nudge", "every 12h"),
    }
    assert (f"{ruling}/reminder#1/nudge", ruling, "") in edges(found, "back")


def test_a_timeout_without_a_clause_fails() -> None:
    found = graph(flow_of("  await word: Word from id within 2d"))
    assert edges(found, "timeout") == {("word", "ending:compensated", "after 2d")}


def test_a_caught_error_unwinds_the_body_first() -> None:
    found = graph(example("onboard", "onboard"))
    fail, handler = "try#1/repeat#1/exhausted/fail#1", "try#1:handler#1"
    data = found.get_edge_data(fail, handler)
    assert data is not None
    assert data[0]["unwinds"] == ["try#1/job:compensation"]
    assert ("try#1/repeat#1/state", "try#1/job:compensation", "") in edges(found, "failure")
    assert found.get_edge_data("try#1/repeat#1/state", handler) is None


def test_a_handler_takes_only_what_it_names() -> None:
    body = """\
  try {
    step one = s.a(id)
      compensate s.undo(id)
    step two = s.a("{id}2")
      compensate s.undo("{id}2")
  } on Bad { wait 1m }"""
    found = graph(flow_of(body))
    handler = "try#1:handler#1"
    assert ("try#1/one", handler, "Bad") in edges(found, "failure")
    two = found.get_edge_data("try#1/two", handler)
    assert two is not None
    assert two[0]["unwinds"] == ["try#1/one:compensation"]
    assert not [way for way in edges(found, "unknown") if way[1] == handler]


def test_on_error_takes_the_unknown_outcome_too() -> None:
    body = """\
  try {
    step one = s.a(id)
      compensate s.undo(id)
  } on Error { wait 1m }"""
    found = graph(flow_of(body))
    data = found.get_edge_data("try#1/one", "try#1:handler#1")
    assert data is not None
    ways = {one["kind"]: one["unwinds"] for one in data.values()}
    assert ways == {"failure": [], "unknown": ["try#1/one:compensation"]}
    assert not [way for way in edges(found, "failure") if way[1] == "ending:compensated"]


def test_after_commit_an_error_is_left_to_people() -> None:
    body = """\
  step one = s.a(id)
    compensate s.undo(id)
  commit
  step two = s.a("{id}2")"""
    found = graph(flow_of(body))
    assert ("two", "ending:incomplete", "Bad") in edges(found, "failure")
    assert ("two", "ending:halted", "unknown") in edges(found, "unknown")


def test_a_match_branches_by_its_members() -> None:
    body = """\
  let mood = Mood.Good
  match mood {
    case Good | Fair { wait 1m }
    else { fail Worse }
  }
  wait 2m"""
    found = graph(flow_of(body))
    assert edges(found, "branch") == {
        ("match#1", "match#1/Good+Fair/wait#1", "Good | Fair"),
        ("match#1", "match#1/else/fail#1", "else"),
    }
    assert ("match#1/Good+Fair/wait#1", "wait#1", "") in edges(found, "next")


def test_arms_that_were_not_taken_are_not_undone() -> None:
    """Either arm's compensation stands first afterwards, and both come before what was there."""
    body = """\
  step zero = s.a("{id}0")
    compensate s.undo("{id}0")
  if id == "x" {
    step one = s.a("{id}1")
      compensate s.undo("{id}1")
  } else {
    step two = s.a("{id}2")
      compensate s.undo("{id}2")
  }
  step three = s.a("{id}3")
    compensate s.undo("{id}3")"""
    found = graph(flow_of(body))
    assert order(found) == {"three": 1, "if#1/yes/one": 2, "if#1/no/two": 2, "zero": 3}
    assert ("three", "if#1:unwind", "Bad") in edges(found, "failure")


def test_an_arm_that_fails_leaves_nothing_to_undo_behind() -> None:
    body = """\
  if id == "x" {
    step one = s.a("{id}1")
      compensate s.undo("{id}1")
    fail Worse
  }
  step two = s.a("{id}2")"""
    found = graph(flow_of(body + "\n    on unknown halt"))
    assert ("if#1/yes/fail#1", "if#1/yes/one:compensation", "") in edges(found, "failure")
    assert ("two", "ending:compensated", "Bad") in edges(found, "failure")


def test_a_for_comes_back_and_may_be_too_long() -> None:
    body = """\
  for x in ["a", "b"] max 3, 2 at once {
    step one = s.a(x)
      compensate s.undo(x)
  }"""
    found = graph(flow_of(body))
    assert edges(found, "back") == {("for#1:join", "for#1", "next batch")}
    assert ("for#1", "ending:compensated", "more than 3") in edges(found, "failure")
    assert ("for#1/one", "for#1:join", "Bad") in edges(found, "failure")
    assert ("for#1:join", "for#1/one:compensation", "a branch failed") in edges(found, "failure")


def test_failed_rounds_that_are_collected_do_not_fail_the_for() -> None:
    body = """\
  for x in ["a"] max 3 {
    step one = s.a(x)
      compensate s.undo(x)
  } collect one as done, failure as failed"""
    found = graph(flow_of(body))
    assert not [way for way in edges(found, "failure") if way[0] == "for#1:join"]


def test_the_same_name_in_two_arms_makes_two_nodes() -> None:
    body = """\
  if id == "x" { step one = s.look(id) } else { step one = s.look("y") }"""
    found = graph(flow_of(body))
    assert {"if#1/yes/one", "if#1/no/one"} <= set(found)


def test_otherwise_is_an_answer_and_no_failure_of_its_branch() -> None:
    body = """\
  parallel {
    branch x { step one = s.look(id) otherwise "none" }
    branch y { wait 1m }
  }"""
    found = graph(flow_of(body))
    data = found.get_edge_data("parallel#1/x/one", "parallel#1:join")
    assert data is not None
    assert {one["label"]: one.get("answered") for one in data.values()} == {
        "": None,
        'otherwise "none"': True,
    }
    assert not [way for way in edges(found, "failure") if way[0] == "parallel#1:join"]


def test_ids_do_not_depend_on_lines() -> None:
    one = flow_of("  wait 1m\n  step a = s.look(id)")
    two = flow_of("\n\n  // far below\n  wait 1m\n\n  step a = s.look(id)")
    assert list(graph(one)) == list(graph(two))


@pytest.mark.parametrize(("file", "name"), EXAMPLES)
def test_spans_cover_what_the_user_wrote(file: str, name: str) -> None:
    flow = example(file, name)
    found = graph(flow)
    for node, data in found.nodes(data=True):
        start, end = data["span"]
        text = flow.source.text[start:end]
        assert flow.source.position(start).line == data["line"]
        if data["kind"] in ("step", "subflow"):
            assert text.startswith(("step ", "///")), (node, text)
        if data["kind"] in ("fail", "return", "commit", "wait"):
            assert text.startswith(data["kind"])
    for _, _, data in found.edges(data=True):
        assert data["line"] >= 1
        assert len(data["span"]) == 2


@pytest.mark.parametrize(("file", "name"), EXAMPLES)
def test_node_link_form_survives_json(file: str, name: str) -> None:
    found = graph(example(file, name))
    data: Any = json.loads(json.dumps(nx.node_link_data(found, edges="edges")))
    again = nx.node_link_graph(data, edges="edges")
    assert isinstance(again, nx.MultiDiGraph)
    assert {node: again.nodes[node] for node in again} == {
        node: found.nodes[node] for node in found
    }
    assert list(again.edges(data=True)) == list(found.edges(data=True))
    assert again.graph == found.graph


@pytest.mark.parametrize(("file", "name"), EXAMPLES)
def test_every_way_ends_somewhere(file: str, name: str) -> None:
    found = graph(example(file, name))
    endings = [node for node in found if node.startswith("ending:")]
    assert set(found) == {"start"} | nx.descendants(found, "start")
    for node in found:
        assert node in endings or nx.descendants(found, node) & set(endings)


def test_contract_and_policy_are_data() -> None:
    found = graph(example("order", "fulfil_order"))
    hold = found.nodes["hold"]
    assert hold["contract"]["raises"] == ["OutOfStock", "Throttled"]
    assert hold["contract"]["lease_ms"] == 48 * 3_600_000
    assert hold["policy"]["within_ms"] == 300_000
    assert hold["args"] == {"order": "order.id", "items": "order.items"}
    assert found.nodes["parcel"]["policy"]["within_ms"] == 600_000
    assert found.graph["deadline_ms"] == 24 * 3_600_000


def test_expressions_stand_on_one_line_without_comments() -> None:
    body = """\
  let a = [
    "x // y", // why
    "( z )",
  ]
  wait 1m"""
    found = graph(flow_of(body))
    assert found.nodes["let:a"]["label"] == 'let a = ["x // y", "( z )"]'


def test_the_lint_path_does_not_load_networkx() -> None:
    code = "import sys, flowc.compiler.check; sys.exit('networkx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_source_is_not_touched() -> None:
    flow = flow_of("  wait 1m")
    text = flow.source.text
    graph(flow)
    assert isinstance(flow.source, Source)
    assert flow.source.text == text
