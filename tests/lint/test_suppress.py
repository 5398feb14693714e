"""Suppressions: what they cover, and what is said about those that do not hold."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowc.lint.fixes import apply
from flowc.lint.rules.uncompensated_effect import BAD
from flowc.lint.settings import Settings
from tests.support.lints import FLOW, STEP, diagnose, mended, names, said, with_line

ALLOW = '// flowc: allow uncompensated-effect because "the hotel cancels by itself"'


def test_the_program_has_one_finding() -> None:
    assert names(BAD) == ["uncompensated-effect"]


@pytest.mark.parametrize(
    "line",
    [
        "  " + ALLOW,
        "  " + ALLOW.replace("uncompensated-effect", "SAG001"),
        '  //flowc:allow SAG001 because "x"',
        '  //  flowc:  allow  SAG001  because  "with \\"quotes\\" in it"  ',
        f"  {ALLOW}\n  // another remark\n\n  /// And documentation.",
    ],
)
def test_before_the_statement(line: str) -> None:
    assert names(with_line(line)) == []


def test_at_the_end_of_the_line() -> None:
    assert names(BAD.replace(STEP, f"{STEP[:-1]} {ALLOW}\n")) == []


def test_a_comment_at_the_end_of_a_line_covers_that_line_alone() -> None:
    text = BAD.replace("    on unknown halt\n", f"    on unknown halt {ALLOW}\n", 1)
    assert names(text) == ["uncompensated-effect", "unused-suppression"]


def test_before_the_flow_it_covers_the_flow() -> None:
    assert names(with_line(ALLOW, FLOW)) == []
    assert names(with_line(ALLOW, "/// Book a room, then a seat.\n")) == []


def test_before_another_statement_it_covers_nothing() -> None:
    text = with_line("  " + ALLOW, "  step seat")
    assert names(text) == ["uncompensated-effect", "unused-suppression"]
    text = with_line("  " + ALLOW, "  default with")
    assert names(text) == ["unused-suppression", "uncompensated-effect"]


def test_before_a_compound_statement_it_covers_all_of_it() -> None:
    inner = f"{STEP}    on unknown halt\n"
    assert inner in BAD
    block = f"  parallel {{\n    branch a {{\n{inner}    }}\n  }}\n"
    text = BAD.replace(inner, block)
    assert names(text) == ["uncompensated-effect"]
    assert names(text.replace("  parallel", f"  {ALLOW}\n  parallel")) == []
    assert names(text.replace("    branch a", f"    {ALLOW}\n    branch a")) == []


def test_file_level() -> None:
    line = ALLOW.replace("allow", "allow-file", 1)
    assert names(f"{line}\n{BAD}") == []
    assert names(f"\ufeff// Trips.\n{line}\n{BAD}") == []
    late = with_line(line, FLOW)
    assert names(late) == ["malformed-suppression", "uncompensated-effect"]


def test_two_suppressions_one_finding_each() -> None:
    other = '// flowc: allow missing-owner because "x"'
    text = BAD.replace('  owner "team-travel" runbook "https://runbooks.example.com/trips"\n', "")
    assert set(names(text)) >= {"missing-owner", "uncompensated-effect"}
    left = names(with_line(f"{other}\n{ALLOW}", FLOW, text))
    assert not set(left) & {"missing-owner", "uncompensated-effect", "unused-suppression"}


def test_in_a_text_it_is_no_comment() -> None:
    text = BAD.replace('"team-travel"', "\"// flowc: allow SAG001 because 'x'\"")
    assert names(text) == ["uncompensated-effect"]


def test_unused() -> None:
    text = with_line('  // flowc: allow double-compensation because "x"')
    (unused,) = (d for d in diagnose(text) if d.name == "unused-suppression")
    assert unused.severity == "warning"
    assert unused.code == "LNT001"
    span = unused.finding.span
    assert text[span.start : span.end].startswith("// flowc: allow double")
    assert mended(text, "unused-suppression") == BAD


def test_an_unused_one_at_the_end_of_a_line_is_removed_with_the_space_before_it() -> None:
    text = BAD.replace(STEP, STEP[:-1] + '  // flowc: allow double-compensation because "x"\n')
    assert mended(text, "unused-suppression") == BAD


def test_with_other_line_ends_and_a_byte_order_mark() -> None:
    line = '// flowc: allow double-compensation because "x"'
    crlf = BAD.replace("\n", "\r\n")
    assert mended(f"\ufeff{line}\r\n{crlf}", "unused-suppression") == "\ufeff" + crlf
    assert names(with_line("  " + ALLOW).replace("\n", "\r\n")) == []


def test_not_unused_if_the_rule_does_not_run() -> None:
    text = with_line('  // flowc: allow double-compensation because "x"')
    settings = Settings(ignore=("double-compensation",))
    assert names(text, settings) == ["uncompensated-effect"]


def test_not_unused_while_the_file_cannot_be_read() -> None:
    text = with_line("  " + ALLOW) + "flow ("
    assert "unused-suppression" not in names(text)
    assert "syntax-error" in names(text) or any(d.code.startswith("SYN") for d in diagnose(text))


def test_unknown_rules_have_a_suggestion() -> None:
    text = with_line('  // flowc: allow uncompensated-efect because "x"')
    assert names(text) == ["unknown-rule", "uncompensated-effect"]
    (unknown, _) = diagnose(text)
    assert unknown.code == "LNT002"
    assert unknown.finding.message == "no rule has the code or name `uncompensated-efect`"
    assert unknown.finding.help == "did you mean `uncompensated-effect`?"
    span = unknown.finding.span
    assert text[span.start : span.end] == "uncompensated-efect"
    assert names(mended(text, "unknown-rule")) == []


@pytest.mark.parametrize("end", ["", ' because ""', ' because "  "'])
def test_a_reason_is_required(end: str) -> None:
    text = with_line("  // flowc: allow SAG001" + end)
    assert names(text) == ["missing-reason", "uncompensated-effect"]


@pytest.mark.parametrize(
    ("comment", "meant"),
    [
        ('// flowc allow SAG001 because "x y"', 'allow SAG001 because "x y"'),
        ('// flowc-allow: SAG001 because "x"', 'allow SAG001 because "x"'),
        ('// Flowc: Allow SAG001 because "x"', 'allow SAG001 because "x"'),
        ('// flowc: ignore SAG001 because "x"', 'allow SAG001 because "x"'),
        ("// flowc: allow SAG001 because it is so", 'allow SAG001 because "it is so"'),
        ("// flowc: allow SAG001 because 'it is so'", 'allow SAG001 because "it is so"'),
        ('// flowc: allow(SAG001) because "x"', 'allow SAG001 because "x"'),
        ('// flowc: allow SAG001 "x"', 'allow SAG001 because "x"'),
        ('// flowc: allow SAG001 -- because "x"', 'allow SAG001 because "x"'),
        ('// flowc: alow SAG001 because "x"', 'allow SAG001 because "x"'),
        ('// flowc: allow-file: SAG001 because "x"', 'allow-file SAG001 because "x"'),
        ("// flowc: allow", None),
        ("// flowc:", None),
        ('// flowc: allow SAG001, SAG006 because "x"', None),
        ('// flowc: allow SAG because "x"', None),
        ('// flowc: allow ALL because "x"', None),
    ],
)
def test_what_was_meant_as_a_suppression_and_is_none(comment: str, meant: str | None) -> None:
    text = with_line("  " + comment)
    assert names(text) == ["malformed-suppression", "uncompensated-effect"]
    (malformed, _) = diagnose(text)
    fix = malformed.finding.fix
    if meant is None:
        assert fix is None
        return
    assert fix is not None
    assert fix.safe
    assert [edit.text for edit in fix.edits] == [f"// flowc: {meant}"]


@pytest.mark.parametrize(
    "comment",
    [
        "// flowc is the compiler",
        "// see flowc: allow it",
        "// the flowchart: above",
        "// flowcat: x",
    ],
)
def test_what_only_speaks_of_flowc(comment: str) -> None:
    assert names(with_line("  " + comment)) == ["uncompensated-effect"]


def test_documentation_suppresses_nothing() -> None:
    text = with_line("  /" + ALLOW)
    assert names(text) == ["malformed-suppression", "uncompensated-effect"]
    assert names(mended(text, "malformed-suppression")) == []


def test_errors_of_the_language_cannot_be_suppressed() -> None:
    text = with_line('  // flowc: allow TYP005 because "x"').replace(
        "hotels.book(trip, 2)", "hotels.book(trip)"
    )
    found = names(text)
    assert "not-suppressible" in found
    assert "wrong-arguments" in found


def test_warnings_of_the_compiler_can() -> None:
    text = "error Unused\n" + BAD
    assert names(text) == ["unused-declaration", "uncompensated-effect"]
    line = '// flowc: allow unused-declaration because "kept for later"'
    assert names(f"{line}\n{text}") == ["uncompensated-effect"]


def test_findings_about_suppressions_cannot_be_suppressed() -> None:
    assert names(with_line('  // flowc: allow LNT001 because "x"')) == [
        "not-suppressible",
        "uncompensated-effect",
    ]


def test_findings_about_suppressions_follow_the_settings() -> None:
    text = with_line("  // flowc: allow SAG001")
    assert names(text, Settings(ignore=("LNT",))) == ["uncompensated-effect"]
    (found, _) = diagnose(text, Settings(severity=(("missing-reason", "error"),)))
    assert found.severity == "error"


def test_lines_are_those_of_the_file() -> None:
    line = BAD[: BAD.index(STEP)].count("\n") + 1
    assert said(BAD) == [f"{line} uncompensated-effect"]


PIECES = st.lists(
    st.sampled_from(
        [
            *("flowc", ":", "allow", "Allow", "allow-file", "ignore", "SAG001", "TYP001", "SAG"),
            *("uncompensated-effect", "because", '"x"', "'y'", '"', "why not", ",", "(", ")", " "),
            *("-", "--", "\t", "\\", "ü", "//", "\x00", "\u2028"),
        ]
    ),
    max_size=12,
)


@given(PIECES)
@example([":", "TYP001", '"x"'])
def test_whatever_is_written_is_told_or_holds(pieces: list[str]) -> None:
    comment = "// flowc:" + "".join(pieces)
    text = with_line("  " + comment)
    found = diagnose(text)
    about = [d for d in found if d.code.startswith("LNT")]
    if "uncompensated-effect" in {d.name for d in found}:
        assert len(about) == 1
        fix = about[0].finding.fix
        if fix is not None:
            fixed = diagnose(apply(text, fix.edits))
            assert "malformed-suppression" not in {d.name for d in fixed}
            assert not {d.code for d in fixed} - {d.code for d in found} - {"LNT001", "LNT003"}
    else:
        assert about == []


def test_long_comments_take_no_longer_than_they_are() -> None:
    blank = " " * 200_000
    for comment in (f"// flowc{blank}x", f"// flowc: allow SAG001{blank}x", f"//{blank}flowc"):
        diagnose(with_line("  " + comment))
    text = ALLOW.replace("uncompensated-effect", "missing-owner") + "\n"
    assert names(BAD + text * 3000).count("unused-suppression") == 3000
