"""Each sentence of the canonical layout, on texts that break it and texts that keep it."""

from __future__ import annotations

import pytest

from flowc.dsl.formatter import format_source
from flowc.source import Source
from tests.support.formatting import block, body, expression, formatted, statements

LONG = "a_rather_long_name"
WIDE = ", ".join(f"{LONG}_{n}" for n in range(5))


# -- two spaces, LF, no tabs, no alignment, one final newline


def test_indents_by_two_spaces_without_tabs_or_alignment() -> None:
    text = "flow f() {\n\t\tlet   a  =  1\n        let bcd =  2\n}"
    assert formatted(text) == "flow f() {\n  let a = 1\n  let bcd = 2\n}\n"


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n", "  \n\t\n"])
def test_ends_with_one_newline(end: str) -> None:
    assert formatted("const a = 1" + end) == "const a = 1\n"


@pytest.mark.parametrize("text", ["", "\n", " \n\t\r\n", "\ufeff", "\ufeff\n"])
def test_an_empty_file_stays_empty(text: str) -> None:
    assert formatted(text) == ""


def test_windows_line_ends_and_byte_order_mark_are_dropped() -> None:
    text = "\ufeff// top\r\nflow f() {\r\n\r\n\r\n  let a = 1 // one\r\n}\r\n"
    assert formatted(text) == "// top\nflow f() {\n  let a = 1 // one\n}\n"


def test_a_tab_in_a_literal_is_the_authors_a_tab_in_a_comment_is_space() -> None:
    assert formatted('const a = "x\ty" //\tz') == 'const a = "x\ty" //  z\n'


def test_a_broken_file_is_left_as_it_is() -> None:
    text = "flow f( {\r\n  let   a = 1\r\n"
    result = format_source(Source("main.flow", text))
    assert result.text == text
    assert result.diagnostics


# -- what fits on its line stays there; otherwise one part per line


@pytest.mark.parametrize(
    "text",
    [
        "type T { a: text, b: [int?]? }\n",
        "type T {}\n",
        "enum E { A, B }\n",
        "policy p { timeout 10s, attempts unlimited, backoff 1s..2m factor 1.5 jitter }\n",
        "error E(a: text, b: int) transient\n",
        "service s {}\n",
        "service s { read look(id: text) -> text? }\n",
        "flow f() -> int { return 1 }\n",
        "flow f() {}\n",
        'import "common.flow"\n',
        "const a = [1, 2, 3]\n",
    ],
)
def test_what_fits_on_its_line_stays_there(text: str) -> None:
    assert formatted(text) == text


def test_a_list_in_parentheses_breaks_with_trailing_commas() -> None:
    assert expression(f"f({WIDE})") == (
        "let x = f(\n" + "".join(f"  {LONG}_{n},\n" for n in range(5)) + ")\n"
    )


def test_a_list_literal_breaks_with_trailing_commas() -> None:
    assert expression(f"[{WIDE}]") == (
        "let x = [\n" + "".join(f"  {LONG}_{n},\n" for n in range(5)) + "]\n"
    )


def test_a_body_breaks_without_commas() -> None:
    names = [f"{LONG}_{n}" for n in range(5)]
    assert formatted(f"enum E {{ {', '.join(names)} }}") == (
        "enum E {\n" + "".join(f"  {name}\n" for name in names) + "}\n"
    )
    fields = [f"{name}: text" for name in names]
    assert formatted(f"type T {{ {', '.join(fields)} }}") == (
        "type T {\n" + "".join(f"  {field}\n" for field in fields) + "}\n"
    )


def test_a_comma_at_the_end_of_one_line_goes() -> None:
    assert formatted("type T { a: int, }\n") == "type T { a: int }\n"
    assert expression("f(a, b,)") == "let x = f(a, b)\n"


