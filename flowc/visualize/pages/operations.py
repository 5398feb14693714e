"""Turns a flow into what to call, per target, to look at an instance and to act on it."""

from __future__ import annotations

from flowc.compiler.flow import Await, Flow
from flowc.struct import Struct
from flowc.visualize.pages.markdown import code, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Operations(Struct):
    """The command lines of one target, None where it has none. In them INSTANCE stands for the
    instance, STEP, PATH and JSON for what the reader puts in; `about` says what else stands there,
    `lacks` what cannot be called and what to do instead."""

    target: str
    about: str
    every: str | None = None
    look: str | None = None
    draw: str | None = None
    signal: str | None = None
    cancel: str | None = None
    pause: str | None = None
    resume: str | None = None
    restart: str | None = None
    finish: str | None = None
    lacks: str = ""


def _starter(target: str, about: str = "", every: str | None = None) -> Operations:
    """What the package that `flowc build` writes for a workflow engine can be told."""
    starter = "python -m PACKAGE.starter"
    return Operations(
        target,
        f"PACKAGE is what `flowc build --target {target}` wrote.{about}",
        every=every,
        look=f"{starter} status INSTANCE",
        signal=f"{starter} answer INSTANCE PATH JSON",
        cancel=f"{starter} cancel INSTANCE",
        pause=f"{starter} pause INSTANCE",
        resume=f"{starter} resume INSTANCE",
        finish="python -m PACKAGE.worker",
        lacks="One that Halted or is Incomplete has ended: nothing restarts it, people finish it "
        "by hand.",
    )


PYTHON = Operations(
    "python",
    "STATE is the SQLite file or the PostgreSQL URL that keeps the instances, MODULE the services.",
    every="flowc instances --state STATE",
    look="flowc status INSTANCE --state STATE",
    draw="flowc graph FILE --run INSTANCE --state STATE -o run.svg",
    signal="flowc signal INSTANCE PATH JSON --state STATE",
    cancel="flowc cancel INSTANCE --state STATE",
    pause="flowc pause INSTANCE --state STATE",
    resume="flowc resume INSTANCE --state STATE",
    restart="flowc restart INSTANCE --from STEP --state STATE",
    finish="flowc run FILE --services MODULE --state STATE",
    lacks="What is paused, answered or restarted goes on in the process that runs the state; where "
    "none does, start one with the last line.",
)
TEMPORAL = _starter(
    "temporal", " `temporal` is Temporal's own command line.", "temporal workflow list"
)
CADENCE = _starter("cadence")
ASL = Operations(
    "asl",
    "MACHINE and EXECUTION are ARNs; an execution is named by the SHA-256 of the key. TOKEN is "
    "what the function `FlowAwait` was given.",
    every="aws stepfunctions list-executions --state-machine-arn MACHINE",
    look="aws stepfunctions get-execution-history --execution-arn EXECUTION",
    signal="aws stepfunctions send-task-success --task-token TOKEN --task-output JSON",
    cancel="aws stepfunctions send-task-failure --task-token TOKEN --error Cancelled",
    lacks="Only an await can be cancelled: stopping an execution undoes nothing. There is no "
    "pause. One that Halted or is Incomplete has failed, and the cause of its failure says where: "
    "people finish it by hand. A crash needs nothing.",
)
KNOWN = {each.target: each for each in (PYTHON, TEMPORAL, CADENCE, ASL)}

_WORDS = (
    ("list instances", "every"),
    ("see where one stands, and what is live", "look"),
    ("draw what it did", "draw"),
    ("answer an await", "signal"),
    ("cancel: it stops going forward and undoes", "cancel"),
    ("stop it from starting steps for a while", "pause"),
    ("go on after a pause", "resume"),
    ("restart one that Halted or is Incomplete", "restart"),
    ("go on with what a crash or a restart left unfinished", "finish"),
)


def commands(targets: Sequence[str], flow: Flow) -> list[str]:
    """What to call on each of these targets."""
    awaits = any(isinstance(node, Await) for node in flow.nodes)
    named = code(f"{flow.name}/KEY") if flow.key else "that of its caller"
    lines = [f"INSTANCE is {named}."]
    for each in (KNOWN[target] for target in targets):
        rows = [
            [words, code(line)]
            for words, field in _WORDS
            if (awaits or field != "signal") and (line := getattr(each, field)) is not None
        ]
        lines += ["", f"#### On {each.target}", "", *table(("To", "Call"), rows)]
        lines += ["", f"{each.about} {each.lacks}"]
    return lines
