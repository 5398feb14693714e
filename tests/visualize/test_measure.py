"""Text is broken so that nothing is lost, and no line is wider than its box."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flowc.visualize.measure import width, wrap


@given(st.text(), st.floats(min_value=40, max_value=400))
def test_no_character_is_lost_and_no_line_is_too_wide(text: str, limit: float) -> None:
    lines = wrap(text, 10, limit)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width(line, 10) <= limit for line in lines)


def test_words_stay_whole_where_they_fit() -> None:
    assert wrap("reserve the stock of one order", 10, 80) == [
        "reserve the",
        "stock of one",
        "order",
    ]


def test_a_long_word_is_cut_after_punctuation() -> None:
    lines = wrap("customer.address.country_of_residence", 10, 100)
    assert lines == ["customer.address.", "country_of_", "residence"]


def test_wide_characters_take_more_room() -> None:
    assert width("中文", 10) > width("ab", 10)
    assert width("ab", 10, bold=True) > width("ab", 10)
    assert width("é", 10) >= width("e\N{COMBINING ACUTE ACCENT}", 10)
