"""`flowc run`: whole processes on a state file, killed and finished by the same command."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Said, flowc
from tests.support.durable import EXAMPLES
from tests.support.processes import until

ORDER = EXAMPLES / "order.flow"
SERVICES = EXAMPLES / "order_services.py"


def command(tmp: Path, **changes: str) -> list[str]:
    options = {
        "input": f"@{EXAMPLES / 'order.json'}",
        "services": str(SERVICES),
        "state": str(tmp / "run.db"),
        **changes,
    }
    words = [sys.executable, "-m", "flowc", "run", options.pop("file", str(ORDER))]
    for name, value in options.items():
        words += [f"--{name}", value]
    return words


def environment(tmp: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "ORDER_WORLD": str(tmp / "world.json"), **more}


def run(tmp: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(tmp, **changes),
        env=environment(tmp),
        cwd=tmp,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def refused(tmp: Path, monkeypatch: pytest.MonkeyPatch, **changes: str) -> Said:
    """Run it in this process: for what is refused before an engine is started."""
    monkeypatch.chdir(tmp)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return flowc(*command(tmp, **changes)[3:])


def world(tmp: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((tmp / "world.json").read_text())
    return found


def test_an_order_completes_and_a_second_run_attaches(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    ending = json.loads(done.stdout)
    assert ending["ending"] == "Completed"
    assert ending["value"]["tracking"] == "TRK-o-1001"
    lines = done.stderr.splitlines()
    assert lines[0] == "fulfil_order/o-1001  started: fulfil_order@2"
    assert any("payment: payments.charge ok" in line for line in lines)
    assert lines[-1] == "fulfil_order/o-1001  Completed"
    before = world(tmp_path)
    again = run(tmp_path)
    assert json.loads(again.stdout) == ending
    ended = "fulfil_order/o-1001  ended before (Completed): under the same key nothing runs again"
    assert again.stderr.splitlines() == [ended]
    other = json.loads((EXAMPLES / "order.json").read_text())
    other["order"]["total"] = 1
    different = run(tmp_path, input=json.dumps(other))
    assert json.loads(different.stdout) == ending
    said = "fulfil_order/o-1001  was started with another input: the one given now is ignored"
    assert different.stderr.splitlines() == [ended, said]
    assert world(tmp_path) == before


def test_a_declined_card_releases_the_stock(tmp_path: Path) -> None:
    done = run(tmp_path, input=f"@{EXAMPLES / 'order_declined.json'}")
    assert done.returncode == 1, done.stderr
    ending = json.loads(done.stdout)
    assert ending["ending"] == "Compensated"
    assert ending["error"]["name"] == "CardDeclined"
    assert set(world(tmp_path)) == {"reserved", "released"}


REJECTS = """\
policy once { timeout 10s }
service s { action work(id: text, what: text) -> text writes x key id }
flow f(id: text, what: text) -> text {
  version 1
  owner "team-x" runbook "https://runbooks.example.com/x"
  key id on duplicate reject

  step work = s.work(id, what) with once
    on unknown halt
  return work
}
"""
WORKS = """class S:
    def work(self, id, what):
        return what
