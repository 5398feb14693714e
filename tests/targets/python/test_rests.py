"""Waits, pauses and awaits as `flowc status --json` tells them, each told from all others."""

from __future__ import annotations

from pathlib import Path

from flowc.compiler.graph import graph
from flowc.simulate.script import Moment, Script, Scripted, Sent
from flowc.visualize.instance import play
from tests.faults.scenes import story
from tests.faults.statuses import desk, differing
from tests.faults.stops import stops
from tests.support.engines.python import OnPython
from tests.support.suite import checked

FLOW = """\
policy once { timeout 10s }
service things {
  action hold(id: text, place: text) -> bool writes places key id, place
  action free(id: text, place: text) writes places key id, place absorbing
}
flow rest(id: text, early: bool, doors: time) {
  version 1
  owner "me" runbook "none"
  key id on duplicate attach

  if early {
    wait 1m
    step seat = things.hold(id, "front") with once
      compensate things.free(id, "front") with once
  } else {
    wait 1m
    step seat = things.hold(id, "back") with once
      compensate things.free(id, "back") with once
  }
  wait 1m
  parallel {
    branch left { wait 2m }
    branch right {
      repeat max 3 as n, every 1m {
        wait 30s
        step more = things.hold(id, "{n}") with once
          compensate things.free(id, "{n}") with once
      } until more
    }
  }
  for x in ["a", "b"] max 2 {
    repeat max 2, every 1m {
      step again = things.hold(id, x) with once
        compensate things.free(id, x) with once
    } until again
      on exhausted {}
    await word: bool from "you" within 1h
      on timeout {}
  }
  wait until doors
}
"""


def test_each_is_told_exactly_however_the_flow_is_stopped(tmp_path: Path) -> None:
    script = Script(
        steps={"more[0]": (Scripted(value=False),), "again": (Scripted(value=False),)},
        signals=(Sent("word[1]", Moment(at=1000), True),),
    )
    state = tmp_path / "run.db"
    with OnPython(checked(FLOW), state) as engine, desk(state) as looking:
        (flow,) = engine.of.program.flows
        given = {"early": False, "doors": "2024-01-02T00:00:00Z"}
        found = differing(engine, looking, flow, script, given | {"id": "whole"})
        told = story(engine.of.program, flow, script, given | {"id": "whole"})
        cases = list(stops(flow, script, told))[::4]
        for n, (_, name, stopped, again) in enumerate(cases):
            one = given | {"id": f"i{n}"}
            found += [f"{name}: {each}" for each in differing(engine, looking, stopped, again, one)]
        past = {"id": "past", "early": True, "doors": "2023-12-31T00:00:00Z"}
        found += differing(engine, looking, flow, script, past)
        assert not found
        assert len(cases) > 8
        rows = looking.story("whole")["steps"]
    assert [(row["path"], row["nth"]) for row in rows if row["kind"] in ("wait", "pause")] == [
        ("wait", 2),
        ("wait", 3),
        ("wait", 4),
        ("wait[0]", 5),
        ("every[1]", 1),
        ("wait[1]", 5),
        ("every[0][1]", 2),
        ("every[1][1]", 2),
        ("wait", 6),
    ]


def test_what_two_arms_call_alike_is_drawn_in_the_arm_that_was_taken(tmp_path: Path) -> None:
    state = tmp_path / "run.db"
    text = FLOW.partition("  wait 1m\n  parallel")[0] + "}\n"
    with OnPython(checked(text), state) as engine, desk(state) as looking:
        (flow,) = engine.of.program.flows
        for early, arm, other in ((True, "yes", "no"), (False, "no", "yes")):
            given = {"id": arm, "early": early, "doors": "2024-01-02T00:00:00Z"}
            engine.play(flow, Script(), given)
            drawn = graph(flow)
            play(drawn, looking.story(arm))
            did = {
                node: data["did"]["state"] for node, data in drawn.nodes(data=True) if "did" in data
            }
            for name in ("wait#1", "seat"):
                assert did[f"if#1/{arm}/{name}"] == "done"
                assert did[f"if#1/{other}/{name}"] == "not reached"
