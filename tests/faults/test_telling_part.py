"""A telling part of the fault matrix; `make faults` runs all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.faults.matrix import KINDS, parts, told

# Every so many cases of so many parts.
PART = {
    "attempts": (40, 3),
    "stops": (21, 4),
    "kills": (25, 3),
    "rivals": (9, 2),
    "databases": (30, 3),
    "services": (7, 2),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_telling_part_of_the_matrix(
    kind: str, record_property: Callable[[str, object], None]
) -> None:
    nth, most = PART[kind]
    counts: Counter[str] = Counter()
    differences: list[str] = []
    for _, _, found in told(parts(kind, most), nth):
        counts += found.counts
        differences += found.differences
    for label, number in counts.items():
        record_property(f"faults: {kind}: {label}", number)
    assert differences == []
    assert counts.total() >= 4
