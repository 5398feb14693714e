"""`flowc explain`: a page for everything that flowc can say."""

from __future__ import annotations

import json
import re

import pytest

from flowc.cli.pages import FAMILIES, Page, pages
from flowc.lint.engine import catalogue
from tests.support.command import flowc

PAGES = pages()

pytestmark = pytest.mark.usefixtures("here")


def test_everything_has_a_page() -> None:
    codes = {page.code: page.name for page in PAGES}
    assert {entry.code: entry.name for entry in catalogue().entries}.items() <= codes.items()
    assert len(codes) == len(PAGES)
    assert len({page.name for page in PAGES}) == len(PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.code)
def test_a_page(page: Page) -> None:
    assert page.family in FAMILIES
    assert page.title
    assert len(page.title) <= 100
    said = flowc("explain", page.code)
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith(f"{page.code} {page.name} ({page.severity}, ")
    assert page.url in said.out
    assert ("Suppress:" in said.out) is page.suppressible
    assert max(map(len, said.out.split("\nBad:\n")[0].splitlines())) <= 100
    assert flowc("explain", page.name) == said
    assert flowc("explain", page.code.lower()) == said


def test_everything_is_listed() -> None:
    said = flowc("explain")
    assert said.status == 0
    listed = re.findall(r"^  ([A-Z]{3}[0-9]{3}) ([a-z0-9-]+) \(", said.out, re.MULTILINE)
    assert listed == [(page.code, page.name) for page in PAGES]


def test_a_family() -> None:
    said = flowc("explain", "TIM")
    assert said.status == 0
    assert said.out.startswith("TIM timeouts, retries, deadlines, budgets\n  TIM")
    assert "SAG001" not in said.out


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("uncompensated-efect", "did you mean `uncompensated-effect` (SAG001)?"),
        ("SAG01", "did you mean `uncompensated-effect` (SAG001)?"),
        ("zzz\x1b[2J", "`flowc explain` lists everything"),
    ],
)
def test_an_unknown_code(word: str, hint: str) -> None:
    said = flowc("explain", word)
    assert (said.status, said.out) == (2, "")
    assert said.err.endswith(f"; {hint}\n")
    assert "\x1b" not in said.err


def test_json() -> None:
    (row,) = json.loads(flowc("explain", "SAG001", "--format", "json").out)
    assert row["name"] == "uncompensated-effect"
    assert "flow book_trip" in row["bad"]
