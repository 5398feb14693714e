"""The commands of docs/temporal.md as they stand there, on Temporal's dev server."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.test_docs import blocks
from tests.support.durable import EXAMPLES

PAGE = EXAMPLES.parent / "docs" / "temporal.md"
PATIENCE = 120  # seconds until a condition must have come true on a loaded machine
ORDERS = """\
import time
from pathlib import Path
from types import SimpleNamespace

from .model import Hold, Parcel, Payment, Risk, RiskLevel


def reserve(order, items):
    with Path("asked").open("a") as asked:
        print(order, file=asked)
    while not Path("go").exists():
        time.sleep(0.05)
    return Hold(id="h", warehouse="n")


SERVICES = SimpleNamespace(
    inventory=SimpleNamespace(reserve=reserve, release=lambda order: None),
    fraud=SimpleNamespace(score=lambda order: Risk(level=RiskLevel.Low, reason="")),
    payments=SimpleNamespace(charge=lambda order, total: Payment(id="p")),
    shipping=SimpleNamespace(create=lambda order, hold: Parcel(id="x", tracking="t")),
    mail=SimpleNamespace(confirm=lambda order, to, tracking: None),
)
"""
TRIPS = """\
from decimal import Decimal
from types import SimpleNamespace

from .model import Booking, Payment, Ticket


def hold(**_):
    return Booking(id="b", price=Decimal(10))


held = SimpleNamespace(hold=hold, issue=lambda trip, leg: Ticket(leg=leg, number="1"))
cards = SimpleNamespace(charge=lambda trip, total: Payment(id="p"))
SERVICES = SimpleNamespace(airline=held, hotels=held, cars=held, cards=cards)
"""
TRIP = {"id": "t-1", "legs": ["a"], "nights": 1, "days": 1, "wants_car": False, "budget": 1}


class Terminal:
    """A folder, and what is typed there."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.running: list[subprocess.Popen[str]] = []
        scripts = Path(sys.executable).parent
        known = {name: v for name, v in os.environ.items() if not name.startswith("TEMPORAL_")}
        self.environment = known | {
            "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(EXAMPLES.parent),
            "TEMPORAL_ADDRESS": f"localhost:{port}",
            "TEMPORAL_CONFIG_FILE": str(folder / "none.toml"),
        }

    def begin(self, line: str) -> subprocess.Popen[str]:
        """Type a line whose end is not waited for."""
        process = subprocess.Popen(
            shlex.split(line),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=(self.folder / f"{len(self.running)}.err").open("w"),
            text=True,
        )
        self.running.append(process)
        return process

    def type(self, line: str) -> tuple[int, Any]:
        """Type a line; its status, and the JSON that it printed."""
        process = self.begin(line)
        out, _ = process.communicate(timeout=PATIENCE)
        return process.returncode, json.loads(out) if out.startswith("{") else out

    def until(self, line: str, enough: Callable[[Any], bool]) -> Any:
        """Type a line until what it prints is enough."""
        end = time.monotonic() + PATIENCE
        while True:
            _, said = self.type(line)
            if isinstance(said, dict) and enough(said):
                return said
            assert time.monotonic() < end, said

    def until_file(self, path: Path) -> None:
        """Wait until somebody has made a file."""
        end = time.monotonic() + PATIENCE
        while not path.exists():
            assert time.monotonic() < end, path
            time.sleep(0.05)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        terminal = Terminal(tmp_path, free.getsockname()[1])
    try:
        yield terminal
    finally:
        for process in reversed(terminal.running):
            if process.poll() is None:
                process.terminate()
                process.communicate(timeout=PATIENCE)


def work(terminal: Terminal, line: str, queue: str) -> subprocess.Popen[str]:
    worker = terminal.begin(line)
    assert worker.stdout is not None
    assert worker.stdout.readline() == f"working on {queue}\n"
    return worker


def test_the_page_s_commands(terminal: Terminal) -> None:
    (build,) = [
        line.removeprefix("$ ")
        for block in blocks(PAGE)
        for line in block.text.splitlines()
        if block.kind == "console" and line.startswith("$ ")
    ]
    server, worker, start, status, pause, resume, cancel, answer, result, rehearse = (
        line for block in blocks(PAGE) if block.kind == "sh" for line in block.text.splitlines()
    )
    folder = terminal.folder
    assert terminal.type(build)[0] == 0
    (folder / "orders" / "implementation.py").write_text(ORDERS)
    terminal.begin(f"{server} --headless --port {terminal.port}")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", terminal.port)) == 0:
                break
        time.sleep(0.1)
    working = work(terminal, worker, "fulfil_order")

    def order(ident: str) -> None:
        items = [{"sku": "cup", "quantity": 1}]
        given = {"id": ident, "email": "a@b", "items": items, "total": 20}
        (folder / "order.json").write_text(json.dumps({"order": given}))

    (folder / "go").touch()
    order("o-0")
    code, ending = terminal.type(start)
    assert (code, ending["value"]) == (0, {"order": "o-0", "payment": "p", "tracking": "t"})

    (folder / "go").unlink()
    order("o-1")
    starting = terminal.begin(start)
    assert terminal.until(status, lambda said: said["at"] == ["hold"])["phase"] == "Running"
    assert terminal.type(pause) == (0, {"id": "fulfil_order/o-1"})
    assert terminal.until(status, lambda said: said["paused"])["at"] == ["hold"]
    assert terminal.type(resume) == (0, {"id": "fulfil_order/o-1"})
    terminal.until(status, lambda said: not said["paused"])
    assert terminal.type(cancel) == (0, {"id": "fulfil_order/o-1"})
    terminal.until(status, lambda said: said["cancelled"])
    (folder / "go").touch()
    code, ending = terminal.type(result)
    assert (code, ending["ending"], ending["error"]["name"]) == (1, "Compensated", "Cancelled")
    assert json.loads(starting.communicate(timeout=PATIENCE)[0]) == ending
    assert starting.returncode == 1

    assert terminal.type(build.replace("order", "trip", 1).replace("orders", "trips"))[0] == 0
    (folder / "trips" / "implementation.py").write_text(TRIPS)
    work(terminal, worker.replace("orders", "trips"), "book_trip")
    (folder / "order.json").write_text(json.dumps({"trip": {**TRIP, "manager": "boss"}}))
    terminal.type(f"{start.replace('orders', 'trips')} --no-wait")
    asked = status.replace("fulfil_order/o-1", "book_trip/t-1")
    terminal.until(asked, lambda said: said["at"] == ["ruling from boss"])
    assert terminal.type(answer) == (0, {"id": "book_trip/t-1"})
    code, ending = terminal.type(result.replace("fulfil_order/o-1", "book_trip/t-1"))
    assert (code, ending["ending"]) == (0, "Completed")

    assert rehearse.startswith("python -m unittest ")
    assert terminal.type(rehearse)[0] == 0

    (folder / "go").unlink()
    (folder / "asked").unlink()
    order("o-2")
    terminal.begin(f"{start} --no-wait")
    terminal.until_file(folder / "asked")
    working.send_signal(signal.SIGTERM)
    (folder / "go").touch()
    assert working.wait(timeout=PATIENCE) == 0
    work(terminal, worker, "fulfil_order")
    code, ending = terminal.type(result.replace("o-1", "o-2"))
    assert (code, ending["ending"]) == (0, "Completed")
    assert (folder / "asked").read_text() == "o-2\n"  # what ran could end
