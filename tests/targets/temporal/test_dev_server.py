"""The starter's commands on Temporal's dev server, and what the test server cannot show."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.worker import Replayer

from flowc.cli.memory import import_package
from tests.support.durable import EXAMPLES
from tests.support.emitted import write
from tests.support.temporal import SCRIPTS, compiled, family

SERVICES = """\
from types import SimpleNamespace
from .model import Account, Check, Job
from datetime import datetime, timezone

MOMENT = datetime(2020, 1, 1, tzinfo=timezone.utc)


def screen(customer, passport):
    return Check(passed=True, reason="")


def open_account(customer, reference):
    return Account(id=customer, opened=MOMENT, reference=reference)


job = Job(id="job", done=True, url=None)
SERVICES = SimpleNamespace(
    identity=SimpleNamespace(screen=screen),
    render=SimpleNamespace(
        start=lambda customer: job, poll=lambda job: Job(id=job, done=True, url=None), discard=print
    ),
    ledger=SimpleNamespace(open=open_account, close=print),
    mail=SimpleNamespace(welcome=lambda customer, to, url: None),
)
"""
PACKAGE = "dev_server"  # what is played, once more in this process
ATTRIBUTES = ("FlowKey", "FlowOwner", "FlowStatus")


class Shell:
    """A folder with an emitted package, and a server that it talks to."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.address = f"localhost:{port}"

    def start(self, *given: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", *given],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def starter(self, *given: str) -> tuple[int, dict[str, object] | str]:
        process = self.start("out.starter", "--address", self.address, *given)
        out, err = process.communicate(timeout=120)
        return process.returncode, json.loads(out) if out else err

    def replay(self, ident: str) -> int:
        """Replay an instance and its children as the server holds them; how many there were."""
        workflows = import_module(f"{PACKAGE}.workflows").WORKFLOWS
        converter = import_module(f"{PACKAGE}.runtime.converter").DATA_CONVERTER

        async def all_of_them() -> int:
            found = await family(await Client.connect(self.address), ident)
            replayer = Replayer(workflows=list(workflows), data_converter=converter)
            for history in found:
                await replayer.replay_workflow(history)
            return len(found)

        return asyncio.run(all_of_them())

    def input(self, known: str) -> str:
        starts = "2020-01-01T00:00:00Z"
        customer = {"id": known, "email": "a@b", "country": "de", "starts_at": starts}
        return json.dumps({"customer": customer})


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("dev")
    files = compiled((EXAMPLES / "onboard.flow").read_text())
    write(files, folder / "out")
    import_package(PACKAGE, files)
    (folder / "out" / "implementation.py").write_text(SERVICES)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    attributes = [part for name in ATTRIBUTES for part in ("--search-attribute", f"{name}=Keyword")]
    server = subprocess.Popen(
        [
            SCRIPTS / "temporal",
            "server",
            "start-dev",
            "--headless",
            "--port",
            str(port),
            *attributes,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    shell = Shell(folder, port)
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    worker = shell.start("out.worker", "--address", shell.address)
    try:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "working on screen_customer\n"
        yield shell
    finally:
        worker.send_signal(signal.SIGINT)
        worker.communicate(timeout=60)
        server.terminate()
        server.wait(timeout=60)


def test_an_instance_is_started_answered_and_found(shell: Shell) -> None:
    known = shell.input("c-1")
    started = shell.starter("start", "--input", known, "--no-wait", "--search-attributes")
    assert started == (0, {"id": "onboard/c-1"})
    assert shell.starter("answer", "onboard/c-1", "check/papers", '{"passport": 1}') == (
        2,
        "error: check/papers.passport: expected text, found the number 1\n",
    )
    answer = shell.starter("answer", "onboard/c-1", "check/papers", '{"passport": "p"}')
    assert answer == (0, {"id": "onboard/c-1"})
    code, ending = shell.starter("result", "onboard/c-1")
    assert code == 0 and isinstance(ending, dict)
    assert ending["ending"] == "Completed"
    assert shell.starter("start", "--input", known) == (0, ending)  # attached to the first

    async def found() -> list[str]:
        client = await Client.connect(shell.address)
        for _ in range(50):
            query = "FlowStatus = 'Completed' and FlowKey = 'c-1' and FlowOwner = 'team-onboarding'"
            ids = [workflow.id async for workflow in client.list_workflows(query)]
            if ids:
                return ids
            await asyncio.sleep(0.1)
        return []

    assert asyncio.run(found()) == ["onboard/c-1"]
    assert shell.replay("onboard/c-1") == 2


def test_a_cancel_reaches_the_child_and_undoes(shell: Shell) -> None:
    shell.starter("start", "--input", shell.input("c-2"), "--no-wait")
    shell.starter("cancel", "onboard/c-2")
    code, ending = shell.starter("result", "onboard/c-2")
    assert code == 1 and isinstance(ending, dict)
    assert ending["error"] == {"name": "Cancelled", "message": "Cancelled", "fields": {}}
    assert shell.replay("onboard/c-2") in (1, 2)  # the child may never have begun


def test_a_child_that_is_killed_halts_its_parent(shell: Shell) -> None:
    shell.starter("start", "--input", shell.input("c-3"), "--no-wait")

    async def kill() -> None:
        client = await Client.connect(shell.address)
        for _ in range(100):
            try:
                await client.get_workflow_handle("onboard/c-3/check").terminate()
            except Exception:
                await asyncio.sleep(0.1)
            else:
                return

    asyncio.run(kill())
    code, ending = shell.starter("result", "onboard/c-3")
    assert code == 1 and isinstance(ending, dict)
    assert (ending["ending"], ending["step"]) == ("Halted", "check")
    assert shell.replay("onboard/c-3") == 2


def test_what_cannot_be_done_is_said_in_a_line(shell: Shell) -> None:
    code, said = shell.starter("start", "--input", '{"customer": {"id": 1}}')
    assert code == 2
    assert (
        said
        == "error: the input does not fit onboard: customer.id: expected text, found the number 1\n"
    )
    code, said = shell.starter("status", "onboard/nobody")
    assert code == 2 and isinstance(said, str) and "not found" in said
