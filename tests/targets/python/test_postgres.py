"""PostgreSQL as the state: whole processes, a server that goes away, and what cannot be used."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flowc.cli.run import Program
from flowc.compiler.check import check
from flowc.source import Source
from flowc.targets.python.target import Python
from tests.support.durable import EXAMPLES, Compiled
from tests.support.postgres import Server

LOCK = int.from_bytes(b"flowc", "big")
TEXT = """\
policy once { timeout 60s }
service s { action keyed(id: text) -> text writes things key id }
flow keyed(id: text) -> text {
  version 1
  owner "o" runbook "r"
  key id on duplicate attach

  step a = s.keyed(id) with once
    on unknown halt
  step b = s.keyed("{id} more") with once
    on unknown halt
  return b
}
"""


class Gate:
    """Services that answer when the gate is open."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()
        self.calls: list[str] = []
        self.s = self

    def keyed(self, id: str) -> str:  # noqa: A002
        self.calls.append(id)
        self.reached.set()
        assert self.open.wait(60)
        return id


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return Compiled(TEXT)


def engine(compiled: Compiled, gate: Gate, state: str) -> Any:
    services = compiled.module("runtime.attempt").Services(gate)
    flows = compiled.module("flows").FLOWS
    return compiled.module("runtime.engine").Engine(flows, services, state)


def until(reached: Callable[[], object]) -> None:
    """Wait for something that must come, long enough for any machine."""
    for _ in range(3000):
        if reached():
            return
        time.sleep(0.02)
    raise AssertionError("it never came")


def command(state: str, **changes: str) -> list[str]:
    options = {
        "input": f"@{EXAMPLES / 'order.json'}",
        "services": str(EXAMPLES / "order_services.py"),
        "state": state,
        **changes,
    }
    words = [sys.executable, "-m", "flowc", "run", str(EXAMPLES / "order.flow")]
    for name, value in options.items():
        words += [f"--{name}", value]
    return words


def environment(folder: Path, pause: str = "0") -> dict[str, str]:
    return {**os.environ, "ORDER_WORLD": str(folder / "world.json"), "ORDER_PAUSE": pause}


def run(folder: Path, state: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(state, **changes),
        env=environment(folder),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_killed_and_finished_and_attached_by_the_same_command(
    tmp_path: Path, postgres: Server
) -> None:
    state = postgres.database()
    world = tmp_path / "world.json"
    victim = subprocess.Popen(
        command(state),
        env=environment(tmp_path, "1"),
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: world.exists() and "reserved" in json.loads(world.read_text()))
    victim.send_signal(signal.SIGSTOP)  # it is at work for as long as the second one takes
    second = run(tmp_path, state)
    assert second.returncode == 2
    assert "another process is at work on" in second.stderr
    assert "secret" not in second.stderr
    victim.kill()
    victim.wait()
    done = run(tmp_path, state)
    assert done.returncode == 0, done.stderr
    assert "resumed: fulfil_order@2" in done.stderr
    assert set(json.loads(world.read_text())) == {"reserved", "charged", "shipped", "mailed"}
    again = run(tmp_path, state)
    assert json.loads(again.stdout) == json.loads(done.stdout)
    assert "payments.charge" not in again.stderr


def test_a_server_that_restarts_delays_an_instance_and_no_more(
    compiled: Compiled, postgres: Server
) -> None:
    gate, state = Gate(), postgres.database()
    working = engine(compiled, gate, state)
    working.launch()
    ident = working.start(compiled.module("flows").FLOWS[0], {"id_": "x"})
    assert gate.reached.wait(60)
    postgres.stop("fast")
    gate.open.set()
    postgres.start()
    assert working.ending(ident)["value"] == "x more"
    assert gate.calls == ["x", "x more"]
    working.close()


def test_a_process_whose_state_was_taken_stops_at_once(
    compiled: Compiled, postgres: Server
) -> None:
    """Cut off from the server, it finds on return that another has begun to work."""
    gate, state = Gate(), postgres.database()
    first = engine(compiled, gate, state)
    first.launch()
    ident = first.start(compiled.module("flows").FLOWS[0], {"id_": "x"})
    assert gate.reached.wait(60)
    with psycopg.connect(state, autocommit=True) as other:
        lock = other.execute(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND classid::bigint << 32 | objid::bigint = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [LOCK],
        ).fetchone()
        assert lock is not None
        other.execute("SELECT pg_terminate_backend(%s)", lock)
        take = "SELECT pg_try_advisory_lock(%s)"
        until(lambda: other.execute(take, [LOCK]).fetchone() == (True,))
        until(first._state.lost)
        gate.open.set()
        with pytest.raises(first_refused(compiled), match="another process took"):
            first.ending(ident)
        first.close()
    assert gate.calls == ["x"]
    second = engine(compiled, gate, state)
    second.launch()
    assert [instance.id for instance in second.resumed] == [ident]
    assert second.ending(ident)["value"] == "x more"
    second.close()
    assert gate.calls == ["x", "x", "x more"]


def first_refused(compiled: Compiled) -> type[Exception]:
    refused: type[Exception] = compiled.module("runtime.engine").Refused
    return refused


def test_what_cannot_be_used_is_refused_without_its_password(
    compiled: Compiled, postgres: Server
) -> None:
    url = postgres.database()
    database = url.rpartition("/")[2]
    cases = {
        url.replace(database, "nowhere"): 'database "nowhere" does not exist',
        url.replace("secret", "geheim"): "password authentication failed",
        url.replace(str(postgres.port), "1"): "refused",
        url.replace(f"/{database}", ""): "names no database",
        url.replace("postgresql://", "mysql://"): "nothing is kept in 'mysql'",
        "postgresql://flowc:secret@host:port/x": "cannot be read",
    }
    for state, said in cases.items():
        with pytest.raises(first_refused(compiled), match=said) as refused:
            engine(compiled, Gate(), state).launch()
        assert "secret" not in str(refused.value)
        assert "geheim" not in str(refused.value)


def test_a_sqlite_url_is_the_file_that_it_names(
    compiled: Compiled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for said in ("sqlite:///a.db", f"sqlite:///{tmp_path}/a.db", "odd ?%20#ü.db"):
        gate = Gate()
        gate.open.set()
        working = engine(compiled, gate, said)
        working.launch()
        ident = working.start(compiled.module("flows").FLOWS[0], {"id_": "x"})
        assert working.ending(ident)["value"] == "x more"
        working.close()
    files = {path.name for path in tmp_path.iterdir()}
    assert {name for name in files if name.endswith(".db")} == {"a.db", "odd ?%20#ü.db"}


def test_older_url_schemes_name_the_same_database(tmp_path: Path, postgres: Server) -> None:
    state = postgres.database()
    first = run(tmp_path, state)
    again = run(tmp_path, state.replace("postgresql://", "postgres://"))
    assert json.loads(first.stdout) == json.loads(again.stdout)
    assert "inventory.reserve" not in again.stderr


def test_a_program_of_its_own_runs_on_it(postgres: Server) -> None:
    checked = check(Source("test.flow", TEXT))
    program = Program(Python().emit(checked.program))
    state = program.module("runtime.state").find_state(postgres.database())
    assert state.open() is True
    state.close()


def test_a_server_ends_with_the_process_that_began_it() -> None:
    code = (
        "from tests.support.postgres import server\n"
        "with server() as made:\n"
        "    print(made.database(), made.folder, flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=EXAMPLES.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as began:
        assert began.stdout is not None
        url, folder = began.stdout.readline().split()
        psycopg.connect(url).close()
        began.kill()
    until(lambda: not Path(folder).exists())
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
