"""Breaks a clause in a copy of the sources, and asks there whether a story is told differently."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.breaks import Change

ROOT = Path(__file__).resolve().parents[2]
NOTICED = 3  # exit status of who was asked
LONGEST = 600  # s that it may take


def survives(change: Change) -> str | None:
    """What is wrong with a change: that nobody notices it, or that it changes nothing."""
    status = _asked(change.engine, change)
    if status is None:
        return "there is no such text any more"
    return None if status == NOTICED else f"nobody notices (status {status})"


def sound(engine: str) -> str | None:
    """What is wrong with an engine as it is: that somebody notices something."""
    status = _asked(engine)
    return f"it differs unchanged (status {status})" if status else None


def _asked(engine: str, change: Change | None = None) -> int | None:
    """How the asking ends in a copy; None if there is nothing to change."""
    with TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(
            ROOT / "flowc", copy / "flowc", ignore=shutil.ignore_patterns("__pycache__")
        )
        for part in ("tests", "examples"):
            (copy / part).symlink_to(ROOT / part)
        if change is not None:
            file = copy / "flowc" / "targets" / change.file
            text = file.read_text(encoding="utf-8")
            if change.old not in text:
                return None
            file.write_text(text.replace(change.old, change.new), encoding="utf-8")
        rules = [] if change is None else [str(change.rule)]
        try:
            return subprocess.run(
                [sys.executable, "-m", "tests.support.noticing", engine, *rules],
                cwd=copy,
                env={**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=LONGEST,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            return NOTICED  # it never ends
