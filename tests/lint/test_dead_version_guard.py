"""dead-version-guard: guards that tell no running versions apart, and how they are mended."""

from __future__ import annotations

import pytest

from flowc.lint.fixes import apply
from flowc.source import Source
from tests.support.linting import pointed_at, said
from tests.support.saga import HEAD, saga

RULE = "dead-version-guard"


def versions(line: str, body: str) -> str:
    return saga(body, head=HEAD.replace("version 1", line))


@pytest.mark.parametrize(
    ("line", "guard"),
    [
        ("version 4 supports 3", "since 3"),
        ("version 4 supports 3", "until 3"),
        ("version 4 supports 3", "until 1"),
        ("version 4", "since 4"),
        ("version 4", "since 5"),
    ],
)
def test_a_guard_that_decides_nothing(line: str, guard: str) -> None:
    (found,) = said(versions(line, f"{guard} {{\n  wait 1h\n}}"), RULE)
    assert pointed_at(found) == guard


@pytest.mark.parametrize(
    ("line", "guard"),
    [
        ("version 4 supports 3", "since 4"),
        ("version 4 supports 3", "until 4"),
        ("version 4 supports 1", "since 2"),
    ],
)
def test_a_guard_that_tells_versions_apart(line: str, guard: str) -> None:
    assert said(versions(line, f"{guard} {{\n  wait 1h\n}}"), RULE) == []


def test_guards_are_found_at_any_depth() -> None:
    body = "if gift {\n  try {\n    until 2 { wait 1h }\n  } on Error {}\n} else {\n  wait 2h\n}"
    (found,) = said(versions("version 3 supports 2", body), RULE)
    assert pointed_at(found) == "until 2"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("wait 1h\nuntil 2 {\n  wait 2h\n  wait 3h\n}\nwait 4h", "wait 1h\nwait 4h"),
        ("since 2 {\n  // why\n  wait 2h\n  wait 3h\n}", "// why\nwait 2h\nwait 3h"),
        ("since 2 { wait 2h }\nwait 3h", "wait 2h\nwait 3h"),
        (
            "if gift {\n  since 2 {\n    wait 2h\n    wait 3h\n  }\n} else {\n  wait 4h\n}",
            "if gift {\n  wait 2h\n  wait 3h\n} else {\n  wait 4h\n}",
        ),
    ],
)
def test_the_fix_keeps_what_still_runs(before: str, after: str) -> None:
    text = versions("version 3 supports 2", before)
    (found,) = said(text, RULE)
    assert found.finding.fix is not None
    assert found.finding.fix.safe
    mended = apply(text, found.finding.fix.edits)
    assert mended == versions("version 3 supports 2", after)
    assert said(mended, RULE) == []


def test_a_number_that_is_none_is_left_to_the_compiler() -> None:
    from flowc.compiler.check import check
    from flowc.lint.engine import lint

    text = versions("version 3", f"since {'9' * 5000} {{\n  wait 1h\n}}")
    assert RULE not in [d.name for d in lint(check(Source("main.flow", text)))]
