"""What `flowc run` shows of its progress: on a terminal, in lines, and as JSON."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowc.cli.progress import UnderWay
from flowc.targets.python.support import events
from flowc.targets.python.support.events import Event
from tests.support.command import flowc
from tests.support.durable import EXAMPLES
from tests.support.processes import PATIENCE, Shop, until

NOW = 1_700_000_000


def test_what_is_under_way_stands_below_its_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: NOW)
    seen = UnderWay(events)
    ms = NOW * 1000
    seen.take(Event("started", "f/1", detail="f@1", until=ms + 7_200_000))
    seen.take(Event("begins", "f/1", "hold", operation="s.hold", attempt=1))
    assert seen.rows(NOW + 5) == ["f/1  1h 59m to its deadline", "  > hold: s.hold for 5s"]
    seen.take(Event("attempt", "f/1", "hold", outcome="unknown"))
    seen.take(Event("retry", "f/1", "hold", attempt=2, until=ms + 9_000))
    assert seen.rows(NOW + 5)[1:] == ["  > hold: attempt 2 in 4s"]
    seen.take(Event("begins", "f/1", "hold", operation="s.hold", attempt=2))
    seen.take(Event("attempt", "f/1", "hold", outcome="ok"))
    seen.take(Event("awaits", "f/1", "ruling", detail="grace", until=ms + 60_000))
    assert seen.rows(NOW)[1:] == ["  ? ruling: waits for an answer of grace, 1m left"]
    seen.take(Event("woken", "f/1", "ruling", outcome="answer"))
    seen.take(Event("commit", "f/1"))
    seen.take(Event("paused", "f/1", "note"))
    assert seen.rows(NOW + 2) == ["f/1", "  = note: paused for 2s"]
    seen.take(Event("begins", "f/1", "note", operation="s.note", attempt=1))
    seen.take(Event("begins", "f/1", "hold undo", operation="s.release", attempt=1))
    assert len(seen.rows(NOW)) == 3
    seen.take(Event("ended", "f/1", outcome="Completed"))
    assert seen.rows(NOW) == []


def test_many_under_way_do_not_fill_the_screen() -> None:
    seen = UnderWay(events)
    for number in range(100):
        seen.take(Event("started", f"f/{number}"))
    rows = seen.rows(NOW)
    assert (len(rows), rows[-1]) == (20, "... and 81 more")


@pytest.fixture
def trip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.chdir(tmp_path)
    shop = Shop(
        tmp_path, str(EXAMPLES / "trip.flow"), str(EXAMPLES / "trip_services.py"), TERM="xterm"
    )
    yield shop
    shop.close()


def test_on_a_terminal_what_is_under_way_stands_below_what_happened(trip: Shop) -> None:
    ours, theirs = pty.openpty()
    seen = bytearray()

    def read() -> None:
        with contextlib.suppress(OSError):  # the other side is closed
            while data := os.read(ours, 4096):
                seen.extend(data)

    reader = threading.Thread(target=read, daemon=True)
    words = trip.words(json.loads((EXAMPLES / "trip.json").read_text()))
    with subprocess.Popen(
        words, cwd=trip.folder, env=trip.env, stdout=subprocess.PIPE, stderr=theirs, text=True
    ) as run:
        os.close(theirs)
        reader.start()
        until(lambda: b"? ruling: waits for an answer of grace@example.com, 47h" in seen)
        assert b"to its deadline" in seen
        assert b"flight: airline.hold ok" in seen
        trip.here("signal", "t-2001", "ruling", '{"granted": true, "reason": ""}')
        out, _ = run.communicate(timeout=PATIENCE)
        assert run.returncode == 0
    reader.join(PATIENCE)
    os.close(ours)
    assert json.loads(out)["ending"] == "Completed"
    assert b"\x1b[2K" in seen  # what was under way is taken back
    assert b"\x1b[?25h" in seen[-40:]  # and the cursor is there again


def test_as_json_every_event_is_a_line_and_the_ending_is_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = flowc(
        *("run", EXAMPLES / "order.flow", "--json", "--state", tmp_path / "run.db"),
        *("--input", f"@{EXAMPLES / 'order_declined.json'}"),
        *("--services", EXAMPLES / "order_services.py"),
    )
    assert (done.status, done.err) == (1, "")
    told = [json.loads(line) for line in done.out.splitlines()]
    assert {each["instance"] for each in told} == {"fulfil_order/o-1002"}
    assert (told[0]["event"], told[-1]["event"]) == ("started", "ending")
    assert told[-1]["error"]["name"] == "CardDeclined"
    attempts = [(e["path"], e["outcome"]) for e in told if e["event"] == "attempt"]
    assert attempts == [
        *(("hold", "ok"), ("risk", "ok"), ("payment", "failed"), ("hold undo", "ok"))
    ]
