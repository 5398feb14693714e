"""The documented commands, worker and starter, against a server behind gRPC."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowc.targets.cadence.target import Cadence
from tests.support.cadence import OnCadence
from tests.support.cadence_frontend import Frontend
from tests.support.durable import EXAMPLES
from tests.support.emitted import emitted, write
from tests.targets.temporal.test_dev_server import SERVICES

TEXT = (EXAMPLES / "onboard.flow").read_text()


BEATING = """
import asyncio

from .runtime.invoking import heartbeat


def screen_long(customer, passport):
    heartbeat()
    return screen(customer, passport)


async def open_long(customer, reference):
    heartbeat()
    await asyncio.to_thread(heartbeat)
    return open_account(customer, reference)


SERVICES.identity.screen, SERVICES.ledger.open = screen_long, open_long
"""


class Shell:
    """A folder with an emitted package, and a server that it talks to."""

    def __init__(self, folder: Path, frontend: Frontend) -> None:
        self.folder = folder
        self.frontend = frontend

    def start(self, *given: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", given[0], "--address", self.frontend.address, *given[1:]],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def starter(self, *given: str) -> tuple[int, dict[str, object] | str]:
        process = self.start("out.starter", *given)
        out, err = process.communicate(timeout=120)
        return process.returncode, json.loads(out) if out else err

    def input(self, known: str) -> str:
        starts = "2020-01-01T00:00:00Z"
        customer = {"id": known, "email": "a@b", "country": "de", "starts_at": starts}
        return json.dumps({"customer": customer})


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("commands")
    write(emitted(Cadence(), TEXT), folder / "out")
    (folder / "out" / "implementation.py").write_text(SERVICES + BEATING)
    known = OnCadence(TEXT)
    converter = known.module("runtime.converter").FlowDataConverter()
    with Frontend(known.registry(), converter) as frontend:
        shell = Shell(folder, frontend)
        worker = shell.start("out.worker")
        try:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "working on screen_customer\n"
            yield shell
        finally:
            worker.send_signal(signal.SIGINT)
            _, said = worker.communicate(timeout=60)
            assert "Traceback" not in said, said


def test_the_documented_commands(shell: Shell) -> None:
    known = shell.input("c-1")
    assert shell.starter("start", "--input", known, "--no-wait") == (0, {"id": "onboard/c-1"})
    assert shell.starter("answer", "onboard/c-1", "check/papers", '{"passport": 1}') == (
        2,
        "error: check/papers.passport: expected text, found the number 1\n",
    )
    code, status = shell.starter("status", "onboard/c-1")
    assert code == 0 and isinstance(status, dict)
    assert (status["at"], status["paused"]) == (["check"], False)
    answer = shell.starter("answer", "onboard/c-1", "check/papers", '{"passport": "p"}')
    assert answer == (0, {"id": "onboard/c-1"})
    code, ending = shell.starter("result", "onboard/c-1")
    assert code == 0 and isinstance(ending, dict)
    assert ending["ending"] == "Completed"
    assert shell.frontend.server.beats == 3  # of a thread, of the loop, of a thread beside it
    assert shell.starter("start", "--input", known) == (0, ending)  # attached to the first


def test_a_cancel_reaches_the_child_and_undoes(shell: Shell) -> None:
    shell.starter("start", "--input", shell.input("c-2"), "--no-wait", "--search-attributes")
    assert shell.starter("cancel", "onboard/c-2") == (0, {"id": "onboard/c-2"})
    code, ending = shell.starter("result", "onboard/c-2")
    assert code == 1 and isinstance(ending, dict)
    assert ending["error"] == {"name": "Cancelled", "message": "Cancelled", "fields": {}}


HASTY = """\
from out.runtime import connection
from out.runtime.starter import main
from out.workflows import FLOWS, TASK_LIST

connection.PATIENCE = 0.2
main(TASK_LIST, FLOWS, ["--address", "127.0.0.1:1", "result", "onboard/c-1"])
"""


def test_a_server_that_is_not_there_is_said_in_a_line(shell: Shell) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HASTY],
        cwd=shell.folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stderr == "error: no Cadence server answers at 127.0.0.1:1\n"


def test_what_cannot_be_done_is_said_in_a_line(shell: Shell) -> None:
    code, said = shell.starter("start", "--input", '{"customer": {"id": 1}}')
    wanted = "the input does not fit onboard: customer.id: expected text, found the number 1"
    assert (code, said) == (2, f"error: {wanted}\n")
    code, said = shell.starter("status", "onboard/nobody")
    assert (code, said) == (2, "error: there is no onboard/nobody\n")
    shell.starter("start", "--input", shell.input("c-3"), "--no-wait")
    shell.frontend.do(lambda: shell.frontend.server.terminate("onboard/c-3"))
    code, said = shell.starter("result", "onboard/c-3")
    assert (code, said) == (2, "error: 'onboard/c-3' was ended from outside: terminated\n")
