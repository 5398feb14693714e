"""Rule 3: UNKNOWN is answered."""

from __future__ import annotations

import pytest

from flowc.simulate.trace import CallEvent
from tests.support.stories import UNDO, found, line, play, tell

KEYED_UNDO = "\n  compensate s.keyed(id) with once"
PROBED = "step a = s.do(id) with once\n  on unknown probe s.look(id) with once"
ASKED = "step a = s.quiet(id) with once\n  on unknown probe s.happened(id) with once"


@pytest.mark.parametrize(
    ("body", "said", "told"),
    [
        # compensate: as if the effect had happened
        (
            f"step a = s.do(id) with once\n  on unknown compensate{KEYED_UNDO}",
            "a=?",
            "a ?; a undo => Compensated(Unknown a)",
        ),
        # probe: a value means OK
        (PROBED + UNDO, 'a=?; a probe="v"', "a ?; a probe => Completed"),
        # none: the step fails, an absorbing compensation is entered all the same
        (PROBED + UNDO, "a=?; a probe=null", "a ?; a probe; a undo => Compensated(Unknown a)"),
        (PROBED + KEYED_UNDO, "a=?; a probe=null", "a ?; a probe => Compensated(Unknown a)"),
        (
            PROBED + '\n  compensate s.undo("{a}") with once',
            "a=?; a probe=null",
            "a ?; a probe => Compensated(Unknown a)",
        ),
        # true means OK, false that it did not happen
        (ASKED + UNDO, "a=?; a probe=true", "a ?; a probe => Completed"),
        (ASKED + UNDO, "a=?; a probe=false", "a ?; a probe; a undo => Compensated(Unknown a)"),
        # no answer means halt
        (PROBED + UNDO, "a=?; a probe=?", "a ?; a probe ? => Halted(a, kept nothing)"),
        (PROBED + UNDO, "a=?; a probe=Boom", "a ?; a probe Boom => Halted(a, kept nothing)"),
        # halt
        (
            f"step a = s.do(id) with once\n  on unknown halt{UNDO}",
            "a=?",
            "a ? => Halted(a, kept nothing)",
        ),
        # no clause: compensate if absorbing and without the result
        (f"step a = s.do(id) with once{UNDO}", "a=?", "a ?; a undo => Compensated(Unknown a)"),
        # after commit: halt, unless there is otherwise
        ("commit\nstep a = s.do(id) with once", "a=?", "a ? => Halted(a, kept nothing)"),
        ("commit\nstep a = s.do(id) with once\n  otherwise none", "a=?", "a ? => Completed"),
        # a notification just fails, and so does a read
        ("step a = s.tell(id) with once", "a=?", "a ? => Compensated(Unknown a)"),
        ("step a = s.look(id) with once", "a=?", "a ? => Compensated(Unknown a)"),
        ("commit\nstep a = s.tell(id) with once", "a=?", "a ? => Incomplete(Unknown a)"),
    ],
)
def test_answers(body: str, said: str, told: str) -> None:
    assert tell(body, said) == told


def test_what_the_probe_found_is_the_result() -> None:
    body = PROBED + '\n  compensate s.undo("undo {a}") with once\nfail Boom(a)'
    story = play(body, 'a=?; a probe="found"')
    assert line(story) == "a ?; a probe; a undo => Compensated(Boom)"
    assert dict(story.ending.error.fields if story.ending.error else ()) == {"why": "found"}
    undo = found(story, CallEvent)[-1]
    assert dict(undo.arguments) == {"k": "undo found"}
