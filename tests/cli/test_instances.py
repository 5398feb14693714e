"""The commands on instances, beside whole processes that run flows, are killed, and go on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import flowc
from tests.support.durable import EXAMPLES
from tests.support.processes import Shop, until

TRIP = json.loads((EXAMPLES / "trip.json").read_text())
YES = '{"granted": true, "reason": "customers first"}'
WAITS = "ruling: waits for an answer of grace@example.com"


@pytest.fixture
def trip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.chdir(tmp_path)
    services = str(EXAMPLES / "trip_services.py")
    world = str(tmp_path / "world.json")
    shop = Shop(tmp_path, str(EXAMPLES / "trip.flow"), services, TRIP_WORLD=world)
    yield shop
    shop.close()


def world(shop: Shop) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shop.folder / "world.json").read_text())
    return found


def test_asked_killed_answered_paused_and_finished_by_another_process(trip: Shop) -> None:
    trip.start(TRIP)
    until(lambda: WAITS in trip.said())
    story = trip.story("t-2001")
    assert (story["state"], story["at"], story["at_work"]) == ("waiting", "ruling", True)
    assert [each["effect"] for each in story["ledger"]] == ["live"] * 3
    (waits,) = story["waits"]
    assert waits["from"] == "grace@example.com"
    assert waits["answer"] == {"granted": True, "reason": "..."}
    assert 0 < waits["left"] <= 48 * 3_600_000
    trip.kill()
    listed = trip.flowc("instances")
    assert listed.stdout.splitlines()[1].split()[:4] == [
        *("book_trip/t-2001", "1", "waiting", "ruling")
    ]
    assert "no process is at work on this state" in listed.stderr
    for path, answer, said in (
        ("rulin", YES, "did you mean `ruling`?"),
        ("ruling", '{"granted": 1, "reason": ""}', "granted: expected bool, found the number 1"),
        ("ruling", "{", "`answer` is no JSON"),
    ):
        refused = trip.here("signal", "t-2001", path, answer)
        assert (refused.status, refused.out) == (2, "")
        assert said in refused.err
    answered = trip.flowc("signal", "t-2001", "ruling", YES)
    assert answered.stdout == "book_trip/t-2001: answered `ruling`\n"
    assert "no process is at work on it" in answered.stderr
    twice = trip.here("signal", "t-2001", "ruling", YES.replace("true", "false"))
    assert "was answered before: the first answer stands" in twice.err
    assert trip.flowc("pause", "book_trip/t-2001").stdout == "book_trip/t-2001: paused\n"
    assert "was paused before" in trip.here("pause", "t-2001").out
    trip.start()
    until(lambda: "paused; `flowc resume book_trip/t-2001`" in trip.said())
    assert trip.story("t-2001")["paused"] is not None
    assert "charged" not in world(trip)
    assert trip.flowc("resume", "t-2001").returncode == 0
    status, endings = trip.finish()
    assert status == 0
    assert [(each["instance"], each["ending"]) for each in endings] == [
        ("book_trip/t-2001", "Completed")
    ]
    assert "resumed: book_trip@1" in trip.said()
    done = trip.flowc("status", "t-2001")
    assert done.stdout.splitlines()[0] == "book_trip/t-2001  version 1  Completed"
    assert "what you can do" not in done.stdout
    assert "has ended (Completed)" in trip.here("cancel", "t-2001").err


def test_cancelled_from_another_process_everything_is_undone(trip: Shop) -> None:
    trip.start(TRIP)
    until(lambda: WAITS in trip.said())
    assert trip.flowc("cancel", "t-2001").stdout == "book_trip/t-2001: asked to cancel\n"
    status, ending = trip.finish()
    assert (status, ending["ending"], ending["error"]["name"]) == (1, "Compensated", "Cancelled")
    assert {name for name in world(trip) if "cancelled" in name} == {
        *("seats cancelled", "rooms cancelled", "cars cancelled")
    }
    told = trip.here("status", "t-2001").out
    assert told.splitlines()[0] == "book_trip/t-2001  version 1  Compensated: Cancelled"
    assert told.count("undone") == 3


def test_a_deadline_that_passes_while_nobody_answers(trip: Shop) -> None:
    text = (EXAMPLES / "trip.flow").read_text()
    (trip.folder / "hasty.flow").write_text(text.replace("deadline 4d", "deadline 3s"))
    trip.flow = "hasty.flow"
    trip.start(TRIP)
    status, ending = trip.finish()
    assert (status, ending["error"]["name"]) == (1, "DeadlineExceeded")
    assert len([name for name in world(trip) if "cancelled" in name]) == 3
    steps = {each["path"]: each["outcome"] for each in trip.story("t-2001")["steps"]}
    assert steps["ruling"] == "deadline exceeded"


STUCK = """\
policy p { timeout 5s, attempts 2, within 1m, backoff 100ms }
service s {
  action work(id: text) -> text writes x key id
}
flow f(id: text) -> text {
  version 1
  owner "team-x" runbook "https://runbooks.example.com/x"
  key id on duplicate attach
  deadline 1h, compensate within 1h
  default with p

  step work = s.work(id)
    on unknown halt
  return work
}
"""
BREAKS = """\
import pathlib
class S:
    def work(self, id):
        with open("calls.txt", "a") as log:
            print(id, file=log)
        if pathlib.Path("down").exists():
            raise ConnectionError("the warehouse does not answer")
        return "done"
