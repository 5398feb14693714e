"""A finding as people see it, text by text."""

from __future__ import annotations

import re
from textwrap import dedent

from hypothesis import given
from hypothesis import strategies as st

from flowc.cli.palette import PLAIN, Palette
from flowc.cli.render import render
from flowc.diagnostic import Diagnostic, Edit, Finding, Fix, Related
from flowc.source import Source, Span
from tests.support.findings import at, found

ORDER = Source(
    "order.flow",
    """\
flow order(id: text) {
  step hold = stock.reserve(id)

  step pay = card.charge(id)
  step ship = post.send(id, hold)

  return ship
}
""",
)


def expected(text: str) -> str:
    return dedent(text).strip("\n")


def test_everything_there_is_to_say() -> None:
    diagnostic = found(
        ORDER,
        "pay",
        "`pay` changes `account`, and nothing undoes it when `ship` fails",
        label="left behind",
        help="say how to undo `pay`\nwith `compensate ...`",
        related=(Related(at(ORDER, "ship"), "this can fail afterwards"),),
        fix=Fix("undo it with `card.refund`", (Edit(Span(0, 0), "x"),), safe=False),
        story=("hold ok", "pay ok", "ship fails"),
    )
    assert render(diagnostic, PLAIN) == expected(
        """
        warning[SAG001] uncompensated-effect: `pay` changes `account`, and nothing undoes it when `ship` fails
         --> order.flow:4:8
          |
        4 |   step pay = card.charge(id)
          |        ^^^ left behind
        5 |   step ship = post.send(id, hold)
          |        ---- this can fail afterwards
          |
          = how it goes wrong:
              1. hold ok
              2. pay ok
              3. ship fails
          = help: say how to undo `pay`
                  with `compensate ...`
          = fix: undo it with `card.refund` (`flowc lint --fix --unsafe-fixes` does it)
          = see: https://flowc.dev/rules/uncompensated-effect
        """  # noqa: E501
    )


def test_places_far_apart_and_in_other_files() -> None:
    common = Source("lib/common.flow", "\n" * 119 + "type Order { id: text }\n")
    diagnostic = found(
        ORDER,
        "return",
        related=(
            Related(at(ORDER, "hold"), "first"),
            Related(at(ORDER, "pay"), "second"),
            Related(at(common, "Order"), "declared here", common),
        ),
    )
    assert render(diagnostic, PLAIN) == expected(
        """
        warning[SAG001] uncompensated-effect: this is wrong
           --> order.flow:7:3
            |
          2 |   step hold = stock.reserve(id)
            |        ---- first
          3 |
          4 |   step pay = card.charge(id)
            |        --- second
        ...
          7 |   return ship
            |   ^^^^^^
            |
           ::: lib/common.flow:120:6
            |
        120 | type Order { id: text }
            |      ----- declared here
            |
            = see: https://flowc.dev/rules/uncompensated-effect
        """
    )


def test_carets_stand_below_wide_characters_and_tabs() -> None:
    source = Source("wide.flow", '\tlet x = "日本語🎉" + oops\n')
    lines = render(found(source, "oops"), PLAIN).split("\n")
    assert lines[3] == '1 |     let x = "日本語🎉" + oops'
    assert lines[4] == "  |                          ^^^^"


def test_two_places_on_one_line() -> None:
    source = Source("two.flow", "let x = a + b\n")
    related = (Related(at(source, "b"), "and this"),)
    text = render(found(source, "a +", label="this", related=related), PLAIN)
    assert (
        expected(
            """
        1 | let x = a + b
          |         ^^^ this
          |             - and this
        """
        )
        in text
    )


def test_the_end_of_a_file_without_a_line_end() -> None:
    source = Source("end.flow", "flow f() {")
    diagnostic = Diagnostic(
        source, "SYN010", "unclosed", "error", Finding(Span(10, 10), "missing `}`")
    )
    assert expected(
        """
        error[SYN010] unclosed: missing `}`
         --> end.flow:1:11
          |
        1 | flow f() {
          |           ^
        """
    ) in render(diagnostic, PLAIN)


def test_a_span_over_several_lines_is_underlined_on_its_first() -> None:
    source = Source("long.flow", "flow f() {\n  return\n}\n")
    diagnostic = Diagnostic(source, "CTL002", "x", "error", Finding(Span(5, 21), "all of it"))
    text = render(diagnostic, PLAIN)
    assert "1 | flow f() {\n  |      ^^^^^\n  |\n" in text


def test_a_very_long_line_is_cut_around_the_place() -> None:
    source = Source("wide.flow", "x" * 5000 + " here " + "y" * 5000)
    lines = render(found(source, "here"), PLAIN).split("\n")
    assert lines[3].startswith("1 | ...xxx")
    assert lines[3].endswith("yyy...")
    assert len(lines[3]) < 200
    caret = lines[4].index("^^^^")
    assert lines[3][caret : caret + 4] == "here"


def test_an_unreadable_file_has_no_frame() -> None:
    diagnostic = Diagnostic(
        Source("no.flow", ""),
        "FIL001",
        "no-such-file",
        "error",
        Finding(Span(0, 0), "no such file or folder"),
    )
    assert render(diagnostic, PLAIN) == expected(
        """
        error[FIL001] no-such-file: no such file or folder
         --> no.flow
          = see: https://flowc.dev/rules/no-such-file
        """
    )


def test_colours_change_nothing_but_the_colour() -> None:
    diagnostic = found(ORDER, "pay", label="here", help="do it", story=("a", "b"))
    coloured = render(diagnostic, Palette(True))
    assert "\x1b[1;33m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render(diagnostic, PLAIN)


@given(st.text(min_size=1), st.text(), st.integers(0, 50), st.integers(0, 50))
def test_no_text_of_a_user_reaches_the_terminal_raw(
    text: str, message: str, start: int, length: int
) -> None:
    source = Source(message, text)
    start = min(start, len(text))
    span = Span(start, min(start + length, len(text)))
    related = (Related(span, message, Source(message, text)),)
    fix = Fix(message, ())
    finding = Finding(span, message, message, message, related, fix, (message,))
    shown = render(Diagnostic(source, "SAG001", "x", "error", finding), PLAIN)
    assert all(c.isprintable() or c in "\n\u200c\u200d" for c in shown)
