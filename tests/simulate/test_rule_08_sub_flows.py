"""Rule 8: a flow called as one step."""

from __future__ import annotations

import pytest

from flowc.simulate.trace import FlowEvent
from tests.support.stories import UNDO, found, play, program, run, script, tell, took


def child(body: str, header: str = "", version: str = "1") -> str:
    return f"flow sub(k: text) -> text {{\nversion {version}\n{header}\n\n{body}\nreturn k\n}}\n"


DOES = f"step b = s.do(k) with once{UNDO.replace('id', 'k')}\nstep c = s.look(k) with once"
CALL = f"step a = s.do(id) with once{UNDO}\nstep m = sub(id)\nstep z = s.look(id) with once"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", "a; m/b; m/c; z => Completed"),
        # its success is committed
        ("z=Boom", "a; m/b; m/c; z Boom; a undo => Compensated(Boom)"),
        # its failure is already unwound
        ("m/c=Boom", "a; m/b; m/c Boom; m/b undo; a undo => Compensated(Boom)"),
        # a child that ends Incomplete or halts halts its parent
        ("m/c=Boom; m/b undo=?", "a; m/b; m/c Boom; m/b undo ? => Halted(m, kept a)"),
    ],
)
def test_one_step(said: str, told: str) -> None:
    assert tell(CALL, said, more=child(DOES)) == told


def test_a_child_that_halts_halts_its_parent() -> None:
    halting = child("step b = s.do(k) with once\n  on unknown halt")
    told = tell(f"try {{\n{CALL}\n}} on Error {{}}", "m/b=?", more=halting)
    assert told == "a; m/b ? => Halted(m, kept a)"


def test_only_the_callers_own_compensate_undoes_it() -> None:
    body = CALL.replace("sub(id)", 'sub(id)\n  compensate s.undo("{m}") with once')
    told = tell(body, "z=Boom", more=child(DOES))
    assert told == "a; m/b; m/c; z Boom; m undo; a undo => Compensated(Boom)"
    told = tell(body, "m/c=Boom", more=child(DOES))
    assert told == "a; m/b; m/c Boom; m/b undo; a undo => Compensated(Boom)"


def test_its_identity_is_its_parents_step_and_round() -> None:
    body = "for x in xs max 3 {\nstep m = sub(x)\n}"
    told = tell(body, more=child("step b = s.look(k) with once"))
    assert told == "m[0]/b; m[1]/b; m[2]/b => Completed"


def test_it_starts_in_the_newest_version() -> None:
    more = child(
        "until 3 {\nstep b = s.look(k) with once\n}\nsince 3 {\nstep c = s.look(k) with once\n}",
        version="3 supports 1",
    )
    assert tell("step m = sub(id)", more=more) == "m/c => Completed"


def test_cancel_is_passed_on_and_is_an_ordinary_error_to_the_parent() -> None:
    body = "try {\nstep m = sub(id)\n} on Cancelled {\nwait 1s\n}"
    story = play(body, "cancel@m/b", more=child(DOES))
    assert [e.ending for e in found(story, FlowEvent) if e.what == "ends"] == [
        "Compensated",
        "Compensated",
    ]
    assert tell(
        'step m = sub(id)\n  otherwise "o"\nreturn m',
        "cancel@m/b",
        more=child(DOES),
        result=" -> text",
    ) == ('m/b; m/b undo => Completed("o")')


def test_its_own_deadline() -> None:
    more = child(DOES, "deadline 5s, compensate within 1h")
    assert tell("step m = sub(id)", "m/b=ok:5s", more=more) == (
        "m/b; m/b undo => Compensated(DeadlineExceeded)"
    )
    body = "try {\nstep m = sub(id)\n} on DeadlineExceeded {\nstep z = s.look(id) with once\n}"
    assert tell(body, "m/b=ok:5s", more=more) == "m/b; m/b undo; z => Completed"


def test_the_parents_deadline_is_passed_on() -> None:
    header = "deadline 4s, compensate within 1h"
    more = child("wait 1h", "deadline 1d, compensate within 1h")
    story = play("step m = sub(id)", header=header, more=more)
    assert (story.ending.kind, took(story)) == ("Compensated", 4)


def test_after_commit_neither_is_passed_on() -> None:
    header = "deadline 4s, compensate within 1h"
    more = child("wait 1h")
    body = "commit\nstep m = sub(id)\n  otherwise none"
    assert took(play(body, "cancel@1s", header=header, more=more)) == 3600


def test_a_flow_may_be_told_by_itself() -> None:
    made = program("step m = sub(id)", more=child(DOES))
    story = run(made, script(), {"k": "x"}, made.find("sub"))
    assert story.ending.value == "x"
