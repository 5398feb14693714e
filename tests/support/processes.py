"""`flowc run` as a process of its own, and `flowc` commands beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.command import Said, flowc
from tests.support.durable import EXAMPLES

PATIENCE = 90  # seconds until a condition must have come true on a loaded machine


class Shop:
    """A folder with a state, and the flows that run on it."""

    def __init__(self, folder: Path, flow: str, services: str, **env: str) -> None:
        self.folder = folder
        self.state = folder / "run.db"
        self.flow = flow
        self.services = services
        self.env = {**os.environ, "PYTHONPATH": str(EXAMPLES.parent), **env}
        self.runs: list[subprocess.Popen[str]] = []

    def words(self, given: object = None, *more: str) -> list[str]:
        """A command line of `flowc run`."""
        named = [] if given is None else ["--input", json.dumps(given)]
        state = ["--services", self.services, "--state", str(self.state)]
        return [sys.executable, "-m", "flowc", "run", self.flow, *named, *state, *more]

    def start(self, given: object = None, *more: str) -> subprocess.Popen[str]:
        """Run it in the background."""
        log = (self.folder / f"err{len(self.runs)}.txt").open("w")
        with log:
            made = subprocess.Popen(
                self.words(given, *more),
                cwd=self.folder,
                env=self.env,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.runs.append(made)
        return made

    def said(self, run: int = -1) -> str:
        """What a run has told so far."""
        return (self.folder / f"err{run % len(self.runs)}.txt").read_text()

    def kill(self) -> None:
        """End the last run as `kill -9` does."""
        self.runs[-1].send_signal(signal.SIGKILL)
        self.runs[-1].wait(PATIENCE)

    def finish(self) -> tuple[int, Any]:
        """Wait for the last run: exit status and what it printed."""
        out, _ = self.runs[-1].communicate(timeout=PATIENCE)
        return self.runs[-1].returncode, json.loads(out) if out else None

    def close(self) -> None:
        """End what still runs."""
        for run in self.runs:
            if run.poll() is None:
                run.kill()
                run.wait(PATIENCE)
            if run.stdout is not None:
                run.stdout.close()

    def here(self, *words: str) -> Said:
        """A command on this state, in this process."""
        return flowc(*words, "--state", self.state)

    def flowc(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command on this state, in a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "flowc", *words, "--state", str(self.state)],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def story(self, key: str) -> dict[str, Any]:
        """What `status --json` tells."""
        done = self.here("status", key, "--json")
        assert done.status == 0, done.err
        story: dict[str, Any] = json.loads(done.out)
        return story


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, with patience."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)
