"""Break the reference interpreter, one clause of the meaning at a time: the tests must notice.

    python tools/break_rules.py [RULE...]

Works on a copy. Exit status 1 if a change survives, or is no change any more.
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


class Change(NamedTuple):
    """`old` becomes `new`, at its first place in a file of `flowc/simulate`."""

    rule: int
    file: str
    old: str
    new: str


CHANGES = [
    Change(1, "attempting", "takes > limit:", "takes >= limit:"),
    Change(
        1,
        "attempting",
        'return Outcome("unknown", reason=str(wrong), final=True)',
        'return Outcome("ok")',
    ),
    Change(
        1,
        "attempting",
        "if error is None:\n        said",
        "if error is None and scripted.error != 'Bang':\n        said",
    ),
    Change(
        2,
        "attempting",
        "not outcome.error.transient)\n                # rule 2: UNKNOWN",
        "outcome.error.transient)\n                # rule 2: UNKNOWN",
    ),
    Change(2, "attempting", 'outcome.kind == "unknown" and not repeatable', "False"),
    Change(2, "attempting", "or outcome.final\n", "or False\n"),
    Change(2, "attempting", "number >= policy.attempts", "number > policy.attempts"),
    Change(2, "attempting", "self.now + wait >= end", "self.now + wait > end"),
    Change(2, "attempting", "self.now + wait >= end", "self.now >= end"),
    Change(
        2,
        "attempting",
        "limits = [policy.timeout, None if end is None else end - began]",
        "limits = [policy.timeout]",
    ),
    Change(2, "attempting", "return declared or outcome", "return outcome"),
    Change(2, "attempting", 'outcome.kind == "fail" and policy.attempts != 1', "False"),
    Change(
        2, "attempting", 'outcome.kind == "fail" and policy.attempts != 1', 'outcome.kind == "fail"'
    ),
    Change(2, "attempting", '(role == "undo" and operation.absorbing)', "False"),
    Change(2, "attempting", "policy.factor ** (attempt - 1)", "policy.factor ** attempt"),
    Change(2, "attempting", "min(longest, policy.backoff", "max(0, policy.backoff"),
    Change(3, "stepping", "raise Halting(place.path, outcome.reason)", "pass"),
    Change(
        3,
        "stepping",
        "if undo is not None:\n                    self._enter(undo, here, maybe=True)",
        "pass",
    ),
    Change(3, "stepping", 'if asked.kind != "ok":', 'if asked.kind == "unknown":'),
    Change(3, "stepping", "if asked.value is True:", "if asked.value is not None:"),
    Change(
        3, "stepping", "undo is not None and undo.undo.call.operation.absorbing", "undo is not None"
    ),
    Change(3, "stepping", "undo is not None and undo.undo.call.operation.absorbing", "False"),
    Change(
        4,
        "stepping",
        "names = {**here.names, step.name: value}",
        "names = {**here.names, step.name: None}",
    ),
    Change(4, "ledger", "self.parts.append(entry)", "self.parts.insert(0, entry)"),
    Change(5, "stepping", "for part in reversed(ledger.parts)", "for part in ledger.parts"),
    Change(5, "ledger", "if inner.parts:\n            self.parts.append(inner)", "pass"),
    Change(
        5,
        "interpret",
        "ledgers, lanes = here.ledger.fork(count)",
        "ledgers, lanes = [here.ledger] * count",
    ),
    Change(
        6,
        "interpret",
        "for kind in (Halting, Failing):\n            for error in ended:",
        "for kind in (Halting, Failing):\n            for error in reversed(ended):",
    ),
    Change(6, "interpret", "if len(items) > node.limit:", "if len(items) >= node.limit:"),
    Change(6, "interpret", "range(0, len(items), node.width)", "range(0, len(items), len(items))"),
    Change(6, "interpret", "if n and node.pause is not None:", "if node.pause is not None:"),
    Change(6, "interpret", "if node.exhausted is None:", "if True:"),
    Change(
        6,
        "interpret",
        "carried[node.name] = evaluate",
        "carried[node.name] = names[node.name] = evaluate",
    ),
    Change(6, "interpret", "carried.update(inner.following[-1])", "pass"),
    Change(
        6,
        "interpret",
        "if failure is None:\n                    collected",
        "if True:\n                    collected",
    ),
    Change(
        6, "interpret", "yield from self.unwind(inner, here.lane)\n            failures", "failures"
    ),
    Change(7, "interpret", "here.ledger.join(ledger)\n                raise", "raise"),
    Change(7, "interpret", "yield from self.unwind(ledger, here.lane)", "yield from ()"),
    Change(7, "interpret", "if error.own:\n        return None", "pass"),
    Change(7, "interpret", "if not handler.errors or any(", "if any("),
    Change(
        7,
        "interpret",
        "hand_on(node.binds, arm.names, here.names)\n        except",
        "hand_on(node.binds, {**inner.names, **arm.names}, here.names)\n        except",
    ),
    Change(
        7, "stepping", "yield from self.unwind(inner, here.lane)\n                value", "value"
    ),
    Change(7, "stepping", "else:\n                here.ledger.join(inner)\n        here", "here"),
    Change(8, "stepping", "ending.error.replace(own=False)", "ending.error"),
    Change(
        8,
        "stepping",
        'raise Halting(place.path, f"{flow.name}',
        'raise Failing(unknown(place.path)) from Exception(f"{flow.name}',
    ),
    Change(8, "stepping", "(own, passed) if due is not None", "(own,) if due is not None"),
    Change(8, "stepping", "(own, passed) if due is not None", "(passed,) if due is not None"),
    Change(8, "stepping", "(parent.hears and not parent.committed)", "parent.hears"),
    Change(9, "interpret", "here.ledger.clear()", "pass"),
    Change(9, "interpret", "self.committed = True", "pass"),
    Change(9, "interpret", "if self.committed:\n", "if False:\n"),
    Change(
        10, "interpret", "self.look()\n                here.ledger.clear()", "here.ledger.clear()"
    ),
    Change(10, "stepping", "self.look()\n        place", "place"),
    Change(10, "interpret", "self.look()\n                span", "span"),
    Change(
        10,
        "interpret",
        "self.look()\n                yield from self.wait(evaluate",
        "yield from self.wait(evaluate",
    ),
    Change(10, "awaiting", "self.look()\n        place", "place"),
    Change(
        10,
        "stepping",
        "self.due is not None and self.now >= self.due",
        "self.due is not None and self.now > self.due",
    ),
    Change(10, "stepping", "return self.hears and not self.committed and", "return self.hears and"),
    Change(10, "stepping", "return None if self.committed else self._due", "return self._due"),
    Change(10, "awaiting", "(due is None or end <= due)", "(due is None or end < due)"),
    Change(10, "awaiting", "lambda: self.cancelled or bool(", "lambda: bool("),
    Change(
        10,
        "awaiting",
        "return began + reminder.delay * (rounds[n] + 1)",
        "return self.now + reminder.delay",
    ),
    Change(10, "awaiting", "if rounds[n] and not reminder.repeating:", "if False:"),
    Change(11, "interpret", "for kind in (Halting, Failing):", "for kind in (Failing, Halting):"),
    Change(
        11,
        "interpret",
        "except (Halting, _Returning):\n            here.ledger.join(ledger)",
        "except (Halting, _Returning):\n            yield from self.unwind(ledger, here.lane)",
    ),
    Change(
        11,
        "interpret",
        'if ending.kind in ("Incomplete", "Halted")',
        'if ending.kind in ("Incomplete",)',
    ),
    Change(
        12,
        "stepping",
        "if end is not None and self.now >= end:",
        "if end is not None and self.now > end:",
    ),
    Change(12, "stepping", "None if within is None else self.now + within", "None"),
    Change(12, "stepping", "self.stuck.append(path)", "pass"),
    Change(
        12,
        "stepping",
        'lane.add(PageEvent(self.now, path, whom, "it could not be undone"))',
        "pass",
    ),
    Change(12, "interpret", '"Incomplete" if stuck else "Completed"', '"Completed"'),
    Change(
        12,
        "interpret",
        'kind: Any = "Incomplete" if stuck else "Compensated"',
        'kind: Any = "Compensated"',
    ),
    Change(15, "instances", 'if flow.on_duplicate == "reject":', "if False:"),
    Change(15, "instances", "return self._stories[key]", "pass"),
    Change(16, "awaiting", "self.world.inbox[path].pop(0)", "self.world.inbox[path].pop()"),
    Change(16, "awaiting", "except WrongType as wrong:", "except ZeroDivisionError as wrong:"),
    Change(17, "values", "DIGITS, PLACES = 15, 6", "DIGITS, PLACES = 15, 7"),
    Change(17, "values", "DIGITS, PLACES = 15, 6", "DIGITS, PLACES = 16, 6"),
    Change(
        17, "values", "rounding=ROUND_HALF_EVEN)\n_NARROW", "rounding='ROUND_HALF_UP')\n_NARROW"
    ),
    Change(
        17,
        "library",
        "if right == 0:\n                return None",
        "if right == 0:\n                return left",
    ),
]


def survives(change: Change) -> str | None:
    """What is wrong with a change: that nobody notices it, or that it changes nothing."""
    with TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(ROOT / "flowc", copy / "flowc")
        shutil.copytree(ROOT / "tests" / "simulate", copy / "tests" / "simulate")
        shutil.copytree(ROOT / "tests" / "support", copy / "tests" / "support")
        shutil.copy(ROOT / "pyproject.toml", copy)
        file = copy / "flowc" / "simulate" / f"{change.file}.py"
        text = file.read_text(encoding="utf-8")
        if change.old not in text:
            return "there is no such text any more"
        file.write_text(text.replace(change.old, change.new, 1), encoding="utf-8")
        tests = sorted((copy / "tests" / "simulate").glob("test_rule_*.py"))
        own = [test for test in tests if test.name.startswith(f"test_rule_{change.rule:02}")]
        for chosen in (own, tests):
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *chosen],
                cwd=copy,
                env={**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"},
                capture_output=True,
                timeout=300,
                check=False,
            )
            if done.returncode == 1:
                return None
        return f"nobody notices (status {done.returncode})"


def main() -> int:
    rules = {int(word) for word in sys.argv[1:]}
    changes = [change for change in CHANGES if not rules or change.rule in rules]
    left = 0
    with ThreadPoolExecutor(PROCESSES) as pool:
        for change, wrong in zip(changes, pool.map(survives, changes), strict=True):
            if wrong is not None:
                left += 1
                print(
                    f"rule {change.rule}, {change.file}.py: {wrong}\n  {change.old!r}", flush=True
                )
    print(f"{len(changes)} changes, {left} unnoticed")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
