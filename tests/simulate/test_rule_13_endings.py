"""Rule 13: four endings, and nothing else."""

from __future__ import annotations

import pytest

from flowc.simulate.as_json import as_json
from tests.support.stories import UNDO, play

BODY = (
    f"step a = s.do(id) with once{UNDO}\nstep b = s.do(id) with once\n  on unknown halt\nreturn a"
)


@pytest.mark.parametrize(
    ("said", "ending"),
    [
        ('a="v"', {"ending": "Completed", "value": "v"}),
        (
            "b=Boom",
            {
                "ending": "Compensated",
                "error": {"name": "Boom", "message": "Boom", "fields": {"why": "why"}},
            },
        ),
        (
            "b=Bang; a undo=?",
            {
                "ending": "Incomplete",
                "error": {"name": "Bang", "message": "Bang", "fields": {}},
                "stuck": ["a"],
            },
        ),
        (
            "b=?",
            {"ending": "Halted", "step": "b", "reason": "no answer in time", "ledger": ["a"]},
        ),
    ],
)
def test_endings(said: str, ending: dict[str, object]) -> None:
    told = as_json(play(BODY, said, result=" -> text"))
    assert {name: value for name, value in told.items() if name in ending} == ending
    assert set(told) == set(ending) | {"flow", "version", "took", "events"}
