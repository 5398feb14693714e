"""The suite notices broken clauses: some are broken here, all of them by `make mutate`."""

from __future__ import annotations

import pytest

from tests.support.breaking import ROOT, survives
from tests.support.breaks import Change, changes

TELLING = {"python": 7, "cadence": 6, "sfnx": 5}  # one rule each


def test_every_change_changes_something() -> None:
    for change in changes():
        text = (ROOT / "flowc" / "targets" / change.file).read_text(encoding="utf-8")
        assert text.count(change.old) in (1, 2), change
        assert change.old != change.new


@pytest.mark.parametrize("engine", TELLING)
def test_a_broken_clause_is_noticed(engine: str) -> None:
    chosen = [each for each in changes() if (each.engine, each.rule) == (engine, TELLING[engine])]
    assert survives(chosen[0]) is None


def test_what_changes_no_meaning_is_not_noticed() -> None:
    doc = Change(5, "sfnx", "asl/unwinding.py", '"Undo what was done', '"undo what was done')
    assert survives(doc) == "nobody notices (status 0)"
