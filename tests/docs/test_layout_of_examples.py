"""The files that the documentation shows are in canonical layout, and drafts lead to them."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.formatting import check_kept

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = [
    pytest.param(text, id=f"{page.name}-{number}")
    for page in sorted(PAGES)
    for number, (kind, text) in enumerate(FENCE.findall(page.read_text(encoding="utf-8")))
    if kind == "flow"
]
BLOCKS = FENCE.findall((ROOT / "docs" / "formatting.md").read_text(encoding="utf-8"))
DRAFTS = [(text, after) for (kind, text), (_, after) in pairwise(BLOCKS) if kind == "text"]


@pytest.mark.parametrize("text", SHOWN)
def test_a_shown_file_is_in_canonical_layout(text: str) -> None:
    assert check_kept(text) == text


@pytest.mark.parametrize(("draft", "after"), DRAFTS)
def test_a_draft_becomes_what_is_shown_after_it(draft: str, after: str) -> None:
    assert check_kept(draft) == after


def test_the_page_shows_drafts() -> None:
    assert len(DRAFTS) == 3