def test_exactly_100_columns_fit() -> None:
    start = "  let x = f("
    fits = f"flow f() {{\n{start}{'a' * (100 - len(start) - 4)}, b)\n}}\n"
    assert max(map(len, fits.split("\n"))) == 100
    assert formatted(fits) == fits
    assert formatted(fits.replace("(a", "(aa")).count("\n") == fits.count("\n") + 3


def test_what_follows_a_list_counts() -> None:
    call = f"step s = service.operation({LONG}_1, {LONG}_2, {LONG}_3)"
    assert len(call) < 100 < len(call + " with stubborn within 10m")
    assert statements(call + " with stubborn within 10m") == (
        "step s = service.operation(\n"
        f"  {LONG}_1,\n  {LONG}_2,\n  {LONG}_3,\n"
        ") with stubborn within 10m\n"
    )


def test_a_chain_breaks_before_its_operators() -> None:
    assert expression(f"{LONG}_1 + {LONG}_2 * {LONG}_3 - {LONG}_4 + {LONG}_5") == block(
        f"""
        let x = {LONG}_1
          + {LONG}_2 * {LONG}_3
          - {LONG}_4
          + {LONG}_5
        """
    )


def test_a_chain_inside_a_chain_breaks_only_if_it_must() -> None:
    inner = " and ".join(f"{LONG}_{n}" for n in range(5))
    assert expression(f"a or b and c or {inner}") == (
        "let x = a\n  or b and c\n"
        f"  or {LONG}_0\n" + "".join(f"    and {LONG}_{n}\n" for n in range(1, 5))
    )


def test_a_conditional_is_a_chain() -> None:
    assert expression(
        f"if {LONG}_1 then {LONG}_2 else if {LONG}_3 then {LONG}_4 else {LONG}_5"
    ) == (
        f"let x = if {LONG}_1\n  then {LONG}_2\n  else if {LONG}_3\n"
        f"  then {LONG}_4\n  else {LONG}_5\n"
    )


def test_an_operation_breaks_into_one_trait_a_line() -> None:
    head = f"action operate({LONG}_1: text, {LONG}_2: text) -> text"
    traits = ["writes stock", f"key {LONG}_1, {LONG}_2", "raises A | B", "lease 48h", "absorbing"]
    assert formatted(f"service s {{\n{head} {' '.join(traits)}\n}}") == (
        f"service s {{\n  {head}\n" + "".join(f"    {trait}\n" for trait in traits) + "}\n"
    )


def test_a_row_of_errors_breaks_before_its_bars() -> None:
    names = [f"{LONG}_{n}" for n in range(6)]
    assert statements(f"try {{\n let a = 1\n}} on {' | '.join(names)} as e {{}}") == (
        "try {\n  let a = 1\n} on " + "\n  | ".join(names) + " as e\n{}\n"
    )


def test_a_broken_condition_gives_the_brace_a_line() -> None:
    assert statements("if a\nand b { fail E }") == "if a\n  and b\n{\n  fail E\n}\n"


def test_a_broken_list_in_a_condition_does_not() -> None:
    assert statements("if f(a,\nb) { fail E }") == "if f(\n  a,\n  b,\n) { fail E }\n"


def test_carried_values_get_a_line_where_the_head_is_too_wide() -> None:
    carries = f"carry {LONG}_1: int = 0, {LONG}_2: [text] = []"
    assert statements(f"for x in {LONG} max 12 as i, 1 at once {carries} {{\nlet a = 1\n}}") == (
        f"for x in {LONG} max 12 as i, 1 at once\n"
        f"  carry {LONG}_1: int = 0,\n    {LONG}_2: [text] = []\n"
        "{\n  let a = 1\n}\n"
    )


def test_a_text_too_wide_for_its_line_goes_on_the_next() -> None:
    text = '"' + "t" * 95 + '"'
    assert statements(f"let x = {text}") == f"let x =\n  {text}\n"
    assert formatted(f"const x = {text}") == f"const x =\n  {text}\n"


