"""Puts in place what is measured: flowc as users install it, and its pinned peers."""

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


def install_flowc(root: Path, project: Path) -> Path:
    """Install the project as it stands into an environment below `root`; returns its `bin`.

    A source checkout also looks at the age of its own files at every start; an installed flowc
    does not, and a current pip writes the command that starts it without `re`.
    """
    folder = root / "flowc"
    bin_ = folder / "bin"
    if not (bin_ / "python").exists():
        venv.create(folder, with_pip=True)
    pip = [str(bin_ / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--upgrade", "pip"], check=True, stdout=sys.stderr)
    subprocess.run(
        [*pip, "--force-reinstall", "--compile", f"{project}[diagrams]"],
        check=True,
        stdout=sys.stderr,
    )
    return bin_
