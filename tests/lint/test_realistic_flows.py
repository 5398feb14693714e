"""Flows as a careful engineer writes them: what is said about them is true, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.cli.check_files import lint_paths
from flowc.cli.options import Options

FLOWS = Path(__file__).parent / "flows"
# 50 labels, 10 at once, each tried for up to 6h to be dropped: 30h, and 12h are allowed.
TRUE = {"carriers": ["compensation-budget-exceeded"]}


@pytest.mark.parametrize("path", sorted(FLOWS.glob("*.flow")), ids=lambda path: path.stem)
def test_every_finding_is_true(path: Path) -> None:
    report = lint_paths((str(path),), Options(cache=False))
    assert report.problems == ()
    assert [d.name for d in report.diagnostics] == TRUE.get(path.stem, [])
