"""`flowc graph --run`: what instances did on the real engine, drawn from their state."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import flowc
from tests.support.durable import EXAMPLES


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def starting(tmp: Path, name: str, data: str, state: Path) -> subprocess.Popen[str]:
    """A process that starts an instance of an example with its simulated services."""
    words = ["run", EXAMPLES / f"{name}.flow", "--input", f"@{EXAMPLES / data}"]
    words += ["--services", EXAMPLES / f"{name}_services.py", "--state", state]
    return subprocess.Popen(
        [sys.executable, "-m", "flowc", *map(str, words)],
        cwd=tmp,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """States with an order whose card was declined, a trip and an onboarding that wait."""
    tmp = tmp_path_factory.mktemp("states")
    found = {name: tmp / f"{name}.db" for name in ("order", "trip", "onboard")}
    declined = starting(tmp, "order", "order_declined.json", found["order"])
    said, _ = declined.communicate(timeout=300)
    assert declined.returncode == 1, said
    for name in ("trip", "onboard"):
        process = starting(tmp, name, f"{name}.json", found[name])
        try:
            with contextlib.chdir(tmp):
                until_it_waits(found[name], process)
        finally:
            process.kill()
            process.communicate()
    return found


def until_it_waits(state: Path, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 300
    while time.monotonic() < end:
        assert process.poll() is None, process.stdout and process.stdout.read()
        said = flowc("instances", "--state", state, "--json")
        if said.status == 0 and [row["state"] for row in json.loads(said.out)] == ["waiting"]:
            return
        time.sleep(0.2)
    raise AssertionError("it does not come to wait")


def drawn(name: str, key: str, state: Path, *words: str) -> dict[str, Any]:
    """What stands in the picture: words by node."""
    file = EXAMPLES / f"{name}.flow"
    said = flowc("graph", file, "--run", key, "--state", state, "--format", "json", *words)
    assert (said.status, said.err) == (0, "")
    data = json.loads(said.out)
    marked = {
        node["id"]: f"{node['did']['state']}: {'; '.join(node['did']['words'])}"
        for node in data["nodes"]
        if node.get("did", {}).get("state", "not reached") != "not reached"
    }
    return {"": "; ".join(data["graph"]["instance"]), **marked}


def test_a_declined_order(states: dict[str, Path]) -> None:
    found = drawn("order", "o-1002", states["order"])
    assert "instance fulfil_order/o-1002: Compensated" in found[""]
    assert "CardDeclined" in found[""]
    assert set(found) == {
        *("", "hold", "hold:compensation", "risk", "payment", "ending:compensated"),
    }
    assert found["hold"].startswith("undone: done")
    assert found["payment"].startswith("failed: failed")
    assert "CardDeclined" in found["payment"]


def test_a_trip_that_waits_for_a_manager(states: dict[str, Path]) -> None:
    found = drawn("trip", "book_trip/t-2001", states["trip"])
    waits = next(words for node, words in found.items() if node.endswith("/ruling"))
    assert waits.startswith("waiting: waiting for grace@example.com until 20")
    assert sum(words.startswith("done") for words in found.values()) == 3
    assert "deadline 20" in found[""]


def test_a_sub_flow_that_waits(states: dict[str, Path]) -> None:
    found = drawn("onboard", "c-3001", states["onboard"])
    assert found["check"] == "waiting: waiting inside, at check/papers"
    inner = drawn("onboard", "c-3001", states["onboard"], "--flow", "screen_customer")
    assert inner["papers"].startswith("waiting: ")


@pytest.mark.parametrize("ending", ["svg", "png", "html", "dot", "mmd"])
def test_every_format_shows_it(ending: str, states: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / f"run.{ending}"
    words = ("--run", "o-1002", "--state", states["order"], "-o", out, "-q")
    assert flowc("graph", EXAMPLES / "order.flow", *words) == (0, "", "")
    if ending != "png":
        text = out.read_text(encoding="utf-8").replace("<br/>", " ")
        assert "the instance ended here" in text.replace("\n", " ")
        assert "then undone" in text


@pytest.mark.parametrize(
    ("file", "words", "said"),
    [
        ("order", ("--run", "nobody"), "no instance `nobody`"),
        ("trip", ("--run", "o-1002"), "there is no flow `fulfil_order`"),
        ("order", ("--run", "o-1002", "--diff", "1"), "not both"),
        ("order", ("--run", "o-1002", "--state", "nowhere.db"), "nowhere.db"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    file: str,
    words: tuple[str, ...],
    said: str,
    states: dict[str, Path],
) -> None:
    status, out, err = flowc("graph", EXAMPLES / f"{file}.flow", "--state", states["order"], *words)
    assert (status, out) == (2, "")
    assert said in err