"""


def test_killed_before_it_printed_the_same_command_prints_how_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.flow").write_text(REJECTS)
    (tmp_path / "s.py").write_text(WORKS)
    files = {"file": "f.flow", "services": "s.py", "input": '{"id": "a", "what": "first"}'}
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    with contextlib.suppress(BlockingIOError):
        while True:  # nothing can be printed into a pipe that is full
            os.write(writes, bytes(4096))
    os.set_blocking(writes, True)
    victim = subprocess.Popen(
        command(tmp_path, **files), cwd=tmp_path, stdout=writes, stderr=subprocess.DEVNULL
    )
    until(lambda: "Completed" in flowc("instances", "--state", tmp_path / "run.db").out)
    victim.kill()
    victim.wait()
    os.close(reads)
    os.close(writes)
    other = run(tmp_path, **files | {"input": '{"id": "a", "what": "second"}'})
    assert (other.returncode, other.stdout) == (2, "")
    said = "was started before with another input and ended Completed, and duplicates are rejected"
    assert said in other.stderr
    again = run(tmp_path, **files)
    assert (again.returncode, json.loads(again.stdout)["value"]) == (0, "first")
    assert "ended before (Completed)" in again.stderr
    third = run(tmp_path, **files)
    assert (third.returncode, third.stdout) == (2, "")
    assert "was started before and ended Completed, and duplicates are rejected" in third.stderr


@pytest.mark.parametrize("seen", ["reserved", "charged", "shipped"])
def test_killed_in_a_step_the_same_command_finishes_it(tmp_path: Path, seen: str) -> None:
    victim = subprocess.Popen(
        command(tmp_path),
        env=environment(tmp_path, ORDER_PAUSE="0.4"),
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(1500):
        time.sleep(0.02)
        if (tmp_path / "world.json").exists() and seen in world(tmp_path):
            break
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "resumed: fulfil_order@2" in done.stderr
    assert set(world(tmp_path)) == {"reserved", "charged", "shipped", "mailed"}
    assert json.loads(done.stdout)["value"]["payment"] == "pay-o-1001"


def test_two_processes_do_not_work_on_one_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "run.db.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = refused(tmp_path, monkeypatch)
    assert done.status == 2
    assert "another process is at work" in done.err
    assert not (tmp_path / "run.db").exists()


BAD_SERVICES = {
    "missing class": ("class Inventory: ...\n", "has no `Fraud` for the service `fraud`"),
    "missing function": ("class Mail: ...\n", "has no function for `mail.confirm`"),
    "wrong parameters": (
        "class Mail:\n    def confirm(self, order): ...\n",
        "`mail.confirm`",
    ),
    "raises": ("1 / 0\n", "ZeroDivisionError"),
    "no Python": ("def (\n", "SyntaxError"),
    "exits": ("raise SystemExit(3)\n", "SystemExit"),
    "cannot be made": (
        "class Mail:\n    def __init__(self, server): ...\n",
        "cannot be made without arguments",
    ),
}


@pytest.mark.parametrize("kind", BAD_SERVICES)
def test_unusable_services_are_reported_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    content, said = BAD_SERVICES[kind]
    (tmp_path / "mine.py").write_text(content)
    done = refused(tmp_path, monkeypatch, services="mine.py")
    assert done.status == 2
    assert said in done.err
    assert "internal" not in done.err
    assert not (tmp_path / "run.db").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"input": "{"}, "`--input` is no JSON"),
        ({"input": '{"order": 1e' + "9" * 20 + "}"}, "is beyond all numbers that are kept"),
        ({"input": "@none.json"}, "cannot read `none.json`: No such file or directory"),
        ({"input": "[]"}, "expected an object"),
        ({"input": "{}"}, "order: expected Order, found nothing"),
        ({"input": '{"order": {"id": 5}}'}, "order.id: expected text, found the number 5"),
        ({"input": '{"order": 1, "order": 2}'}, "`order` stands twice"),
        ({"services": "no_such_module"}, "there is no module `no_such_module`"),
        ({"services": "gone.py"}, "there is no file `gone.py`"),
        ({"flow": "other"}, "there is no flow `other` here, only `fulfil_order`"),
        ({"state": "no/such/run.db"}, "there is no folder"),
        ({"file": "none.flow"}, "no such file"),
    ],
)
def test_what_cannot_run_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], said: str
) -> None:
    done = refused(tmp_path, monkeypatch, **changes)
    assert done.status == 2
    assert said in done.err
    assert done.out == ""
    assert "internal" not in done.err


@pytest.mark.parametrize("content", [b"not a database, but some text" * 200, b"\0" * 5000])
def test_a_state_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.db").write_bytes(content)
    done = run(tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert (tmp_path / "run.db").read_bytes() == content


def test_a_database_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "run.db")) as database:
        database.execute("CREATE TABLE workflow_status (mine TEXT)")
        database.commit()
    done = refused(tmp_path, monkeypatch)
    assert done.status == 2
    assert "the state cannot be used" in done.err
    assert "internal" not in done.err


def test_services_that_print_do_not_disturb_the_result(tmp_path: Path) -> None:
    text = SERVICES.read_text().replace(
        "    async def score(self, order):",
        '    async def score(self, order):\n        print("hi")',
    )
    (tmp_path / "loud.py").write_text(text)
    done = run(tmp_path, services="loud.py")
    assert done.returncode == 0
    assert json.loads(done.stdout)["ending"] == "Completed"
    assert "hi" in done.stderr


def test_a_long_action_that_gives_signs_of_life_is_not_cut(tmp_path: Path) -> None:
    (tmp_path / "long.flow").write_text(
        "policy p { heartbeat 400ms, within 1m }\n"
        "service s { action work(id: text) -> int writes x key id }\n"
        "flow f(id: text) -> int {\n"
        '  version 1\n  owner "o" runbook "r"\n  key id on duplicate attach\n\n'
        "  step a = s.work(id) with p\n    on unknown halt\n  return a\n}\n"
    )
    (tmp_path / "long.py").write_text(
        "import time, flowc\n"
        "class S:\n"
        "    def work(self, id):\n"
        "        for n in range(50):\n"
        "            time.sleep(0.02)\n"
        "            flowc.heartbeat()\n"
        "        return n\n"
    )
    done = run(tmp_path, file="long.flow", input='{"id": "x"}', services="long.py")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["value"] == 49


def test_a_process_killed_while_it_made_the_state_left_nothing_unfinished(tmp_path: Path) -> None:
    """The file is there before its tables are: all of them come in one transaction."""
    with contextlib.closing(sqlite3.connect(tmp_path / "run.db")) as database:
        database.execute("PRAGMA journal_mode=wal").fetchone()
    assert (tmp_path / "run.db").stat().st_size
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ending"] == "Completed"
