"""Instances that stand still: paused ones that are cancelled, and faults that no step can mend."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import flowc
from tests.support.durable import EXAMPLES
from tests.support.processes import Shop, until

TRIP = json.loads((EXAMPLES / "trip.json").read_text())


def test_a_cancel_ends_a_pause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    world = tmp_path / "world.json"
    services = str(EXAMPLES / "trip_services.py")
    shop = Shop(tmp_path, str(EXAMPLES / "trip.flow"), services, TRIP_WORLD=str(world))
    shop.start(TRIP)
    try:
        until(lambda: "ruling: waits for an answer" in shop.said())
        assert shop.here("pause", "t-2001").status == 0
        assert (
            shop.here("signal", "t-2001", "ruling", '{"granted": true, "reason": ""}').status == 0
        )
        until(lambda: "paid: paused;" in shop.said())
        assert shop.story("t-2001")["state"] == "paused"
        assert shop.here("cancel", "t-2001").out == "book_trip/t-2001: asked to cancel\n"
        status, ending = shop.finish()
    finally:
        shop.close()
    assert (status, ending["ending"], ending["error"]["name"]) == (1, "Compensated", "Cancelled")
    done = json.loads(world.read_text())
    assert "charged" not in done
    assert len([name for name in done if "cancelled" in name]) == 3
    story = shop.story("t-2001")
    assert (story["state"], story["next"]) == ("Compensated", [])
    assert shop.here("status", "t-2001").out.count("undone") == 3


FAULTY = """\
policy p { timeout 5s, attempts 2, within 1m, backoff 100ms }
service s {
  action work(id: text) -> text writes x key id
  action undo(id: text) writes x key id absorbing
  action last(id: text) -> text writes y key id
}
flow f(id: text) -> text {
  version 1
  owner "team-x" runbook "https://runbooks.example.com/x"
  key id on duplicate attach
  deadline 1h, compensate within 1h
  default with p

  step work = s.work(id)
    compensate s.undo(id)
  let word = upper(work)
  step picked = s.last(word)
    on unknown halt
  return picked
}
flow outer(id: text) -> text {
  version 1
  owner "team-x" runbook "https://runbooks.example.com/x"
  key id on duplicate attach
  deadline 1h, compensate within 1h
  default with p

  step inner = f(id)
  return inner
}
"""
FAULT = "the flow's code failed outside any step: KeyError: 'done'"


def test_a_fault_in_the_code_outside_any_step_says_what_is_left_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.flow").write_text(FAULTY)
    assert flowc("build", "f.flow", "--target", "python", "-o", "shop").status == 0
    stubs = tmp_path / "shop" / "implementation.py"
    lines = stubs.read_text().splitlines()
    stubs.write_text(
        "\n".join('        return "done"' if "raise Not" in line else line for line in lines)
    )
    code = tmp_path / "shop" / "flows" / "f_v1.py"
    assert "word = work.upper()" in code.read_text()
    code.write_text(code.read_text().replace("word = work.upper()", "word = {}[work]"))
    for name, live in (("f", "work"), ("outer", "inner/work")):
        run = [sys.executable, "-m", "shop", "--flow", name, "--input", '{"id": "a"}']
        done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert json.loads(done.stdout)["ending"] == "Halted"
        assert "outside any step: KeyError: 'done'" in done.stderr or name == "outer"
        told = flowc("status", f"{name}/a").out
        assert FAULT in told
        assert f"{live}: s.undo" in told
        todo = told.partition("what you can do:\n")[2].splitlines()
        assert todo[0].strip().startswith("no step can be called again")
        assert todo[1].strip() == f"undo by hand what is live, the last first: `{live}`"
        assert todo[2].strip() == "once its cause is mended, start it under another key"
        refused = flowc("restart", f"{name}/a", "--from", "work")
        assert (refused.status, "no step that can be called again" in refused.err) == (2, True)
