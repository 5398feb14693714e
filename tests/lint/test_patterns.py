"""Patterns of paths: what git says of them, and in time whatever somebody wrote."""

from __future__ import annotations

from random import Random

import pytest
from pathspec import GitIgnoreSpec

from flowc.lint.patterns import matcher


@pytest.mark.parametrize(
    "pattern", ["a*" * 40 + "b", "*[!b]" * 40 + "b", "*?" * 40 + "b", "**/*a*a*a*a*a*a*/*b"]
)
def test_many_stars_take_no_time(pattern: str) -> None:
    assert matcher([pattern])("a" * 200) is None


def test_a_pattern_of_any_depth_of_any_depth_is_none() -> None:
    assert matcher(["**/a" * 3])("a/a/a") is True
    assert matcher(["**/a/" * 30 + "b"])("a/" * 100) is None


def test_what_git_says_is_said() -> None:
    random = Random(7)
    pieces = ("a", "b", "*", "*", "?", "[ab]", "**", ".", "\\*")
    seen = set()
    for _ in range(600):
        segments = [
            "".join(random.choice(pieces) for _ in range(random.randint(1, 7)))
            for _ in range(random.randint(1, 3))
        ]
        line = random.choice(("", "!", "/")) + "/".join(segments)
        if line.count("**") > 3:
            continue
        theirs, ours = GitIgnoreSpec.from_lines([line]), matcher([line])
        for _ in range(10):
            path = "/".join(
                "".join(random.choice("ab.*") for _ in range(random.randint(1, 7)))
                for _ in range(random.randint(1, 4))
            )
            assert ours(path) == theirs.check_file(path).include, (line, path)
            seen.add(ours(path))
    assert seen == {True, False, None}
