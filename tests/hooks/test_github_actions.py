"""The workflow that is offered for GitHub: well-formed, and its commands do what it needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from flowc.lint.rules.uncompensated_effect import BAD, GOOD

ROOT = Path(__file__).parents[2]


@pytest.fixture
def job() -> dict[str, Any]:
    """The workflow's one job."""
    text = (ROOT / "docs" / "ci" / "github-actions.yml").read_text()
    workflow = yaml.safe_load(text)
    triggers = workflow.get("on", workflow.get(True))  # YAML 1.1 reads a bare `on` as true
    assert "pull_request" in triggers
    assert workflow["permissions"]["security-events"] == "write"
    (found,) = workflow["jobs"].values()
    assert isinstance(found, dict)
    return found


def step(job: dict[str, Any], name: str) -> dict[str, Any]:
    """The step of a name."""
    (found,) = (s for s in job["steps"] if s.get("name") == name)
    assert isinstance(found, dict)
    return found


def run(command: str, at: Path) -> int:
    """Run a step as GitHub does, with this tree's `flowc`."""
    programs = at / "programs"
    programs.mkdir(exist_ok=True)
    program = programs / "flowc"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m flowc "$@"\n')
    program.chmod(0o755)
    env = os.environ | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "FLOWC_CACHE_DIR": str(at / "cache"),
    }
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command]
    return subprocess.run(words, cwd=at, env=env, stderr=subprocess.DEVNULL, check=False).returncode


def test_every_step_does_one_thing(job: dict[str, Any]) -> None:
    for each in job["steps"]:
        assert ("uses" in each) != ("run" in each)


@pytest.mark.parametrize(("text", "status", "codes"), [(GOOD, 0, []), (BAD, 1, ["SAG001"])])
def test_the_upload_finds_its_file(
    job: dict[str, Any], tmp_path: Path, text: str, status: int, codes: list[str]
) -> None:
    (tmp_path / "trip.flow").write_text(text)
    assert run(step(job, "Layout")["run"], tmp_path) == 0
    assert run(step(job, "Lint")["run"], tmp_path) == status
    upload = step(job, "Upload")
    assert "!cancelled()" in upload["if"]  # also after findings
    written = json.loads((tmp_path / upload["with"]["sarif_file"]).read_text())
    assert written["version"] == "2.1.0"
    assert [result["ruleId"] for result in written["runs"][0]["results"]] == codes
