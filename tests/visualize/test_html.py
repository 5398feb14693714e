"""The page: loads nothing, runs nothing but its own script, and tells the failures."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from flowc.compiler.flow import Flow
from flowc.compiler.graph import graph
from flowc.visualize.dot import dot
from flowc.visualize.html import page
from flowc.visualize.picture import picture
from flowc.visualize.render import render
from tests.support.drawn import example, named
from tests.support.hostile import TEXTS, hostile
from tests.support.node import node


def page_of(flow: Flow) -> str:
    built = graph(flow)
    shown = picture(built)
    return page(built, shown, render(dot(shown), "svg").decode())


def opened(text: str, folder: Path) -> dict[str, Any]:
    (folder / "page.html").write_text(text, encoding="utf-8")
    done = node("page.mjs", str(folder / "page.html"))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_slider_tells_what_is_undone(tmp_path: Path) -> None:
    flow = example("order", "fulfil_order")
    names = picture(graph(flow)).names
    found = opened(page_of(flow), tmp_path)
    assert found["problems"] == []
    states = {state["said"]: state for state in found["states"]}
    assert states["nothing fails"]["failed"] == []
    assert states["nothing fails"]["story"] == ""
    parcel = states["parcel: unknown"]
    assert parcel["failed"] == [names["parcel"]]
    assert parcel["steps"] == [
        "undo parcel (shipping.cancel)",
        "undo payment (payments.refund)",
        "undo hold (inventory.release)",
    ]
    undone = (names[f"{step}:compensation"] for step in ("parcel", "payment", "hold"))
    assert set(parcel["undone"]) == set(undone)
    assert parcel["end"] == [names["ending:compensated"]]
    assert "The instance ends Compensated." in parcel["story"]


def test_a_click_tells_contract_and_policy(tmp_path: Path) -> None:
    flow = example("order", "fulfil_order")
    hold = opened(page_of(flow), tmp_path)["facts"][picture(graph(flow)).names["hold"]]
    for words in (
        "inventory.reserve",
        "order.items",
        "OutOfStock, Throttled",
        "5 tries",
        "1s..30s",
    ):
        assert words in hold


@pytest.mark.parametrize("flow", [("trip", "book_trip"), ("onboard", "onboard")])
def test_other_examples_work(flow: tuple[str, str], tmp_path: Path) -> None:
    found = opened(page_of(example(*flow)), tmp_path)
    assert found["problems"] == []
    assert len(found["states"]) > 4
    assert all(len(state["failed"]) == 1 for state in found["states"][1:])


def test_nothing_is_loaded_and_only_its_script_may_run() -> None:
    text = page_of(example("order", "fulfil_order"))
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(script) == 1
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in text
    assert not re.search(r"\b(?:src|href|xlink:href)=", text)
    assert not re.search(r"url\(|@import", text)
    assert set(re.findall(r"https?://[^\"\s]+", text)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_text_stays_text(text: str, tmp_path: Path) -> None:
    written = page_of(named(hostile(text), "evil"))

    tags: set[str] = set()

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert not [name for name, _ in attrs if name.startswith("on")]
            tags.add(tag)

    Tags().feed(written)
    assert not tags & {"img", "iframe", "object", "b", "i"}
    assert written.count("<script") == 2
    found = opened(written, tmp_path)
    assert found["problems"] == []
    assert found["scripts"] == 2
    assert any("".join(text.split()) in "".join(facts.split()) for facts in found["facts"].values())


def test_same_flow_same_bytes() -> None:
    flow = example("trip", "book_trip")
    assert page_of(flow) == page_of(flow)
