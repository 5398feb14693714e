"""Comments are kept, in place, wherever they may stand."""

from __future__ import annotations

import re

import pytest

from flowc.dsl.lexer import tokenize
from flowc.dsl.tables import WORDS
from tests.support.everything import EVERYTHING
from tests.support.formatting import block, check_kept, expression, formatted, statements

STEP = 7  # comments stand this many tokens apart


def test_the_whole_language_in_canonical_layout_is_left_alone() -> None:
    assert check_kept(EVERYTHING) == EVERYTHING


def _noted(text: str, offset: int, mark: str) -> str:
    """`text` with a numbered comment before each seventh token."""
    tokens = tokenize(text)
    parts: list[str] = []
    last = 0
    for index in range(offset, len(tokens.kinds), STEP):
        parts += (text[last : tokens.starts[index]], f"{mark}{index}\n")
        last = tokens.starts[index]
    return "".join([*parts, text[last:]])


def _places(text: str) -> tuple[list[str], dict[str, int]]:
    """The tokens without commas, and before which of them each comment stands."""
    tokens = tokenize(text)
    words: list[str] = []
    places: dict[str, int] = {}
    remarks: dict[int, list[str]] = {}
    for start, end, index in tokens.remarks:
        remarks.setdefault(index, []).append(text[start:end])
    for index in range(len(tokens.kinds)):
        for remark in remarks.get(index, ()):
            places[remark] = len(words)
        if tokens.word(index) != ",":
            words.append(tokens.word(index))
    return words, places


@pytest.mark.parametrize("mark", [" // ", "\n// ", "\n\n  // "])
@pytest.mark.parametrize("offset", range(STEP))
def test_a_comment_between_any_two_tokens_stays_there(offset: int, mark: str) -> None:
    text = _noted(EVERYTHING, offset, mark)
    laid_out = check_kept(text)
    words, before = _places(text)
    same, after = _places(laid_out)
    assert same == words
    assert before.keys() == after.keys()
    for remark, old in before.items():
        new = after[remark]
        crossed = words[min(old, new) : max(old, new)]
        # A comment may cross signs and keywords of its own line, never what the author named;
        # from inside a type it goes before the type, from before a block into the block.
        named = [word for word in crossed if word not in WORDS and word.isidentifier()]
        if named:
            assert words[new - 1] in ("{", ":", ")"), (remark, crossed)


@pytest.mark.parametrize("offset", range(STEP))
def test_a_stray_documentation_line_never_comes_to_document_something(offset: int) -> None:
    check_kept(_noted(EVERYTHING, offset, " /// "))
    check_kept(_noted(EVERYTHING, offset, "\n/// "))


# -- own lines


@pytest.mark.parametrize(
    "text",
    [
        "// only this\n",
        "// first\nconst a = 1\n// last\n",
        "// first\n\nconst a = 1\n\n// last\n",
        "flow f() {\n  // nothing yet\n}\n",
        "flow f() { // nothing yet\n}\n",
        "type T {\n  // a\n  a: int\n  // b\n  b: int\n  // no more\n}\n",
        "enum E {\n  // one\n  A\n}\n",
        "service s {\n  // none\n}\n",
        "service s {\n  // one\n  read f()\n\n  // two\n  read g()\n}\n",
        "service s {\n  action f()\n    // where\n    writes r\n    // when\n    key k\n}\n",
        "const a = f(\n  // one\n  b,\n  // two\n  c,\n  // end\n)\n",
        "const a = [\n  // none\n]\n",
        "const a = b\n  // plus\n  + c\n",
        "const a = if b\n  // well\n  then c\n  // or\n  else d\n",
        "const a = [\n  b\n  // all\n  for b in bs\n  // some\n  when b\n  // end\n]\n",
        "const a = (\n  // why\n  b\n    or c\n  // end\n)\n".replace("    or", "  or"),
        "flow f(\n  // who\n  a: text,\n) {}\n",
    ],
)
def test_a_comment_on_its_own_line_stays_before_what_it_precedes(text: str) -> None:
    assert check_kept(text) == text


