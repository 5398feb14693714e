"""Instances that Halted or are Incomplete go on from a step: same key, same arguments, and nothing
else is done again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.durable import Bench, Compiled, Script

TEXT = """
error Bad

policy twice { timeout 10s, attempts 2, within 1m }

service s {
  action first(id: text) -> text writes a key id
  action unfirst(id: text) writes a key id absorbing
  action second(id: text) -> text writes b key id raises Bad
  action unsecond(id: text) writes b key id absorbing
  action third(id: text) -> text writes c key id raises Bad
  action unthird(id: text) writes c key id absorbing
}

flow halting(id: text) -> text {
  version 1
  owner "o" runbook "r"
  key id on duplicate attach
  deadline 1h, compensate within 2m
  default with twice, compensate with twice

  step one = s.first(id)
    compensate s.unfirst(id)
  step two = s.second(id)
    on unknown halt
    compensate s.unsecond(id)
  step three = s.third(id)
    compensate s.unthird(id)
  return "{one} {two} {three}"
}

flow wide(id: text) -> text {
  version 1
  owner "o" runbook "r"
  key id on duplicate attach
  deadline 1h, compensate within 2m
  default with twice, compensate with twice

  step one = s.first(id)
    compensate s.unfirst(id)
  parallel {
    branch left {
      step two = s.second(id)
        on unknown halt
        compensate s.unsecond(id)
    }
    branch right {
      step three = s.third(id)
        compensate s.unthird(id)
    }
  }
  return "{one} {two} {three}"
}

flow outer(id: text) -> text {
  version 1
  owner "o" runbook "r"
  key id on duplicate attach
  deadline 1h, compensate within 2m
  default with twice, compensate with twice

  step one = s.first(id)
    compensate s.unfirst(id)
  step inner = halting(id)
  return inner
}

flow late(id: text) -> text {
  version 1
  owner "o" runbook "r"
  key id on duplicate attach
  deadline 1h, compensate within 2m
  default with twice, compensate with twice

  step one = s.first(id)
    compensate s.unfirst(id)
  commit
  step two = s.second(id)
    on unknown compensate
    compensate s.unsecond(id)
  return "{one} {two}"
}

