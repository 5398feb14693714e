"""A telling part of the fault matrix; `make faults` runs all of it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.faults.matrix import KINDS
from tests.support.durable import EXAMPLES

# Every so many cases of so many parts.
PART = {
    "attempts": (40, 3),
    "stops": (21, 4),
    "kills": (25, 3),
    "rivals": (9, 2),
    "databases": (30, 3),
    "services": (7, 2),
}
COUNT = re.compile(r" *(\d+) (\w+: .+)")


@pytest.mark.parametrize("kind", KINDS)
def test_a_telling_part_of_the_matrix(
    kind: str, record_property: Callable[[str, object], None]
) -> None:
    nth, parts = PART[kind]
    done = subprocess.run(
        [sys.executable, "tools/faults.py", kind, "--every", str(nth), "--parts", str(parts)],
        cwd=EXAMPLES.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    counts = [
        (found[2], int(found[1]))
        for found in map(COUNT.fullmatch, done.stdout.splitlines())
        if found
    ]
    for label, number in counts:
        record_property(f"faults: {label}", number)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert sum(number for _, number in counts) >= 4