"""


def test_a_halted_one_is_restarted_when_its_cause_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.flow").write_text(STUCK)
    (tmp_path / "s.py").write_text(BREAKS)
    (tmp_path / "down").touch()
    shop = Shop(tmp_path, "f.flow", "s.py")
    shop.start({"id": "a"})
    status, ending = shop.finish()
    assert (status, ending["ending"], ending["step"]) == (1, "Halted", "work")
    told = shop.here("status", "a").out
    assert told.splitlines()[0] == (
        "f/a  version 1  Halted: work: ConnectionError: the warehouse does not answer"
    )
    assert "unknown after 2 attempts" in told
    assert f"flowc restart f/a --from work --state {shop.state}" in told
    assert "restart from `work`" in shop.here("restart", "a", "--from", "wrk").err
    assert "from which step?" in shop.here("restart", "a").err
    (tmp_path / "down").unlink()
    assert shop.flowc("restart", "a", "--from", "work").returncode == 0
    assert "has not ended" in shop.here("restart", "a", "--from", "work").err
    shop.start()
    status, endings = shop.finish()
    assert (status, endings[0]["value"]) == (0, "done")
    assert (tmp_path / "calls.txt").read_text() == "a\na\na\n"
    assert "from work; it was Halted" in shop.here("status", "a").out


HANGS = """\
import pathlib, time
class S:
    def work(self, id):
        if not pathlib.Path("called").exists():
            pathlib.Path("called").touch()
            raise ConnectionError("gone")
        pathlib.Path("hangs").touch()
        time.sleep(600)
"""


@pytest.mark.parametrize(("backoff", "when"), [("50s", "in"), ("10ms", "for")])
def test_the_attempt_under_way_is_told_while_it_runs(
    backoff: str, when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = STUCK.replace("timeout 5s, attempts 2, within 1m", "timeout 9m, attempts 2, within 1h")
    text = text.replace("100ms", backoff)
    (tmp_path / "f.flow").write_text(text)
    (tmp_path / "s.py").write_text(HANGS)
    shop = Shop(tmp_path, "f.flow", "s.py")
    shop.start({"id": "a"})
    try:
        until(lambda: "work: s.work unknown" in shop.said())
        until(lambda: when == "in" or (tmp_path / "hangs").exists())
        until(lambda: shop.story("a")["steps"][0]["attempt"] == 2)
        (step,) = shop.story("a")["steps"]
        assert (step["outcome"], step["attempts"]) == ("retrying", 1)
        assert f"retrying: attempt 2 {when} " in shop.here("status", "a").out
        assert step["again"] > step["ended"]
    finally:
        shop.close()


def test_the_emitted_program_has_the_same_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.flow").write_text(STUCK)
    built = flowc("build", tmp_path / "f.flow", "--target", "python", "-o", tmp_path / "shop")
    assert built.status == 0
    stubs = tmp_path / "shop" / "implementation.py"
    stubs.write_text(
        stubs.read_text().replace('raise NotImplementedError("s.work")', 'return "done"')
    )
    shop = Shop(tmp_path, "f.flow", "s.py")

    def program(*words: str) -> tuple[int, str, str]:
        import subprocess
        import sys

        done = subprocess.run(
            [sys.executable, "-m", "shop", *words],
            cwd=tmp_path,
            env=shop.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
        return done.returncode, done.stdout, done.stderr

    assert program("--input", '{"id": "a"}')[0] == 0
    assert program("instances")[1].splitlines()[1].split()[:3] == ["f/a", "1", "Completed"]
    assert program("status", "a")[1].startswith("f/a  version 1  Completed")
    assert json.loads(program("status", "a", "--json")[1])["state"] == "Completed"
    status, _, err = program("cancel", "a")
    assert (status, "has ended (Completed)" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("status", "x", "--state", "none.db"), "there is no state 'none.db'"),
        (("instances", "--state", "."), "is a folder, not a state file"),
        (("instances", "--state", "text.txt"), "is no usable state file"),
        (("instances", "--state", "empty.db"), "nothing was ever started in 'empty.db'"),
        (("instances", "--state", "mysql://h/d"), "nothing is kept in 'mysql'"),
    ],
)
def test_a_state_that_is_none_is_refused_and_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("no database " * 500)
    (tmp_path / "empty.db").touch()
    done = flowc(*words)
    assert (done.status, done.out) == (2, "")
    assert said in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.db", "text.txt"]


def test_only_what_is_unfinished_is_run_without_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    services = str(EXAMPLES / "trip_services.py")
    done = flowc("run", EXAMPLES / "trip.flow", "--services", services, "--state", "new.db")
    assert done.status == 2
    assert "there is no state 'new.db'" in done.err
    assert not (tmp_path / "new.db").exists()
