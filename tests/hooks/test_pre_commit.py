"""The hooks, run by the real pre-commit in a repository of a user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from flowc.lint.rules.uncompensated_effect import BAD, GOOD

ROOT = Path(__file__).parents[2]
WHO = ("-c", "user.name=A User", "-c", "user.email=user@example.com")


def run(*words: str, at: Path, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Run a program; its status and everything it said."""
    done = subprocess.run(
        words,
        cwd=at,
        env=os.environ | (env or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def commit(at: Path) -> None:
    """Make a repository of a folder, with everything in it."""
    for words in (("init", "-q"), ("add", "-A"), (*WHO, "commit", "-q", "-m", "all")):
        status, said = run("git", *words, at=at)
        assert status == 0, said


def clone(folder: Path) -> None:
    """A repository with this tree's package and hooks, as pre-commit would clone it."""
    shutil.copytree(ROOT / "flowc", folder / "flowc", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, folder / name)
    commit(folder)


def hook(name: str, text: str, flowc: Path, home: Path, user: Path) -> tuple[int, str, str]:
    """Run a hook on a repository with one file: status, what was said, the file afterwards."""
    _, revision = run("git", "rev-parse", "HEAD", at=flowc)
    config = {"repos": [{"repo": str(flowc), "rev": revision.strip(), "hooks": [{"id": name}]}]}
    (user / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    (user / "trip.flow").write_text(text)
    (user / "README.md").write_text("flow is a word here\n")
    commit(user)
    words = (sys.executable, "-m", "pre_commit", "run", "--all-files", "--verbose")
    env = {"PRE_COMMIT_HOME": str(home), "FLOWC_CACHE_DIR": str(home / "flowc")}
    status, said = run(*words, at=user, env=env)
    return status, said, (user / "trip.flow").read_text()


def test_both_hooks(tmp_path: Path) -> None:
    """One test, because making the environment takes most of a minute."""
    flowc, home = tmp_path / "flowc", tmp_path / "home"
    clone(flowc)

    def ran(name: str, text: str) -> tuple[int, str, str]:
        return hook(name, text, flowc, home, Path(tempfile.mkdtemp(dir=tmp_path)))

    status, said, after = ran("flowc-lint", BAD)
    assert status == 1, said
    assert "hook id: flowc-lint" in said
    assert "SAG001" in said
    assert "uncompensated-effect" in said
    assert "README" not in said
    assert after == BAD

    status, said, after = ran("flowc-lint", GOOD)
    assert (status, "Passed" in said) == (0, True), said

    untidy = GOOD.replace("  step seat =", "      step   seat   =")
    status, said, after = ran("flowc-fmt", untidy)
    assert status == 1, said
    assert "files were modified by this hook" in said
    assert after == GOOD

    status, said, after = ran("flowc-fmt", GOOD)
    assert (status, "Passed" in said) == (0, True), said
    assert after == GOOD


def test_what_the_hooks_say_of_themselves() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {hook["id"]: (hook["language"], hook["files"]) for hook in hooks} == {
        "flowc-lint": ("python", r"\.flow$"),
        "flowc-fmt": ("python", r"\.flow$"),
    }
