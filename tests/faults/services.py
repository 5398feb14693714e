"""Services that misbehave, on the clock on the wall, through whole processes of `flowc run`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.faults.found import Found, every, unfinished
from tests.faults.statuses import status
from tests.support.durable import EXAMPLES

GOOD = (EXAMPLES / "order_services.py").read_text(encoding="utf-8")
ORDER = json.loads((EXAMPLES / "order.json").read_text(encoding="utf-8"))["order"]["id"]
HOLD = '        return _remember("reserved"'
CHARGE = '        return _remember("charged"'
SCORE = '        if order.startswith("fraud"):'
CONFIRM = '        _remember("mailed"'
CANCEL = '        _remember("unshipped"'


class Wrong(NamedTuple):
    """How the services are changed: a line is put before `at`. `status` is the exit status,
    `done` what has happened in the world, `says` what standard error tells."""

    kind: str
    at: str
    line: str
    status: int
    done: frozenset[str]
    says: str


RELEASED = frozenset({"released"})
UNDONE = frozenset({"reserved", "released"})
ALL = frozenset({"reserved", "charged", "shipped", "mailed"})
WRONG = [
    Wrong("raises", SCORE, "raise OSError('gone')", 1, UNDONE, "risk: fraud.score unknown"),
    Wrong("raises", SCORE, "raise SystemExit(7)", 1, UNDONE, "SystemExit"),
    Wrong("raises", SCORE, "raise KeyboardInterrupt", 1, UNDONE, "KeyboardInterrupt"),
    Wrong("raises", SCORE, "raise GeneratorExit", 1, UNDONE, "GeneratorExit"),
    Wrong("raises", SCORE, "raise StopIteration", 1, UNDONE, "StopIteration"),
    Wrong("raises", SCORE, "import asyncio; raise asyncio.CancelledError", 1, UNDONE, "unknown"),
    Wrong("raises", CONFIRM, "raise RecursionError", 0, ALL - {"mailed"}, "RecursionError"),
    Wrong("raises", HOLD, "raise type('OutOfStock', (Exception,), {})()", 1, RELEASED, "unknown"),
    Wrong("raises", HOLD, "raise OutOfStock('s')", 1, frozenset(), "OutOfStock"),
    Wrong(
        "raises",
        CHARGE,
        "raise ConnectionError('lost')",
        1,
        UNDONE | {"refunded"},
        "ConnectionError",
    ),
    Wrong("hangs", SCORE, "import asyncio; await asyncio.sleep(3600)", 1, UNDONE, "no answer in"),
    Wrong("hangs", HOLD, "time.sleep(3600)", 1, frozenset({"released"}), "no answer in time"),
    Wrong("hangs", CONFIRM, "threading.Event().wait()", 0, ALL - {"mailed"}, "no answer in time"),
    Wrong("wrong type", SCORE, "return 7", 1, UNDONE, "expected"),
    Wrong("wrong type", SCORE, "return {'level': 'Lofty', 'reason': ''}", 1, UNDONE, "Lofty"),
    Wrong("wrong type", SCORE, "return object()", 1, UNDONE, "expected"),
    Wrong("wrong type", SCORE, "return {'level': 'Low', 'reason': None}", 1, UNDONE, "reason"),
    Wrong("wrong type", HOLD, "return None", 1, frozenset({"released"}), "expected"),
    Wrong("prints", HOLD, "print('hello'); print('\\x1b[31m')", 0, ALL, "hello"),
    Wrong("prints", SCORE, "import sys; sys.stdout.write('x' * 100000)", 0, ALL, "xxx"),
    Wrong("closes its output", SCORE, "import sys; sys.stdout = None", 0, ALL, "Completed"),
]
MISSING = {
    "no such file": (None, "there is no file"),
    "no Python": ("class Fraud(:\n", "order_services"),
    "fails when imported": ("raise ValueError('not today')\n", "not today"),
    "stops when imported": ("raise SystemExit(3)\n", ""),
    "no services": ("", "Inventory"),
    "a service is missing": (GOOD.replace("class Fraud", "class Other"), "fraud"),
    "an action is missing": (GOOD.replace("def score", "def other"), "score"),
    "a parameter is missing": (
        GOOD.replace("def charge(self, order, total)", "def charge(self, order)"),
        "total",
    ),
    "an action is no function": (
        GOOD.replace(
            "    async def score(self, order):", "    score = 3\n\n    def other(self, order):"
        ),
        "score",
    ),
}


def shards() -> list[str]:
    return ["misbehaving", "missing"]


def run(shard: str, nth: int, folder: Path) -> Found:
    """The services of the order, changed in one place."""
    text = (EXAMPLES / "order.flow").read_text(encoding="utf-8").replace(" jitter", "")
    for said, brief in (
        ("timeout 10s", "timeout 400ms"),
        ("timeout 30s", "timeout 400ms"),
        ("attempts 5", "attempts 2"),
        ("attempts unlimited", "attempts 2"),
        ("backoff 1s..30s", "backoff 10ms..20ms"),
        ("backoff 2s..10m", "backoff 10ms..20ms"),
    ):
        text = text.replace(said, brief)
    (folder / "order.flow").write_text(text, encoding="utf-8")
    found = Found()
    if shard == "missing":
        for name, (module, says) in every(iter(MISSING.items()), nth):
            found.case(f"order: services module, {name}", name, _missing(folder, module, says))
    else:
        for number, wrong in enumerate(every(iter(WRONG), nth)):
            home = folder / str(number)
            home.mkdir()
            differences = _misbehaving(folder / "order.flow", home, wrong)
            found.case(f"order: a service {wrong.kind}", wrong.line, differences)
    return found


def _misbehaving(flow: Path, home: Path, wrong: Wrong) -> list[str]:
    indent = " " * (len(wrong.at) - len(wrong.at.lstrip()))
    changed = GOOD.replace(wrong.at, f"{indent}{wrong.line}\n{wrong.at}")
    assert changed != GOOD
    (home / "services.py").write_text(changed, encoding="utf-8")
    done = _flowc(flow, home, home / "services.py")
    found = []
    if done.returncode != wrong.status:
        found.append(f"it ended with {done.returncode}: {done.stderr[-500:]}")
    try:
        json.loads(done.stdout)
    except ValueError:
        found.append(f"its result is no JSON: {done.stdout[:200]!r}")
    if wrong.says not in done.stderr:
        found.append(f"it does not tell {wrong.says!r}: {done.stderr[-500:]}")
    if "Traceback" in done.stderr:
        found.append("it shows a traceback")
    world = home / "world.json"
    happened = set(json.loads(world.read_text())) if world.exists() else set()
    if happened != wrong.done:
        found.append(f"{sorted(happened)} happened")
    return found + _told(home, done.stdout, happened) + unfinished(str(home / "run.db"))


def _told(home: Path, printed: str, happened: set[str]) -> list[str]:
    """Where `flowc status` parts from what was printed, and from what happened in the world."""
    seen = status(str(home / "run.db"), f"fulfil_order/{ORDER}")
    if seen is None:
        return ["its status tells nothing"]
    found = []
    if seen["ending"] != json.loads(printed):
        found.append(f"its status says {seen['ending']}, and it printed {printed}")
    undone = {each["path"] for each in seen["steps"] if each["effect"] == "undone"}
    if ("hold" in undone) != ("released" in happened):
        found.append(f"undone by its status: {sorted(undone)}; in the world: {sorted(happened)}")
    return found


def _missing(folder: Path, module: str | None, says: str) -> list[str]:
    services = folder / "order_services.py"
    services.unlink(missing_ok=True)
    if module is not None:
        services.write_text(module, encoding="utf-8")
    done = _flowc(folder / "order.flow", folder, services)
    found = []
    if done.returncode != 2:
        found.append(f"it ended with {done.returncode}")
    if says not in done.stderr or not done.stderr.startswith("flowc: "):
        found.append(f"it says {done.stderr!r}")
    if "Traceback" in done.stderr or done.stdout:
        found.append(f"it shows {done.stderr[-300:]!r} and {done.stdout!r}")
    if (folder / "run.db").exists():
        found.append("it made a state")
    return found


def _flowc(flow: Path, home: Path, services: Path) -> subprocess.CompletedProcess[str]:
    words = [
        "run",
        str(flow),
        "--input",
        f"@{EXAMPLES / 'order.json'}",
        "--services",
        str(services),
    ]
    return subprocess.run(
        [sys.executable, "-m", "flowc", *words, "--state", str(home / "run.db")],
        cwd=home,
        env={**os.environ, "ORDER_WORLD": str(home / "world.json")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
