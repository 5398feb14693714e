"""The patterns of the hot path: their stored code is what this Python's `re` makes."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest

from flowc.dsl import pattern_codes, patterns
from tools.make_patterns import CODES, NAMES, generate


def test_codes_are_fresh() -> None:
    assert CODES.read_text(encoding="utf-8") == generate(), "run `python tools/make_patterns.py`"


def test_every_supported_python_has_its_codes() -> None:
    project = tomllib.loads((CODES.parents[2] / "pyproject.toml").read_text())["project"]
    minors = [c for c in project["classifiers"] if c.startswith("Programming Language :: Python")]
    assert len(pattern_codes.CODES) >= len(minors)  # each minor release so far had its own engine


@pytest.mark.parametrize("name", NAMES)
def test_a_ready_pattern_is_the_one_that_re_compiles(name: str) -> None:
    text = getattr(patterns, name)
    assert patterns.ready(name, text) == re.compile(text)


@pytest.mark.parametrize("name", NAMES)
def test_another_release_of_the_engine_compiles_them_itself(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pattern_codes, "CODES", {})
    text = getattr(patterns, name)
    assert patterns.ready(name, text) == re.compile(text)


def test_reading_a_sound_file_needs_no_re() -> None:
    code = (
        "import sys; from flowc.dsl.parser import parse; from flowc.source import Source\n"
        "parsed = parse(Source('x', 'const a = \"{1}\"\\n'))\n"
        "assert not parsed.diagnostics, parsed; print('re' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == ("False\n" if re._compiler.MAGIC in pattern_codes.CODES else "True\n")  # type: ignore[attr-defined]