def test_header_clauses_break_after_their_commas() -> None:
    assert formatted(
        f"flow f() {{ default with {LONG}_1_{LONG} within 5m, compensate with {LONG}_2_{LONG} }}"
    ) == (
        f"flow f() {{\n  default with {LONG}_1_{LONG} within 5m,\n"
        f"    compensate with {LONG}_2_{LONG}\n}}\n"
    )


# -- header order, then a blank line


def test_header_lines_are_put_in_order_with_their_comments() -> None:
    text = """
        flow f(x: T) {
          slo start 5s, complete 15m for 99%, failures 0.5% // for whom
          default with p

          // who
          owner "o" runbook "r"
          deadline 4d, compensate within 8h
          version 2 supports 1
          // why
          // this key
          key x.id on duplicate reject
          let a = 1
        }
        """
    assert formatted(text) == block(
        """
        flow f(x: T) {
          version 2 supports 1
          // who
          owner "o" runbook "r"
          // why
          // this key
          key x.id on duplicate reject
          deadline 4d, compensate within 8h
          default with p
          slo start 5s, complete 15m for 99%, failures 0.5% // for whom

          let a = 1
        }
        """
    )


def test_a_blank_line_follows_the_header_only_if_something_does() -> None:
    assert formatted("flow f() { version 1 }") == "flow f() {\n  version 1\n}\n"
    assert formatted("flow f() { version 1\n// end\n}") == (
        "flow f() {\n  version 1\n\n  // end\n}\n"
    )
    assert formatted("flow f() { version 1 return 2 }") == (
        "flow f() {\n  version 1\n\n  return 2\n}\n"
    )


# -- a step and its clauses


def test_a_step_has_call_with_and_within_on_its_first_line() -> None:
    text = """
        step
          a
          = s.f(x)
            with p
            within 5m
        """
    assert statements(text) == "step a = s.f(x) with p within 5m\n"


def test_each_clause_has_its_line_in_the_order_of_the_language() -> None:
    text = "step a = s.f() otherwise none compensate s.g() with p within 1m on unknown probe s.h()"
    assert statements(text) == block(
        """
        step a = s.f()
          on unknown probe s.h()
          compensate s.g() with p within 1m
          otherwise none
        """
    )


@pytest.mark.parametrize("answer", ["compensate", "halt"])
def test_the_short_answers_to_an_unknown_outcome(answer: str) -> None:
    assert statements(f"step a = s.f() on\nunknown\n{answer}") == (
        f"step a = s.f()\n  on unknown {answer}\n"
    )


def test_comments_travel_with_their_clauses() -> None:
    text = """
        step a = s.f() // first
          otherwise none // last resort
          // undo
          compensate s.g() // undone
        """
    assert statements(text) == block(
        """
        step a = s.f() // first
          // undo
          compensate s.g() // undone
          otherwise none // last resort
        """
    )


def test_clauses_of_an_await_have_their_lines() -> None:
    text = """
        await n: T from who
        within 2d every 12h as i { step r = s.f(i) } after 1d {} on timeout fail Late
        """
    assert statements(text) == block(
        """
        await n: T from who within 2d
          every 12h as i {
            step r = s.f(i)
          }
          after 1d {}
          on timeout fail Late
        """
    )


# -- what follows the closing brace


def test_else_on_until_and_collect_follow_the_closing_brace() -> None:
    text = """
        if a {
        let b = 1
        }
        else if c {
        let b = 2
        }
        else {
        let b = 3
        }
        try {
        let b = 1
        }
        on E | F as e {
        let c = 1
        }
        on Error {
        let c = 2
        }
        repeat max 3 as i, every 5m carry c: int = 0 {
        next c = c + 1
        }
        until c == 2
        on exhausted { let d = 1 }
        for x in xs max 9, 3 at once {
        let e = x
        }
        collect e as es, failure as bad
        """
    assert statements(text) == block(
        """
        if a {
          let b = 1
        } else if c {
          let b = 2
        } else {
          let b = 3
        }
        try {
          let b = 1
        } on E | F as e {
          let c = 1
        } on Error {
          let c = 2
        }
        repeat max 3 as i, every 5m carry c: int = 0 {
          next c = c + 1
        } until c == 2
          on exhausted {
            let d = 1
          }
        for x in xs max 9, 3 at once {
          let e = x
        } collect e as es, failure as bad
        """
    )


