"""The reference shows every word of the language in an example that lint accepts."""

from __future__ import annotations

import re
from pathlib import Path

from flowc.compiler.library import LIBRARY

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
EXAMPLES = " ".join(re.findall(r"```flow\n(.*?)```", PAGE, re.DOTALL))
# Examples stand alone, in one file each.
ELSEWHERE = {"import", "true"}


def test_every_word_has_an_example() -> None:
    grammar = (ROOT / "flowc" / "dsl" / "grammar.lark").read_text(encoding="utf-8")
    words = set(re.findall(r'"([a-z]+)"', grammar))
    assert len(words) > 70
    assert words - set(re.findall(r"[a-z]+", EXAMPLES)) == ELSEWHERE
    assert all(f"`{word}" in PAGE for word in ELSEWHERE)


def test_every_function_of_the_library_is_named() -> None:
    named = set(re.findall(r"`(\w+)(?:\(|`)", PAGE))
    assert set(LIBRARY) <= named, set(LIBRARY) - named
