"""`flowc lint --watch`: what it says at first, and only what is different afterwards."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

from flowc.cli.argv import read
from flowc.cli.console import Console
from flowc.cli.lint import LintArguments, command
from flowc.cli.watch import watch
from tests.support.command import flowc
from tests.support.flows import BROKEN, CLEAN, LEFT_BEHIND


def watched(words: list[str], *changes: Callable[[], object]) -> tuple[int, list[str], str]:
    """Watch while these changes are made, one a pause: the status, what each round printed, and
    all of standard error."""
    out, err = io.StringIO(), io.StringIO()
    rounds: list[str] = []
    left = list(changes)

    def pause() -> bool:
        rounds.append(out.getvalue())
        out.seek(0)
        out.truncate()
        if not left:
            return False
        left.pop(0)()
        return True

    arguments = read(command, words)
    assert isinstance(arguments, LintArguments)
    status = watch(arguments, Console(out, err, {}, b""), pause)
    return status, rounds, err.getvalue()


def test_only_what_is_different_is_told(here: Path) -> None:
    file = here / "a.flow"
    file.write_text(CLEAN)
    status, rounds, said = watched(
        ["--format", "concise", "."],
        lambda: file.write_text(LEFT_BEHIND),
        lambda: os.utime(file, (1, 1)),  # touched, and the same
        lambda: file.write_text(BROKEN),
        lambda: file.write_text(CLEAN),
    )
    assert [("SAG001" in text, "SYN" in text) for text in rounds] == [
        (False, False),
        (True, False),
        (False, False),
        (False, True),
        (False, False),
    ]
    assert status == 0
    assert said.count("-- again --") == 3
    assert said.endswith("no findings in 1 file\n")


def test_settings_files_and_imports_count(here: Path) -> None:
    (here / "a.flow").write_text(LEFT_BEHIND)
    status, rounds, _ = watched(
        ["--quiet", "--format", "concise", "."],
        lambda: (here / "flowc.toml").write_text('ignore = ["SAG001"]\n'),
        lambda: (here / "b.flow").write_text('import "c.flow"\n'),
        lambda: (here / "c.flow").write_text("error E\n"),
        (here / "b.flow").unlink,
    )
    assert "SAG001" in rounds[0]
    assert rounds[1] == ""
    assert "REF005" in rounds[2]
    assert rounds[3:] == ["", ""]
    assert status == 0


def test_fixes_are_made_as_files_change(here: Path) -> None:
    file = here / "a.flow"
    file.write_text(CLEAN)
    watched(
        ["--fix", "--unsafe-fixes", "."],
        lambda: file.write_text(LEFT_BEHIND),
    )
    assert "compensate" in file.read_text()


def test_standard_input_is_not_watched(here: Path) -> None:
    said = flowc("lint", "--watch", "-", stdin=CLEAN.encode())
    assert said == (2, "", "flowc: `--watch` looks at files, and standard input is none\n")
