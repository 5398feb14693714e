"""The finding that the README opens with is what lint says of its process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_first_finding_is_true(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    process = text.partition("```flow\n")[2].partition("```")[0]
    said = text.partition("\n```\nwarning[")[2].partition("```")[0]
    kept = [line for line in process.split("\n") if "compensate cards.refund" not in line]
    (tmp_path / "forgetful.flow").write_text("\n".join(kept), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "flowc", "lint", "--no-cache", "forgetful.flow"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout.startswith(f"warning[{said.rstrip()}\n")