def test_arms_of_match_and_parallel_have_their_lines() -> None:
    text = """
        match x { case A|B { wait 1d } case C { let y = 1 } else { fail E } }
        parallel { branch a when x { wait 1d } branch b {} }
        """
    assert statements(text) == block(
        """
        match x {
          case A | B { wait 1d }
          case C {
            let y = 1
          }
          else { fail E }
        }
        parallel {
          branch a when x { wait 1d }
          branch b {}
        }
        """
    )


# -- blocks


@pytest.mark.parametrize("lone", ["wait 1d", "wait until t", "fail E", "return a", "next c = 1"])
def test_a_lone_short_statement_may_stay_in_its_line(lone: str) -> None:
    assert statements(f"if a {{ {lone} }}") == f"if a {{ {lone} }}\n"
    assert statements(f"if a {{\n{lone} }}") == f"if a {{\n  {lone}\n}}\n"
    assert statements(f"if a {{ {lone} {lone} }}") == f"if a {{\n  {lone}\n  {lone}\n}}\n"


@pytest.mark.parametrize("other", ["let b = 1", "commit", "step s = t.u()", "record r = now()"])
def test_any_other_statement_makes_its_block_multi_line(other: str) -> None:
    assert statements(f"since 2 {{ {other} }}") == f"since 2 {{\n  {other}\n}}\n"


def test_a_lone_statement_that_does_not_fit_makes_its_block_multi_line() -> None:
    reason = '"' + "r" * 80 + '"'
    assert statements(f"if not ok {{ fail E({reason}) }}") == (
        f"if not ok {{\n  fail E({reason})\n}}\n"
    )


@pytest.mark.parametrize("empty", ["{}", "{ }", "{\n}", "{\n\n\n}"])
def test_an_empty_block_is_two_braces(empty: str) -> None:
    assert statements(f"if a {empty}") == "if a {}\n"


# -- what the author broke stays broken


@pytest.mark.parametrize(
    "text",
    [
        "type T {\n  a: text\n}\n",
        "enum E {\n  A\n  B\n}\n",
        "policy p {\n  timeout 5s\n}\n",
        "error E(\n  a: text,\n)\n",
        "service s {\n  action f(\n    a: text,\n  )\n    writes r\n}\n",
        "service s {\n  action f(a: text)\n    writes r\n    key a\n}\n",
        "flow f(\n  a: text,\n) {}\n",
        "const a = [\n  1,\n]\n",
        "const a = [\n  b\n  for b in c\n]\n",
        "const a = b\n  + c\n",
        "const a = b\n  ?? c\n",
        "const a = (\n  b\n  and c\n)\n",
        "const a = f(\n  b\n    or c,\n)\n",
        "const a = if b\n  then c\n  else d\n",
        body("if a {\n  return 1\n}\n"),
        body("fail E(\n  a,\n)\n"),
        body("try {} on A\n  | B\n{}\n"),
    ],
)
def test_what_its_author_broke_stays_broken(text: str) -> None:
    assert formatted(text) == text


def test_a_partly_broken_list_is_broken_wholly() -> None:
    assert expression("f(a, b,\nc)") == "let x = f(\n  a,\n  b,\n  c,\n)\n"
    assert expression("a + b\n+ c") == "let x = a\n  + b\n  + c\n"
    assert (
        formatted("type T { a: int\n b: int, c: int }")
        == "type T {\n  a: int\n  b: int\n  c: int\n}\n"
    )


