"""The algebra of documents: when a group breaks, and where comments end lines."""

from __future__ import annotations

import pytest

from flowc.dsl.layout import (
    BLANK,
    HARD,
    LINE,
    SOFT,
    TRAILING_COMMA,
    WIDTH,
    Doc,
    Group,
    Indent,
    Note,
    measure,
    render,
    settled,
)


def listed(*items: Doc) -> Doc:
    inside: list[Doc] = [SOFT]
    for item in items:
        inside += (item, TRAILING_COMMA if item is items[-1] else ",", LINE)
    return Group(("(", Indent(tuple(inside[:-1])), SOFT, ")"))


def test_a_group_that_fits_is_one_line() -> None:
    assert render(listed("a", "b")) == "(a, b)"


def test_a_group_that_does_not_fit_breaks_all_its_lines() -> None:
    wide = "w" * WIDTH
    assert render(listed("a", wide)) == f"(\n  a,\n  {wide},\n)"


@pytest.mark.parametrize(("tail", "lines"), [("", 1), (";", 4)])
def test_what_follows_up_to_the_next_break_must_fit_too(tail: str, lines: int) -> None:
    item = "w" * (WIDTH - len("(a, )"))
    assert render((listed("a", item), tail, HARD, "x")).count("\n") == lines


def test_a_trailing_comma_counts_too() -> None:
    for width, lines in ((WIDTH - 3, 3), (WIDTH - 2, 4)):
        item = Group(("w" * (width - 2), LINE, "v"))
        assert render(listed("a", item)).count("\n") == lines


def test_what_follows_a_possible_break_does_not_count() -> None:
    item = "w" * (WIDTH - len("(a, )"))
    follower = Group((Indent((LINE, "x" * 20)),))
    assert render((listed("a", item), follower)) == f"(a, {item})\n  {'x' * 20}"


def test_a_forced_break_breaks_every_group_around_it() -> None:
    inner = Group(("[", Indent((HARD, "a")), HARD, "]"))
    assert render(listed(inner, "b")) == "(\n  [\n    a\n  ],\n  b,\n)"


def test_a_blank_line_has_no_spaces() -> None:
    assert render(Indent(("a", BLANK, "b"))) == "a\n\n  b"


def test_comments_end_their_lines() -> None:
    doc = ("a ", Note("// one", own=False), "b", Note("// two", own=True), "c")
    assert render(doc) == "a // one\nb\n// two\nc"


def test_two_comments_in_a_row_take_two_lines() -> None:
    doc = ("a", Note("// one", own=False), Note("// two", own=False), HARD, "b")
    assert render(doc) == "a // one\n// two\nb"


def test_a_brace_group_does_not_start_a_line_on_one_line() -> None:
    brace = Group(("{", Indent((LINE, "a")), LINE, "}"), brace=True)
    assert render(("if b ", brace)) == "if b { a }"
    assert render(("if b", HARD, brace)) == "if b\n{\n  a\n}"


def test_measure_counts_the_columns_of_one_line() -> None:
    assert measure(listed("a", "b")) == len("(a, b)")
    assert measure((listed("a", "b"), HARD)) > WIDTH


def test_settling_changes_nothing_but_what_is_left_to_decide() -> None:
    fits = listed("a", "b")
    assert settled(fits, 10) == "(a, b)"
    wide = listed("a", "w" * 90)
    assert settled(wide, 10) is wide
    assert settled((fits, HARD), 0) == (fits, HARD)
