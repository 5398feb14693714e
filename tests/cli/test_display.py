"""What a terminal gets to see of user text, and how wide it is there."""

from __future__ import annotations

import pytest
import wcwidth
from hypothesis import given
from hypothesis import strategies as st

from flowc.cli.display import clean, expand, width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("日本 é 🎉", "日本 é 🎉"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\nb\tc\rd\0", "a\\nb\\tc\\rd\\x00"),
        ("\u202egnp.exe", "\\u202egnp.exe"),  # would turn the rest of the line round
        ("\x9b2J", "\\x9b2J"),  # C1 control sequence introducer
        ("no\u00a0break", "no\\xa0break"),
        ("\udcff", "\\udcff"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
    ],
)
def test_clean(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text())
def test_nothing_harmful_is_left(text: str) -> None:
    shown = clean(text)
    assert all(c.isprintable() or c in "\u200c\u200d" for c in shown)
    assert clean(shown) == shown
    shown.encode("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "plain text",
        "日本語",
        "ｆｕｌｌ ﾊﾝｶｸ",
        "한국어",
        "e\u0301galite\u0301",
        "🎉 party",
        "👩\u200d👩\u200d👧\u200d👦 family",
        "👍🏽 thumb",
        "❤\ufe0f heart",
        "☕ coffee",
        "नमस्ते"[:2],
        "Ünïcödé",
        "→ ⇒ ∀",
    ],
)
def test_widths_are_those_of_wcwidth(text: str) -> None:
    assert width(text) == wcwidth.wcswidth(text)


def test_columns_of_tabs() -> None:
    shown, columns = expand("\ta\tb")
    assert shown == "    a   b"
    assert columns == [0, 4, 5, 8, 9]


def test_columns_of_wide_and_escaped_characters() -> None:
    shown, columns = expand("日\x1bx")
    assert shown == "日\\x1bx"
    assert columns == [0, 2, 6, 7]


@given(st.text(max_size=60).filter(lambda text: "\n" not in text))
def test_there_is_a_column_for_each_code_point_and_the_end(line: str) -> None:
    _, columns = expand(line)
    assert len(columns) == len(line) + 1
    assert columns == sorted(columns)
