"""The page, in a real browser: it loads nothing, runs nothing but its own script, can be moved and
zoomed, tells contracts and policies, and what each failure undoes."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from flowc.compiler.flow import Flow
from flowc.compiler.graph import graph
from flowc.visualize.dot import dot
from flowc.visualize.html import page
from flowc.visualize.instance import play
from flowc.visualize.picture import picture
from flowc.visualize.render import render
from tests.support.browser import opened
from tests.support.drawn import example, named
from tests.support.hostile import TEXTS, hostile
from tests.support.told import hostile_story

EXAMPLES = [("order", "fulfil_order"), ("trip", "book_trip"), ("onboard", "onboard")]
ORDER = example("order", "fulfil_order")
NAMES = picture(graph(ORDER)).names


def page_of(flow: Flow) -> str:
    built = graph(flow)
    shown = picture(built)
    return page(built, shown, render(dot(shown), "svg").decode())


def place(shown: Page, name: str = "hold") -> dict[str, float]:
    """Where a box stands on the screen."""
    found = shown.locator(f"#{NAMES[name]}").bounding_box()
    assert found is not None
    return {"x": found["x"], "y": found["y"], "width": found["width"]}


def choose(shown: Page, failure: str) -> None:
    """Move the slider by its keys until it says so."""
    shown.focus("#failure")
    shown.keyboard.press("Home")
    for _ in range(int(shown.get_attribute("#failure", "max") or "0")):
        shown.keyboard.press("ArrowRight")
        if shown.inner_text("#said") == failure:
            return
    raise AssertionError(f"the slider has no `{failure}`")


def boxes(shown: Page, wear: str) -> set[str]:
    found = shown.locator(f"svg .node.{wear}").evaluate_all("all => all.map(one => one.id)")
    return {box for box, name in NAMES.items() if name in found}


def test_it_is_dragged(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, page_of(ORDER), tmp_path) as (shown, told):
        before = place(shown)
        shown.mouse.move(500, 500)
        shown.mouse.down()
        shown.mouse.move(560, 440, steps=4)
        shown.mouse.up()
        after = place(shown)
        assert after["x"] - before["x"] == pytest.approx(60, abs=1)
        assert after["y"] - before["y"] == pytest.approx(-60, abs=1)
        assert after["width"] == pytest.approx(before["width"])
        shown.mouse.move(700, 500)  # the button is up: nothing follows any more
        assert place(shown) == after
        assert told.nothing()


def test_it_is_zoomed_about_the_pointer(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, page_of(ORDER), tmp_path) as (shown, told):
        before = place(shown)
        shown.mouse.move(before["x"], before["y"])
        shown.keyboard.down("Control")
        shown.mouse.wheel(0, -200)
        shown.keyboard.up("Control")
        shown.wait_for_function(
            f"document.querySelector('#{NAMES['hold']}')"
            f".getBoundingClientRect().width > {before['width'] * 1.5}"
        )
        after = place(shown)
        assert after["x"] == pytest.approx(before["x"], abs=4)  # outlines grow, too
        assert after["y"] == pytest.approx(before["y"], abs=4)
        shown.click("#fit")
        assert place(shown) == before
        shown.click("#in")
        wide = place(shown)["width"]
        assert wide == pytest.approx(before["width"] * 1.25, rel=0.01)
        shown.click("#out")
        shown.locator("body").press("+")
        assert place(shown)["width"] == pytest.approx(wide, rel=0.01)
        shown.locator("body").press("0")
        assert place(shown) == before
        assert told.nothing()


def test_a_click_tells_contract_and_policy(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, page_of(ORDER), tmp_path) as (shown, told):
        shown.click(f"#{NAMES['hold']}")
        facts = shown.inner_text("#facts")
        for words in (
            *("inventory.reserve", "order.items", "OutOfStock, Throttled"),
            *("stock", "5 tries", "10s each", "within 5m", "1s..30s", "2d"),
        ):
            assert words in facts
        shown.focus(f"#{NAMES['payment:probe']}")
        shown.keyboard.press("Enter")
        assert "payments.lookup" in shown.inner_text("#facts")
        assert "inventory.reserve" not in shown.inner_text("#facts")
        assert told.nothing()


def test_the_slider_tells_what_is_undone_in_which_order(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, page_of(ORDER), tmp_path) as (shown, told):
        assert shown.is_hidden("#story")
        assert boxes(shown, "failed") == set()
        choose(shown, "parcel: unknown")
        assert boxes(shown, "failed") == {"parcel"}
        undone = ("parcel", "payment", "hold")
        assert boxes(shown, "undone") == {f"{step}:compensation" for step in undone}
        assert boxes(shown, "end") == {"ending:compensated"}
        assert shown.locator("#story li").all_inner_texts() == [
            "undo parcel (shipping.cancel)",
            "undo payment (payments.refund)",
            "undo hold (inventory.release)",
        ]
        assert "The instance ends Compensated." in shown.inner_text("#story")
        choose(shown, "payment: CardDeclined")
        assert boxes(shown, "undone") == {"hold:compensation"}
        hold = shown.locator(f"#{NAMES['hold:compensation']}")
        assert "1" in hold.locator("text").all_text_contents()  # its turn, not its place of all
        assert hold.evaluate("box => getComputedStyle(box).opacity") == "1"
        spared = shown.locator(f"#{NAMES['parcel:compensation']}")
        assert float(spared.evaluate("box => getComputedStyle(box).opacity")) < 0.5
        shown.focus("#failure")
        shown.keyboard.press("Home")
        assert "3" in hold.locator("text").all_text_contents()
        assert boxes(shown, "undone") == set()
        assert told.nothing()


def test_the_arrows_are_those_of_the_chosen_way(browser: Browser, tmp_path: Path) -> None:
    arrows = {f"e{n}": a for n, a in enumerate(picture(graph(ORDER)).arrows, 1)}
    with opened(browser, page_of(ORDER), tmp_path) as (shown, _):

        def lit() -> set[tuple[str, str]]:
            found = shown.locator("svg .edge.undone").evaluate_all("all => all.map(one => one.id)")
            return {(arrows[one].source, arrows[one].target) for one in found}

        hold, payment = "hold:compensation", "payment:compensation"
        choose(shown, "payment: CardDeclined")
        assert lit() == {("payment", hold), (hold, "ending:compensated")}
        choose(shown, "payment: unknown, and the probe says: no")
        assert lit() == {
            *(("payment", "payment:probe"), ("payment", payment)),
            *((payment, hold), (hold, "ending:compensated")),
        }


def test_what_fails_is_brought_into_view(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, page_of(ORDER), tmp_path, height=420) as (shown, _):
        view = shown.locator("#view").bounding_box()
        assert view is not None
        assert place(shown, "parcel")["y"] > view["y"] + view["height"]
        choose(shown, "parcel: unknown")
        assert view["y"] < place(shown, "parcel")["y"] < view["y"] + view["height"]


@pytest.mark.parametrize("flow", EXAMPLES, ids=lambda flow: flow[0])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_box_and_every_failure_can_be_chosen(
    browser: Browser, flow: tuple[str, str], scheme: str, tmp_path: Path
) -> None:
    drawn = example(*flow)
    dark = scheme == "dark"
    with opened(browser, page_of(drawn), tmp_path, scheme="dark" if dark else "light") as (
        shown,
        told,
    ):
        paper = shown.evaluate("getComputedStyle(document.body).backgroundColor")
        ground = shown.evaluate("getComputedStyle(document.querySelector('svg polygon')).fill")
        assert paper == ground == ("rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)")
        facts = shown.evaluate(
            """() => [...document.querySelectorAll("svg .node[role=button]")].map((box) => {
              box.dispatchEvent(new MouseEvent("click", { bubbles: true }));
              return document.getElementById("facts").innerText;
            })"""
        )
        assert len(set(facts)) == len(facts) > 5
        count = int(shown.get_attribute("#failure", "max") or "0")
        assert count > 4
        shown.focus("#failure")
        for _ in range(count):
            shown.keyboard.press("ArrowRight")
            assert shown.locator("svg .node.failed").count() == 1
            assert shown.inner_text("#story")
        assert told.nothing()


def test_on_a_small_screen_nothing_sticks_out(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, page_of(ORDER), tmp_path, width=380, height=700) as (shown, _):
        choose(shown, "payment: unknown, and the probe says: no answer")
        wide = shown.evaluate("document.documentElement.scrollWidth")
        assert wide <= 380
        assert shown.is_visible("#story")


def test_on_paper_the_whole_picture_stands_without_its_controls(
    browser: Browser, tmp_path: Path
) -> None:
    with opened(browser, page_of(ORDER), tmp_path, media="print", scheme="dark") as (shown, _):
        assert shown.is_hidden("#failure")
        assert shown.is_hidden("#fit")
        box = shown.locator("#view svg").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 1400
        fill = shown.evaluate("getComputedStyle(document.querySelector('svg polygon')).fill")
        assert fill == "rgb(255, 255, 255)"


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


@pytest.mark.parametrize("text", TEXTS[:3])
def test_hostile_data_of_an_instance_stays_text(
    browser: Browser, text: str, tmp_path: Path
) -> None:
    built = graph(ORDER)
    play(built, hostile_story(text))
    shown_graph = picture(built)
    written = page(built, shown_graph, render(dot(shown_graph), "svg").decode())
    with opened(browser, written, tmp_path) as (shown, told):
        shown.click(f"#{shown_graph.names['payment']}")
        assert "".join(text.split()) in "".join(shown.inner_text("#facts").split())
        assert shown.locator("script").count() == 2
        assert told.nothing()


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_text_stays_text(browser: Browser, text: str, tmp_path: Path) -> None:
    written = page_of(named(hostile(text), "evil"))

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert not [name for name, _ in attrs if name.startswith("on")], tag

    Tags().feed(written)
    assert written.count("<script") == 2
    with opened(browser, written, tmp_path) as (shown, told):
        facts = shown.evaluate(
            """() => [...document.querySelectorAll("svg .node[role=button]")].map((box) => {
              box.dispatchEvent(new MouseEvent("click", { bubbles: true }));
              return document.getElementById("facts").textContent;
            })"""
        )
        shown.focus("#failure")
        for _ in range(int(shown.get_attribute("#failure", "max") or "0")):
            shown.keyboard.press("ArrowRight")
        assert any("".join(text.split()) in "".join(said.split()) for said in facts)
        assert shown.locator("script").count() == 2
        assert shown.locator("img, iframe, object, b, i, form, link, svg script").count() == 0
        assert told.nothing()


def test_same_flow_same_bytes() -> None:
    flow = example("trip", "book_trip")
    assert page_of(flow) == page_of(flow)