def test_a_broken_part_breaks_what_is_around_it() -> None:
    assert expression("f(g(\na), b)") == "let x = f(\n  g(\n    a,\n  ),\n  b,\n)\n"


# -- blank lines


def test_blank_lines_become_none_or_one() -> None:
    text = "\n\nconst a = 1\nconst b = 2\n\n\n\nconst c = 3\n\n\n"
    assert formatted(text) == "const a = 1\nconst b = 2\n\nconst c = 3\n"


def test_blank_lines_at_the_edges_of_a_body_go() -> None:
    assert statements("if a {\n\n\nlet b = 1\n\n\n}") == "if a {\n  let b = 1\n}\n"
    assert formatted("type T {\n\n a: int\n\n\n b: int\n\n}") == (
        "type T {\n  a: int\n\n  b: int\n}\n"
    )


def test_a_step_and_its_clauses_stand_together() -> None:
    assert statements("step a = s.f()\n\n\n  compensate s.g()\n\n  otherwise none") == (
        "step a = s.f()\n  compensate s.g()\n  otherwise none\n"
    )


@pytest.mark.parametrize("space", ["\n", "\n\n", "\n\n\n\n"])
def test_exactly_one_blank_line_is_around_commit(space: str) -> None:
    assert statements(f"let a = 1{space}commit{space}let b = 2") == (
        "let a = 1\n\ncommit\n\nlet b = 2\n"
    )


def test_no_blank_line_is_between_commit_and_a_brace() -> None:
    assert statements("commit") == "commit\n"
    assert statements("since 2 { commit }") == "since 2 {\n  commit\n}\n"


def test_the_blank_line_before_commit_stands_above_what_belongs_to_it() -> None:
    assert statements("let a = 1\n// no way back\ncommit // now\n// on\nlet b = 2") == (
        "let a = 1\n\n// no way back\ncommit // now\n\n// on\nlet b = 2\n"
    )
    assert statements("let a = 1\n// about a\n\ncommit") == "let a = 1\n// about a\n\ncommit\n"


# -- never changed


@pytest.mark.parametrize(
    "text",
    [
        '"\\"\\\\\\n\\t\\{\\}"',
        '"{ a . b }/{f( x,y )}"',
        '"// no comment"',
        "007",
        "1.50",
        "1d12h",
        "90000ms",
        "((a))",
        "(a + b) * (c)",
        "-(-a)",
        "not (not a)",
    ],
)
def test_literals_and_parentheses_are_never_changed(text: str) -> None:
    assert expression(text) == f"let x = {text}\n"


def test_the_order_of_declarations_and_members_is_never_changed() -> None:
    text = block(
        """
        flow z() {}
        policy b { within 2h, attempts 3, timeout 5s }
        enum A { Z, B, A }
        import "x.flow"
        """
    )
    assert formatted(text) == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("a+b*c", "a + b * c"),
        ("-  a", "-a"),
        ("a - -b", "a - -b"),
        ("not   a", "not a"),
        ("a . b ?. c", "a.b?.c"),
        ("a??b", "a ?? b"),
        ("f ( x : 1 , 2 )", "f(x: 1, 2)"),
        ("[ ]", "[]"),
        ("[ a , b ]", "[a, b]"),
        ("[ c . d for c  in xs  when  c ]", "[c.d for c in xs when c]"),
        ("a<=b", "a <= b"),
        ("f(\n)", "f()"),
        ("( a )", "(a)"),
        ("(\na\n)", "(a)"),
    ],
)
def test_spaces_in_expressions(text: str, canonical: str) -> None:
    assert expression(text) == f"let x = {canonical}\n"


def test_documentation_stands_above_what_it_documents() -> None:
    text = block(
        """
        /// One.
        ///   Two.
        service s {
          /// Three.
          action f() writes r
        }
        flow f() {
          /// Four.
          step a = s.f()
          /// Five.
          await b: T
        }
        """
    )
    assert formatted(text) == text
    assert formatted(text.replace("\n", "\n\t ")) == text
