"""Puts the peers in place: buf and bpmnlint from npm, miniwdl from PyPI, pinned."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

NPM = ("@bufbuild/buf@1.75.0", "bpmnlint@11.15.0")
PYPI = ("miniwdl==1.16.0",)


def install(root: Path) -> None:
    """Install all peers below `root`, once. Raises CalledProcessError where a client fails."""
    root.mkdir(parents=True, exist_ok=True)
    if not (root / "node_modules" / ".bin" / "buf").exists():
        (root / "package.json").write_text('{"private": true}\n')
        subprocess.run(["npm", "install", "--silent", *NPM], cwd=root, check=True)
    if not (root / "venv" / "bin" / "miniwdl").exists():
        venv.create(root / "venv", with_pip=True)
        pip = [str(root / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", *PYPI]
        subprocess.run(pip, check=True, stdout=sys.stderr)
        subprocess.run(
            [str(root / "venv" / "bin" / "python"), "-m", "compileall", "-q", str(root / "venv")],
            check=False,
        )
