"""Breaks the clauses of the meaning, one at a time and in one target, and asks who notices.

    python tools/break_targets.py [TARGET...]

A change is made in a copy of the sources; the suite of agreement must tell a story differently
there. Exit status 1 if a change goes unnoticed, or changes nothing any more.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PROCESSES = 2
PYTHON, SHARED = "python/support", "workflows/support"


class Change(NamedTuple):
    """A clause of a rule, in a file of a target, and what it is replaced with."""

    rule: int
    engine: str
    file: str
    old: str
    new: str


def _run(rule: int, file: str, old: str, new: str) -> list[Change]:
    """A change of what the workflow engines in Python share."""
    return [Change(rule, engine, file, old, new) for engine in ("temporal", "cadence")]


CHANGES = [
    Change(1, "python", f"{PYTHON}/attempt.py", "if error is None:", "if False:"),
    Change(2, "python", f"{PYTHON}/governed.py", "if not outcome.error.transient:", "if False:"),
    Change(2, "python", f"{PYTHON}/governed.py", "number >= policy.attempts:", "number > 99:"),
    Change(2, "python", f"{PYTHON}/governed.py", "outcome.at + wait >= end", "False"),
    Change(2, "python", f"{PYTHON}/governed.py", "return declared or outcome", "return outcome"),
    Change(
        2,
        "python",
        f"{PYTHON}/governed.py",
        'if outcome.kind == "fail" and policy.attempts != 1:',
        "if False:",
    ),
    Change(3, "python", f"{PYTHON}/run.py", ".operation.absorbing:", ".operation.absorbing is 0:"),
    Change(5, "python", f"{PYTHON}/run.py", "reversed(scope.entries)", "list(scope.entries)"),
    Change(
        6,
        "python",
        f"{PYTHON}/branches.py",
        '    for row in rows:\n        if "error"',
        '    for row in rows[::-1]:\n        if "error"',
    ),
    Change(7, "python", f"{PYTHON}/seams.py", "and not error.own:", "and True:"),
    Change(7, "python", f"{PYTHON}/seams.py", "await self._run.unwind(inner)", "pass"),
    Change(
        8,
        "python",
        f"{PYTHON}/workflows.py",
        "None if run.committed else run.limits.due",
        "run.limits.due",
    ),
    Change(9, "python", f"{PYTHON}/run.py", "self.committed = True", "pass"),
    Change(10, "python", f"{PYTHON}/governed.py", 'if row.get("cancelled"):', "if False:"),
    Change(10, "python", f"{PYTHON}/governed.py", 'row["at"] >= self.limits.due', "False"),
    Change(10, "python", f"{PYTHON}/waiting.py", "(due is None or end <= due)", "False"),
    Change(11, "python", f"{PYTHON}/branches.py", 'if "halt" in row:', "if False:"),
    Change(12, "python", f"{PYTHON}/run.py", "began >= budget", "False"),
    Change(12, "python", f"{PYTHON}/run.py", "self.stuck.append(entry.path)", "pass"),
    Change(16, "python", f"{PYTHON}/waiting.py", "if answer is not None:", "if False:"),
    Change(2, "temporal", "temporal/support/attempts.py", "workflow.now() + wait >= end", "False"),
    Change(
        2,
        "temporal",
        "temporal/support/attempts.py",
        'if outcome.kind == "fail" and policy.attempts != 1:',
        "if False:",
    ),
    Change(
        2,
        "temporal",
        "temporal/support/attempts.py",
        "return declared or outcome",
        "return outcome",
    ),
    *_run(3, f"{SHARED}/run.py", ".operation.absorbing:", ".operation.absorbing is 0:"),
    *_run(3, f"{SHARED}/run.py", "raise Halt(path, reason)", "raise Unknown(path)"),
    *_run(5, f"{SHARED}/run.py", "reversed(scope.entries)", "list(scope.entries)"),
    *_run(6, f"{SHARED}/run.py", "for failure in failures[:1]:", "for failure in failures[-1:]:"),
    *_run(7, f"{SHARED}/run.py", "and not error.own:", "and True:"),
    *_run(7, f"{SHARED}/run.py", "await self._run.unwind(inner)", "pass"),
    *_run(9, f"{SHARED}/run.py", "self.instance.committed = True", "pass"),
    *_run(
        10,
        f"{SHARED}/run.py",
        "        if state.interrupted:\n            raise own(Cancelled())",
        "        if False:\n            raise own(Cancelled())",
    ),
    *_run(10, f"{SHARED}/run.py", "if not state.committed and engine.late(state):", "if False:"),
    *_run(11, f"{SHARED}/run.py", "failures.sort(key=_rank)", "pass"),
    *_run(12, f"{SHARED}/run.py", "self.instance.stuck.append(entry.path)", "pass"),
    Change(2, "sfnx", "asl/calls.py", "if not governed.repeatable:", "if False:"),
    Change(
        2,
        "sfnx",
        "asl/calls.py",
        "if policy.within is not None:\n        wait",
        "if False:\n        wait",
    ),
    Change(5, "sfnx", "asl/unwinding.py", '}[-1]"', '}[0]"'),
    Change(6, "sfnx", "asl/loops.py", "{fails}[0].error", "{fails}[-1].error"),
    Change(
        7, "sfnx", "asl/body.py", "dict.fromkeys([*named, scope.error])", "dict.fromkeys(named)"
    ),
    Change(8, "sfnx", "asl/steps.py", "if place.committed:  # neither", "if False:  # neither"),
    Change(10, "sfnx", "asl/waits.py", "and ${until} <= $deadline_", "and false"),
    Change(11, "sfnx", "asl/loops.py", 'f"$count({halts}) > 0"', 'f"$count({halts}) > 99"'),
]


def survives(change: Change) -> str | None:
    """What is wrong with a change: that nobody notices it, or that it changes nothing."""
    with TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("flowc", "tests", "examples"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        file = copy / "flowc" / "targets" / change.file
        text = file.read_text(encoding="utf-8")
        if change.old not in text:
            return "there is no such text any more"
        file.write_text(text.replace(change.old, change.new), encoding="utf-8")
        try:
            done = subprocess.run(
                [sys.executable, "-m", "tests.support.noticing", change.engine],
                cwd=copy,
                env={**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=600,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None  # it never ends: that is noticed
        if done.returncode == 3:
            return None
        return f"nobody notices (status {done.returncode})"


def main() -> int:
    engines = set(sys.argv[1:])
    changes = [change for change in CHANGES if not engines or change.engine in engines]
    left = 0
    with ThreadPoolExecutor(PROCESSES) as pool:
        for change, wrong in zip(changes, pool.map(survives, changes), strict=True):
            said = wrong or "noticed"
            print(f"rule {change.rule:2} {change.engine:9} {change.file}: {said}", flush=True)
            if wrong is not None:
                left += 1
                print(f"  {change.old!r}", flush=True)
    print(f"{len(changes)} changes, {left} unnoticed")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
