"""Diffs are applied by git, whatever the files are called."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from flowc.cli.diff import label
from tests.support.command import flowc
from tests.support.flows import CLEAN, UNTIDY

NAMES = (
    "plain.flow",
    "two words.flow",
    'quo"te.flow',
    "back\\slash.flow",
    "line\nend.flow",
    "tab\there.flow",
    "\x1b[31mred.flow",
    "日本.flow",
    os.fsdecode(b"no-text-\xff.flow"),
)


@pytest.mark.parametrize("absolute", [False, True])
def test_what_fmt_shows_can_be_applied(here: Path, absolute: bool) -> None:
    for name in NAMES:
        (here / name).write_text(UNTIDY)
    said = flowc("fmt", "--diff", here if absolute else ".")
    assert said.status == 1
    shown = said.out.encode("utf-8", "surrogateescape")
    subprocess.run(("git", "apply"), input=shown, cwd=here, check=True)
    for name in NAMES:
        assert (here / name).read_text() == CLEAN, name


def test_a_file_elsewhere_is_named_from_the_root(here: Path) -> None:
    other = here.parent / "other.flow"
    other.write_text(UNTIDY)
    assert label("a", str(other)) == f"a{other}"
    assert flowc("fmt", "--diff", other).out.startswith(f"--- a{other}\n+++ b{other}\n")
