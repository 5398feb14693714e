"""Small flows in which an engine once parted from the reference, each with the story that told."""

from __future__ import annotations

from typing import NamedTuple

from flowc.simulate.script import Moment, Script, Scripted, Sent

PARAMS = "id: text, xs: [text]"
HEAD = 'version 1\nowner "o" runbook "r"\nkey id on duplicate reject\ndeadline 1d\n'
LOST = (Scripted("unknown", takes=0),)
BOOM = (Scripted("fail", error="Boom", invented=True),)


class Regression(NamedTuple):
    """`flows` come after the prelude; `main` is started."""

    name: str
    flows: str
    script: Script


def _main(body: str) -> str:
    return f"flow main({PARAMS}) {{\n{HEAD}\n{body}\n}}\n"


REGRESSIONS = (
    Regression(
        "an error that a branch handled is not the branch's",
        _main(
            "parallel {\nbranch a {\nstep one = s.tell(id, id) with once\notherwise none\n}\n"
            "branch b {\ntry {\nstep two = s.tell(id, id) with once\n} on Boom {\nwait 1s\n}\n}\n}"
        ),
        Script(steps={"one": LOST, "two": BOOM}),
    ),
    Regression(
        "an error that a round handled is not the round's",
        _main(
            "for x in xs max 3, 2 at once {\nstep one = s.tell(id, x) with once\n  otherwise none\n"
            "step two = s.tell(id, x) with once\n}"
        ),
        Script(steps={"one[0]": BOOM, "one[2]": LOST}),
    ),
    Regression(
        "a flow that is called after commit hears of no cancel",
        "flow ask(k: text) -> text {\nversion 1\n\nawait word: text within 1m\nreturn word\n}\n"
        + _main("commit\n\nstep word = ask(id)\nstep one = s.tell(id, word) with once"),
        Script(signals=(Sent("word/word", Moment(at=9000), "yes"),), cancel=Moment(at=4000)),
    ),
)