def test_comments_between_clauses_and_before_braces() -> None:
    text = block(
        """
        step a = s.f()
          // undo
          compensate s.g()
          // else
          otherwise none
        await b: T
          // remind
          every 1d {
            // nothing
          }
          // too late
          on timeout fail E
        match a {
          // first
          case A {
            let c = 1
            // end of first
          }
          // second
          else {}
          // end of match
        }
        parallel {
          // left
          branch l {}
          // end of parallel
        }
        repeat max 3 {
          let d = 1
        } until d
          // gave up
          on exhausted fail E
        // end of flow
        """
    )
    assert statements(text) == text


def test_a_comment_before_a_brace_goes_into_the_block() -> None:
    for head in ("", "  version 1\n"):
        text = f"flow f()\n// all of it\n{{\n{head}}}\n"
        assert check_kept(text) == f"flow f() {{\n  // all of it\n{head}}}\n"


def test_a_comment_before_else_or_a_handler_goes_into_the_block() -> None:
    text = """
        if a {
          let b = 1
        } // yes
        // no
        else {
          let b = 2
        }
        try {
          let c = 1
        }
        // caught
        on E {
          let c = 2
        }
        """
    assert statements(text) == block(
        """
        if a {
          let b = 1
        } else { // yes
          // no
          let b = 2
        }
        try {
          let c = 1
        } on E {
          // caught
          let c = 2
        }
        """
    )


# -- ends of lines


@pytest.mark.parametrize(
    "text",
    [
        "const a = 1 // one\nconst b = 2 // two\n",
        "type T { // start\n  a: int // a\n  b: int // b\n} // end\n",
        "enum E {\n  A // a\n  B // b\n}\n",
        "const a = f( // start\n  b, // b\n  c, // c\n)\n",
        "const a = b // b\n  + c // c\n",
        'flow f() { // start\n  version 1 // v\n  owner "o" // o\n\n  commit // c\n}\n',
        "service s {\n  action f() // f\n    writes r // r\n    absorbing // a\n}\n",
    ],
)
def test_a_comment_at_the_end_of_a_line_stays_there(text: str) -> None:
    assert check_kept(text) == text


def test_one_space_stands_before_a_trailing_comment() -> None:
    assert statements("let a = 1     // a\nlet bcd = 2// b") == "let a = 1 // a\nlet bcd = 2 // b\n"


def test_a_comma_goes_before_the_comment() -> None:
    assert expression("f(a // a\n, b // b\n)") == "let x = f(\n  a, // a\n  b, // b\n)\n"


def test_a_comment_breaks_what_could_have_fitted() -> None:
    assert statements("if a { return 1 // one\n}") == "if a {\n  return 1 // one\n}\n"
    assert expression("f(a, // a\nb)") == "let x = f(\n  a, // a\n  b,\n)\n"


def test_a_trailing_comment_does_not_count_as_width() -> None:
    text = "const a = f(b, c) // " + "long " * 30
    assert formatted(text) == text.rstrip() + "\n"


def test_two_comments_never_become_one() -> None:
    laid_out = check_kept("flow f() // one\n// two\n{ // three\n// four\n}")
    assert laid_out == "flow f() { // one\n  // two\n  // three\n  // four\n}\n"


def test_a_comment_inside_a_line_breaks_it_there() -> None:
    assert statements("step a = // why\ns.f() // more\nwith p") == (
        "step a = // why\n  s.f() // more\n    with p\n"
    )


# -- blank lines


def test_blank_lines_around_comments_become_none_or_one() -> None:
    text = "let a = 1\n\n\n// b\n\n\n// c\nlet b = 2\n// d\n\n\n// e"
    assert statements(text) == "let a = 1\n\n// b\n\n// c\nlet b = 2\n// d\n\n// e\n"


def test_the_text_of_a_comment_is_not_touched() -> None:
    text = "//tight\n//  wide   inside\n//// rule\n//\n// \u00fcn\u00efc\u00f6d\u00e9 \U0001f680\n"
    assert formatted(text) == text
    assert formatted(re.sub(r"\n", "  \t\n", text)) == text


def test_suppressions_stay_above_what_they_suppress() -> None:
    text = block(
        """
        let a = 1

        // flowc: allow uncompensated-effect because "the stock is ours"
        step b = s.f()
        """
    )
    assert statements(text) == text
