"""Rule 9: the pivot."""

from __future__ import annotations

import pytest

from flowc.simulate.trace import PageEvent
from tests.support.stories import UNDO, found, play, tell

BODY = f"""step a = s.do(id) with once{UNDO}
commit
step b = s.do(id) with once
  on unknown compensate{UNDO}
step c = s.look(id) with once"""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", "a; b; c => Completed"),
        # an error that reaches the top afterwards: Incomplete, and nothing unwinds
        ("c=Boom", "a; b; c Boom => Incomplete(Boom)"),
        ("b=?", "a; b ? => Incomplete(Unknown b)"),
    ],
)
def test_after_commit(said: str, told: str) -> None:
    assert tell(BODY, said) == told


def test_it_pages() -> None:
    story = play(BODY, "c=Boom", header='owner "team" runbook "r"\nkey id on duplicate reject')
    assert [page.whom for page in found(story, PageEvent)] == ["team"]


def test_it_empties_the_ledger() -> None:
    told = tell(BODY.replace("on unknown compensate", "on unknown halt"), "b=?")
    assert told == "a; b ? => Halted(b, kept nothing)"


def test_try_and_otherwise_work_as_before() -> None:
    steps = f"step a = s.do(id) with once{UNDO}\nstep b = s.look(id) with once"
    body = f"commit\ntry {{\n{steps}\n}} on Error {{}}"
    assert tell(body, "b=Boom") == "a; b Boom; a undo => Completed"
    body = f"commit\nstep a = s.do(id) with once{UNDO}\n  otherwise none"
    assert tell(body, "a=?") == "a ?; a undo => Completed"


def test_completing_keeps_everything_without_commit() -> None:
    assert tell(f"step a = s.do(id) with once{UNDO}\nreturn none") == "a => Completed"
