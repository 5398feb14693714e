"""Fixes: whole ones, in rounds, never two at one place, never a file that cannot be read."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowc.diagnostic import Diagnostic, Edit, Finding, Fix
from flowc.lint.fixes import apply, diff, fix
from flowc.source import Source, Span
from tests.support.lints import STEP, diagnose, with_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Check = Callable[[Source], tuple[Diagnostic, ...]]


def change(
    source: Source, old: str, new: str, *, safe: bool = True, code: str = "STY001"
) -> tuple[Diagnostic, ...]:
    """A diagnostic for each occurrence of a word, with the fix that replaces it."""
    found = []
    at = source.text.find(old)
    while at >= 0:
        span = Span(at, at + len(old))
        fixed = Fix(f"replace {old}", (Edit(span, new),), safe)
        found.append(Diagnostic(source, code, "word", "warning", Finding(span, old, fix=fixed)))
        at = source.text.find(old, at + len(old))
    return tuple(found)


def test_rounds_until_nothing_is_left() -> None:
    def check(source: Source) -> tuple[Diagnostic, ...]:
        return (*change(source, "one", "two"), *change(source, "two", "three"))

    fixed = fix(Source("a", "one and two and one"), check)
    assert fixed.text == "three and three and three"
    assert [a.title for a in fixed.applied] == ["replace one"] * 2 + ["replace two"] * 3
    assert fixed.refused == ()


def test_a_fix_that_never_settles_ends() -> None:
    def grow(source: Source) -> tuple[Diagnostic, ...]:
        return change(source, "a", "aa")

    assert 10 < len(fix(Source("a", "a"), grow).text) <= 2**20

    def swing(source: Source) -> tuple[Diagnostic, ...]:
        return change(source, "x", "y") or change(source, "y", "x")

    assert fix(Source("a", "x"), swing).text == "y"


def test_unsafe_ones_only_when_asked() -> None:
    def check(source: Source) -> tuple[Diagnostic, ...]:
        return (*change(source, "safe", "done"), *change(source, "risky", "done", safe=False))

    assert fix(Source("a", "safe risky"), check).text == "done risky"
    assert fix(Source("a", "safe risky"), check, unsafe=True).text == "done done"


def test_fixes_that_touch_wait_for_the_next_round() -> None:
    def check(source: Source) -> tuple[Diagnostic, ...]:
        return (*change(source, "ab", "X"), *change(source, "bc", "Y"), *change(source, "Xc", "Z"))

    assert fix(Source("a", "abc"), check).text == "Z"


def test_a_fix_is_made_whole_or_not_at_all() -> None:
    def check(source: Source) -> tuple[Diagnostic, ...]:
        if "-" in source.text:
            return ()
        first = Fix("first", (Edit(Span(0, 1), "-"),))
        both = Fix("both", (Edit(Span(0, 1), "+"), Edit(Span(2, 3), "+")))
        return tuple(
            Diagnostic(source, "STY001", "x", "warning", Finding(Span(0, 1), "m", fix=f))
            for f in (first, both)
        )

    assert fix(Source("a", "a b"), check).text == "- b"


@pytest.mark.parametrize("span", [Span(-1, 0), Span(2, 1), Span(0, 99)])
def test_edits_outside_the_text_are_not_made(span: Span) -> None:
    def check(source: Source) -> tuple[Diagnostic, ...]:
        wrong = Fix("x", (Edit(span, "-"),))
        return (Diagnostic(source, "STY001", "x", "warning", Finding(Span(0, 1), "m", fix=wrong)),)

    assert fix(Source("a", "abc"), check).text == "abc"


def breaking(source: Source) -> tuple[Diagnostic, ...]:
    """Replaces words; after `bad` became `BROKEN` the file cannot be read."""
    broken = source.text.count("BROKEN")
    syntax = Diagnostic(source, "SYN001", "syntax", "error", Finding(Span(0, 0), "broken"))
    return (*change(source, "good", "fine"), *change(source, "bad", "BROKEN"), *([syntax] * broken))


def test_what_would_break_the_file_is_refused() -> None:
    fixed = fix(Source("a", "good bad good"), breaking)
    assert fixed.text == "fine bad fine"
    assert [a.title for a in fixed.refused] == ["replace bad"]
    assert [a.title for a in fixed.applied] == ["replace good"] * 2


def test_a_file_that_is_broken_already_may_be_mended() -> None:
    def check(source: Source) -> tuple[Diagnostic, ...]:
        return change(source, "BROKEN", "whole", code="SYN001")

    assert fix(Source("a", "BROKEN"), check).text == "whole"


def test_overlapping_edits_are_an_error() -> None:
    with pytest.raises(ValueError, match="overlap"):
        apply("abc", [Edit(Span(0, 2), ""), Edit(Span(1, 3), "")])


def test_insertions_at_both_ends() -> None:
    assert apply("b", [Edit(Span(1, 1), "c"), Edit(Span(0, 0), "a")]) == "abc"


def test_comments_and_spacing_outlive_a_fix() -> None:
    text = with_line('  // kept\n  // flowc: allow missing-owner because "x"   ')
    text = text.replace(STEP, STEP[:-1] + "   // kept too\t\n").replace("\n", "\r\n")
    found = tuple(d for d in diagnose(text) if d.name == "unused-suppression")
    assert len(found) == 1
    fixed = fix(found[0].source, lambda source: diagnose(source.text), found=found)
    assert fixed.text == text.replace('  // flowc: allow missing-owner because "x"   \r\n', "")


TEXTS = st.text(st.sampled_from("ab \n\r\t\u2028\x0c"), max_size=30)


def test_a_diff_is_one_that_git_takes(tmp_path: Path) -> None:
    @given(TEXTS, TEXTS)
    def check(before: str, after: str) -> None:
        file = tmp_path / "a.flow"
        file.write_text(before, newline="")
        patch = diff("a.flow", before, after)
        assert bool(patch) == (before != after)
        if patch:
            done = subprocess.run(
                ["git", "apply", "--whitespace=nowarn", "-"],
                input=patch.encode(),
                cwd=tmp_path,
                capture_output=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
        assert file.read_bytes().decode() == after

    check()


def test_a_diff_reads_as_one_expects() -> None:
    assert diff("a.flow", "one\ntwo\nthree", "one\n2\nthree") == (
        "--- a/a.flow\n+++ b/a.flow\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"
        "\\ No newline at end of file\n"
    )
