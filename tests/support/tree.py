"""Files made and commands run in a temporary current folder."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path


def make(*names: str) -> None:
    """Empty files, with their folders."""
    for name in names:
        write(name)


def write(name: str, *lines: str) -> None:
    """A file with these lines."""
    put(name, "".join(line + "\n" for line in lines))


def put(name: str, content: str | bytes) -> None:
    """A file with exactly this content."""
    check_place()
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def link(target: str, name: str) -> None:
    """A symbolic link."""
    check_place()
    Path(name).symlink_to(target)


def git(*words: str) -> str:
    """Run git here, as somebody without settings."""
    check_place()
    env = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(["git", *words], capture_output=True, check=True, text=True, env=env)
    return done.stdout


def check_place() -> None:
    """Refuse to write outside the temporary folder: a test without its own folder is wrong."""
    here = Path.cwd().resolve()
    if not here.is_relative_to(Path(tempfile.gettempdir()).resolve()):
        raise AssertionError(f"a test would write to {here}")
