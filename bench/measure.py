"""Runs commands and tells what they cost: CPU and memory of whole processes, median of several."""

from __future__ import annotations

import os
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """CPU (user and system, children included) in ms, and peak memory in MB."""

    cpu: float
    memory: float


@dataclass(frozen=True)
class Command:
    """A command line, where it runs, and what is done before each run (not measured)."""

    argv: Sequence[str]
    cwd: Path
    before: Callable[[], None] | None = None
    env: Mapping[str, str] | None = None
    status: tuple[int, ...] = (0,)


def once(command: Command) -> Cost:
    """Run a command once. Raises RuntimeError where it ends with another status than expected."""
    if command.before is not None:
        command.before()
    with subprocess.Popen(
        command.argv,
        cwd=command.cwd,
        env={**os.environ, **(command.env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, state, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(state)
    if process.returncode not in command.status:
        raise RuntimeError(f"{command.argv} ended {process.returncode}:\n{output.decode()[-2000:]}")
    return Cost((usage.ru_utime + usage.ru_stime) * 1000, usage.ru_maxrss / 1024)


def medians(commands: Mapping[str, Command], runs: int) -> dict[str, Cost]:
    """Run all commands in turn, `runs` times round, so that noise meets them alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            costs[name].append(once(command))
    return {
        name: Cost(
            statistics.median(cost.cpu for cost in found),
            statistics.median(cost.memory for cost in found),
        )
        for name, found in costs.items()
    }
