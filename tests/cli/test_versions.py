"""Whole processes on a file that changes: each instance ends on the code it began with."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import Shop, until

OLD = """\
policy p { timeout 60s, attempts 3, within 5m, backoff 100ms }
error Expired

service desk {
  action reserve(id: text) -> text writes seat key id
  action release(id: text) writes seat key id absorbing
  action print(id: text, word: text) -> text writes paper key id
}
flow book(id: text) -> text {
  version 1
  owner "team-x" runbook "https://runbooks.example.com/x"
  key id on duplicate attach
  deadline 1h, compensate within 1h
  default with p

  step seat = desk.reserve(id)
    compensate desk.release(id)
  await word: text from "clerk@example.com" within 30m
    on timeout fail Expired
  step paper = desk.print(id, word)
    on unknown halt
  return "one: {paper}"
}
"""
NEW = (
    OLD.replace("version 1", "version 2 supports 1")
    .replace(
        "  step seat =",
        """\
  since 2 {
    step check = desk.look(id)
  }
  step seat =""",
    )
    .replace(
        "service desk {",
        """\
service desk {
  read look(id: text) -> text""",
    )
    .replace(
        """\
  return "one: {paper}"
""",
        """\
  until 2 {
    return "one: {paper}"
  }
  since 2 {
    return "two: {paper}"
  }
""",
    )
)
SERVICES = """\
import pathlib
import time
class Desk:
    def _call(self, name, id):
        with open("calls.txt", "a") as log:
            print(name, id, file=log)
        while pathlib.Path(f"{name} {id} hangs").exists():
            time.sleep(0.05)
    def look(self, id):
        self._call("look", id)
        return "fine"
    def reserve(self, id):
        self._call("reserve", id)
        return "seat"
    def release(self, id):
        self._call("release", id)
    def print(self, id, word):
        self._call("print", id)
        return f"{word} {id}"
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "book.flow").write_text(OLD)
    (tmp_path / "desk.py").write_text(SERVICES)
    made = Shop(tmp_path, "book.flow", "desk.py")
    yield made
    made.close()


def calls(shop: Shop) -> list[str]:
    log = shop.folder / "calls.txt"
    return log.read_text().splitlines() if log.exists() else []


def change(shop: Shop, text: str) -> None:
    (shop.folder / "book.flow").write_text(text)


def test_what_waited_ends_on_its_version_while_others_start_on_the_next(shop: Shop) -> None:
    shop.start({"id": "a"})
    until(lambda: "word: waits for an answer" in shop.said())
    shop.kill()
    change(shop, NEW)
    shop.start({"id": "b"})
    until(lambda: "book/b  word: waits for an answer" in shop.said())
    until(lambda: "book/a  resumed: book@1" in shop.said())
    assert "book/b  started: book@2" in shop.said()
    for name in ("a", "b"):
        assert shop.here("signal", name, "word", f'"for {name}"').status == 0
    status, ending = shop.finish()
    assert (status, ending["value"], ending["version"]) == (0, "two: for b b", 2)
    shop.start()
    assert shop.finish()[0] == 0
    first, second = shop.story("a"), shop.story("b")
    assert (first["version"], first["ending"]["value"]) == (1, "one: for a a")
    assert (second["version"], second["ending"]["value"]) == (2, "two: for b b")
    assert [each["path"] for each in first["steps"]] == ["seat", "word", "paper"]
    assert [each["path"] for each in second["steps"]] == ["check", "seat", "word", "paper"]
    assert sorted(calls(shop)) == ["look b", "print a", "print b", "reserve a", "reserve b"]


def test_what_was_killed_in_a_step_ends_on_its_version(shop: Shop) -> None:
    hangs = shop.folder / "reserve a hangs"
    hangs.touch()
    shop.start({"id": "a"})
    until(lambda: calls(shop) == ["reserve a"])
    shop.kill()
    assert shop.runs[-1].returncode == -signal.SIGKILL
    hangs.unlink()
    change(shop, NEW)
    assert shop.here("signal", "a", "word", '"late"').status == 0
    shop.start()
    status, (ending,) = shop.finish()
    assert (status, ending["value"], ending["version"]) == (0, "one: late a", 1)
    assert calls(shop) == ["reserve a", "reserve a", "print a"]


def test_a_version_is_not_forgotten_and_not_changed_while_it_runs(shop: Shop) -> None:
    shop.start({"id": "a"})
    until(lambda: "word: waits for an answer" in shop.said())
    shop.kill()
    for text, said in (
        (NEW.replace(" supports 1", ""), "keep that version under `supports`"),
        (NEW.replace("30m", "20m"), "was started under another text of book@1"),
    ):
        change(shop, text)
        shop.start({"id": "b"})
        assert shop.finish() == (2, None)
        assert said in shop.said()
    assert calls(shop) == ["reserve a"]
    change(shop, NEW)
    assert shop.here("cancel", "a").status == 0
    shop.start()
    status, (ending,) = shop.finish()
    assert (status, ending["ending"]) == (1, "Compensated")
    assert calls(shop) == ["reserve a", "release a"]
    assert shop.here("status", "b").status == 2
