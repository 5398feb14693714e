"""Packages that a target emits: made from text, written, and judged by mypy and ruff."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from flowc.compiler.check import check
from flowc.source import Source

if TYPE_CHECKING:
    from flowc.targets.target import Files, Target

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = ROOT / "tests" / "targets" / "python" / "data" / "hostile.flow"


def emitted(target: Target, text: str, name: str = "test.flow") -> Files:
    """The files of a program that has neither errors nor gaps."""
    checked = check(Source(name, text))
    errors = [d.finding.message for d in checked.diagnostics if d.severity == "error"]
    assert not errors, errors
    for flow in (*checked.program.flows, *checked.program.older):
        found = list(target.gaps(flow, checked.program))
        assert not found, [finding.message for finding in found]
    return target.emit(checked.program)


def write(files: Files, folder: Path) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def blemishes(folder: Path, package: str) -> list[str]:
    """What `mypy --strict`, `ruff check` and `ruff format` say of a package in a folder. mypy knows
    the libraries from `make check`; the package has a name that no other test uses, since both
    keep what they found in one cache."""
    found = []
    cache = ROOT / ".mypy_cache"
    for tool in (
        ["mypy", "--strict", "--python-version", "3.11", "--cache-dir", str(cache), package],
        ["ruff", "check", "--isolated", "--no-cache", package],
        ["ruff", "format", "--isolated", "--no-cache", "--line-length", "100", "--check", package],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *tool],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            found.append(done.stdout[-3000:] + done.stderr[-3000:])
    return found


def gaps(target: Target, text: str) -> list[tuple[int, str]]:
    """Line and message of what a target refuses."""
    source = Source("t.flow", text)
    checked = check(source)
    assert not checked.failed, [d.finding.message for d in checked.diagnostics]
    return [
        (source.position(finding.span.start).line, finding.message)
        for flow in checked.program.flows
        for finding in target.gaps(flow, checked.program)
    ]