flow trying(id: text) -> text {
  version 1
  owner "o" runbook "r"
  key id on duplicate attach
  deadline 1h, compensate within 2m
  default with twice, compensate with twice

  try {
    step one = s.first(id)
      compensate s.unfirst(id)
    step two = s.second(id)
      compensate s.unsecond(id)
    fail Bad
  } on Bad {}
  step three = s.third(id)
    compensate s.unthird(id)
  return three
}
"""
DOWN = ConnectionError("down")


class Place:
    """A running engine, and a desk on its state."""

    def __init__(self, state: str) -> None:
        self.state = state
        self.compiled = Compiled(TEXT)
        values = {"s.first": "1", "s.second": "2", "s.third": "3"}
        nothing = dict.fromkeys(("s.unfirst", "s.unsecond", "s.unthird"))
        self.defaults: dict[str, Any] = {**values, **nothing}

    def bench(self) -> Bench:
        return Bench(self.compiled, self.state, self.defaults)

    def desk(self) -> Any:
        return self.compiled.module("runtime.desk").Desk(self.state)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(str(tmp_path_factory.mktemp("restart") / "run.db"))


@pytest.fixture(scope="module")
def bench(place: Place) -> Iterator[Bench]:
    with place.bench() as bench:
        yield bench


@pytest.fixture
def desk(place: Place, bench: Bench) -> Iterator[Any]:
    desk = place.desk()
    yield desk
    desk.close()


def again(bench: Bench, desk: Any, ident: str, step: str) -> dict[str, Any]:
    assert step in desk.story(ident)["restart_from"]
    desk.restart(ident, step)
    ending: dict[str, Any] = bench.engine.ending(ident)
    return ending


def effects(story: dict[str, Any]) -> dict[str, str]:
    return {each["path"]: each["effect"] for each in story["steps"] if each["effect"]}


def test_restarted_without_a_process_it_waits_for_one(state: str) -> None:
    place = Place(state)
    script = Script(s__second=[DOWN, DOWN, "later"])
    with place.bench() as bench:
        assert bench.play("halting", script, id="h1")["ending"] == "Halted"
        desk = place.desk()
        assert desk.at_work
    assert not desk.at_work
    (first, *_) = desk.story("h1")["next"]
    assert first["command"].startswith("flowc restart halting/h1 --from two --state ")
    desk.restart("h1", "two")
    assert desk.story("h1")["state"] == "running"
    desk.close()
    with place.bench() as bench:
        bench.world.scripts["h1"] = script
        assert [each.id for each in bench.engine.resumed] == ["halting/h1"]
        assert bench.engine.ending("halting/h1")["value"] == "1 later 3"


def test_a_halted_step_is_called_again_and_it_goes_on(bench: Bench, desk: Any) -> None:
    script = Script(s__second=[DOWN, DOWN, "later"])
    ending = bench.play("halting", script, id="h1")
    assert ending["ending"] == "Halted"
    story = desk.story("halting/h1")
    assert effects(story) == {"one": "live", "two": "perhaps"}
    assert story["restart_from"] == ["two"]
    with pytest.raises(bench.refused, match="`one` is not why: restart from `two`"):
        desk.restart("halting/h1", "one")
    ending = again(bench, desk, "halting/h1", "two")
    assert (ending["ending"], ending["value"]) == ("Completed", "1 later 3")
    assert script.titles == ["s.first", "s.second", "s.third"]
    assert script.count("s.second") == 3
    story = desk.story("halting/h1")
    assert [each["was"]["ending"] for each in story["restarts"]] == ["Halted"]
    assert set(effects(story).values()) == {"kept"}
    with pytest.raises(bench.refused, match="only one that Halted or is Incomplete"):
        desk.restart("halting/h1", "two")


def test_it_may_halt_again_and_be_restarted_again(bench: Bench, desk: Any) -> None:
    script = Script(s__second=[DOWN] * 4 + ["ok"])
    assert bench.play("halting", script, id="h2")["ending"] == "Halted"
    assert again(bench, desk, "halting/h2", "two")["ending"] == "Halted"
    assert again(bench, desk, "halting/h2", "two")["ending"] == "Completed"
    assert script.count("s.first") == 1
    assert len(desk.story("halting/h2")["restarts"]) == 2


def test_a_restarted_step_may_fail_and_everything_is_undone(bench: Bench, desk: Any) -> None:
    script = Script(s__second=[DOWN, DOWN, type("Bad", (Exception,), {})()])
    assert bench.play("halting", script, id="h3")["ending"] == "Halted"
    ending = again(bench, desk, "halting/h3", "two")
    assert (ending["ending"], ending["error"]["name"]) == ("Compensated", "Bad")
    assert script.titles == ["s.first", "s.second", "s.unfirst"]


def test_a_cancel_from_before_the_halt_does_not_leave_the_step_behind(
    bench: Bench, desk: Any
) -> None:
    script = Script(s__second=[DOWN, DOWN, "2"])
    assert bench.play("halting", script, id="h4")["ending"] == "Halted"
    bench.engine.mail.post("halting/h4", "", None, bench.start)
    ending = again(bench, desk, "halting/h4", "two")
    assert (ending["ending"], ending["error"]["name"]) == ("Compensated", "Cancelled")
    assert script.titles == ["s.first", "s.second", "s.unsecond", "s.unfirst"]


def test_a_branch_goes_on_and_its_neighbour_is_not_called_again(bench: Bench, desk: Any) -> None:
    script = Script(s__second=[DOWN, DOWN, "later"])
    assert bench.play("wide", script, id="w1")["ending"] == "Halted"
    assert effects(desk.story("wide/w1")) == {"one": "live", "two": "perhaps", "three": "live"}
    ending = again(bench, desk, "wide/w1", "two")
    assert ending["value"] == "1 later 3"
    assert script.count("s.third") == 1
    assert script.count("s.second") == 3


def test_a_sub_flow_goes_on_and_its_caller_with_it(bench: Bench, desk: Any) -> None:
    script = Script(s__second=[DOWN, DOWN, "later"])
    ending = bench.play("outer", script, id="o1")
    assert (ending["ending"], ending["step"]) == ("Halted", "inner")
    ending = again(bench, desk, "outer/o1", "inner/two")
    assert (ending["ending"], ending["value"]) == ("Completed", "1 later 3")
    assert script.count("s.first") == 2  # the caller's and the sub-flow's own


def test_a_stuck_compensation_is_called_again_and_no_other(bench: Bench, desk: Any) -> None:
    bad = type("Bad", (Exception,), {})()
    script = Script(s__third=[bad], s__unsecond=[DOWN, DOWN, None])
    ending = bench.play("halting", script, id="c1")
    assert (ending["ending"], ending["stuck"]) == ("Incomplete", ["two"])
    assert effects(desk.story("halting/c1")) == {"one": "undone", "two": "stuck"}
    ending = again(bench, desk, "halting/c1", "two")
    assert (ending["ending"], ending["error"]["name"]) == ("Compensated", "Bad")
    assert script.count("s.unsecond") == 3
    assert script.count("s.unfirst") == 1
    assert set(effects(desk.story("halting/c1")).values()) == {"undone"}


def test_two_are_stuck_and_mended_one_after_the_other(bench: Bench, desk: Any) -> None:
    bad = type("Bad", (Exception,), {})()
    script = Script(s__third=[bad], s__unsecond=[DOWN, DOWN, None], s__unfirst=[DOWN, DOWN, None])
    ending = bench.play("halting", script, id="c2")
    assert ending["stuck"] == ["two", "one"]
    ending = again(bench, desk, "halting/c2", "one")
    assert (ending["ending"], ending["stuck"]) == ("Incomplete", ["two"])
    ending = again(bench, desk, "halting/c2", "two")
    assert ending["ending"] == "Compensated"
    assert (script.count("s.unfirst"), script.count("s.unsecond")) == (3, 3)


def test_stuck_in_a_branch(bench: Bench, desk: Any) -> None:
    bad = type("Bad", (Exception,), {})()
    script = Script(s__second=[bad], s__unthird=[DOWN, DOWN, None])
    ending = bench.play("wide", script, id="w2")
    assert (ending["ending"], ending["stuck"]) == ("Incomplete", ["three"])
    ending = again(bench, desk, "wide/w2", "three")
    assert ending["ending"] == "Compensated"
    assert (script.count("s.unthird"), script.count("s.unfirst")) == (3, 1)


def test_stuck_in_a_try_after_which_the_flow_went_on(bench: Bench, desk: Any) -> None:
    script = Script(s__unsecond=[DOWN, DOWN, None])
    ending = bench.play("trying", script, id="t1")
    assert (ending["ending"], ending["value"], ending["stuck"]) == ("Incomplete", "3", ["two"])
    ending = again(bench, desk, "trying/t1", "two")
    assert (ending["ending"], ending["value"]) == ("Completed", "3")
    assert [script.count(f"s.{name}") for name in ("unsecond", "unfirst", "third")] == [3, 1, 1]


def test_a_step_after_commit_is_called_again(bench: Bench, desk: Any) -> None:
    bad = type("Bad", (Exception,), {})()
    script = Script(s__second=[bad, "later"])
    ending = bench.play("late", script, id="l1")
    assert (ending["ending"], ending["error"]["name"]) == ("Incomplete", "Bad")
    assert effects(desk.story("late/l1")) == {"one": "kept"}
    ending = again(bench, desk, "late/l1", "two")
    assert (ending["ending"], ending["value"]) == ("Completed", "1 later")
    assert script.count("s.first") == 1
