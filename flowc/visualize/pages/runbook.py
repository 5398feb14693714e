"""Turns a flow into its runbook: for each state in which an instance can stand, what is live, what
would be undone in which order, and what to call."""

from __future__ import annotations

from flowc.compiler.duration import show
from flowc.compiler.flow import (
    Await,
    Call,
    Commit,
    Flow,
    Step,
    SubFlow,
)
from flowc.compiler.graph_data import Facts
from flowc.simulate.ways import ends_unknown
from flowc.struct import Struct
from flowc.visualize.pages.markdown import code, escape, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    import networkx as nx

    from flowc.simulate.study import Study
    from flowc.visualize.pages.standing import Levels, Stand


class Operations(Struct):
    """The command lines of one target that act on an instance, None where it has none; KEY, STEP,
    PATH, JSON and other capitals stand for what the reader puts in, FLOW for the flow's name.
    `resume` continues what was paused, `finish` what a crash left."""

    target: str
    look: str | None = None
    every: str | None = None
    signal: str | None = None
    cancel: str | None = None
    pause: str | None = None
    resume: str | None = None
    restart: str | None = None
    finish: str | None = None


PYTHON = Operations(
    "python",
    look="flowc status KEY --state STATE",
    every="flowc instances --state STATE",
    signal="flowc signal KEY PATH JSON --state STATE",
    cancel="flowc cancel KEY --state STATE",
    pause="flowc pause KEY --state STATE",
    resume="flowc resume KEY --state STATE",
    restart="flowc restart KEY --from STEP --state STATE",
    finish="flowc run FILE --services MODULE --state STATE",
)
_STARTER = "python -m PACKAGE.starter"


def _workflows(target: str, every: str) -> Operations:
    return Operations(
        target,
        look=f"{_STARTER} status FLOW/KEY",
        every=every,
        signal=f"{_STARTER} answer FLOW/KEY PATH JSON",
        cancel=f"{_STARTER} cancel FLOW/KEY",
        pause=f"{_STARTER} pause FLOW/KEY",
        resume=f"{_STARTER} resume FLOW/KEY",
        finish="python -m PACKAGE.worker",
    )


TEMPORAL = _workflows("temporal", "temporal workflow list")
CADENCE = _workflows("cadence", "cadence --domain DOMAIN workflow list")
KNOWN = {each.target: each for each in (PYTHON, TEMPORAL, CADENCE)}


def commands(targets: Sequence[str], flow: Flow) -> list[str]:
    """What to call, per target; those that are not known here are left out."""
    known = [KNOWN[target] for target in targets if target in KNOWN]
    heads = ["To", *(f"on {escape(each.target)}" for each in known)]
    cells: list[list[str]] = []
    for name, field in _wanted(flow):
        lines = [_line(getattr(each, field), flow) for each in known]
        if any(lines):
            cells.append([name, *("" if line is None else code(line) for line in lines)])
    if not cells:
        return []
    return [
        *table(heads, cells),
        "",
        "STATE keeps the instances: a file, or a PostgreSQL URL. KEY is the business key. "
        "PACKAGE is what `flowc build` made for the target, DOMAIN where it is registered.",
    ]


def _line(line: str | None, flow: Flow) -> str | None:
    return None if line is None else line.replace("FLOW", flow.name)


def _wanted(flow: Flow) -> list[tuple[str, str]]:
    wanted = [
        ("list instances", "every"),
        ("see where one stands and what is live", "look"),
        ("cancel: it stops going forward and undoes", "cancel"),
        ("stop starting steps for a while", "pause"),
        ("go on after a pause", "resume"),
        ("restart one that Halted or is Incomplete", "restart"),
        ("go on with what a crash or a restart left unfinished", "finish"),
    ]
    if any(isinstance(node, Await) for node in flow.nodes):
        wanted.insert(2, ("answer an await", "signal"))
    return wanted


def states(study: Study, found: Sequence[Stand]) -> list[str]:
    """The table of the states in which an instance runs or waits."""
    facts = Facts(study.flow)
    rows: list[list[str]] = []
    for stand in found:
        live, undo = _live(stand.before), _undone(stand, stand.before)
        match stand.node:
            case Step():
                rows.append([f"before {code(stand.path)}", live, undo, _between(stand)])
                rows.append(_running(stand, stand.node, study))
            case Commit():
                rows.append(["before `commit`", live, undo, _between(stand)])
            case None:
                rows.append(["at the end", live, "nothing: it completes", "Nothing to do."])
            case _:
                rows.append([_waiting(stand, facts), live, undo, _answer(stand)])
    heads = (
        "It stands",
        "What is live",
        "What cancel or the deadline undoes, in order",
        "What to know and do",
    )
    return table(heads, rows)


def _between(stand: Stand) -> str:
    return (
        "After `commit` cancel and deadline are ignored: it only goes forward."
        if stand.committed
        else "Cancel takes effect here."
    )


def _running(stand: Stand, node: Step, study: Study) -> list[str]:
    longest = study.times.longest(node)
    most = "without bound" if longest is None else f"at most {show(longest)}"
    words = ["A running step is never cut: it ends by its own budgets."]
    if isinstance(node.call, SubFlow):
        words = [f"The page of flow {code(node.call.flow)} tells where it stands."]
        if not stand.committed:
            words.append("Cancel and deadline are passed on to it.")
    elif node.call.policy.page:
        words.append(f"Pages {escape(node.call.policy.page)} when it gives up.")
    where = f"in {code(stand.path)}, {most}"
    return [where, _live(stand.during), _undone(stand, stand.during), " ".join(words)]


def _waiting(stand: Stand, facts: Facts) -> str:
    node = stand.node
    bound = ""
    if isinstance(node, Await):
        bound = ", without bound" if node.within is None else f", at most {show(node.within)}"
    return f"waiting at {code(label(stand, facts))}{bound}"


def label(stand: Stand, facts: Facts) -> str:
    """How a wait or an await is called."""
    if stand.node is None or isinstance(stand.node, Await):
        return stand.path
    return facts.text(stand.node.span)


def _answer(stand: Stand) -> str:
    words = []
    if isinstance(stand.node, Await):
        words.append(f"Answer it: PATH is {code(stand.path)}.")
    if stand.committed:
        words.append("After `commit` cancel and deadline are ignored.")
    else:
        words.append("Cancel ends the wait at once.")
    return " ".join(words)


def _live(levels: Levels) -> str:
    shown = [
        f"{code(effect.what)} by {code(effect.step)}" + _when(effect.when)
        for level in reversed(levels)
        for effect in level
    ]
    return "; ".join(shown) or "nothing"


def _undone(stand: Stand, levels: Levels) -> str:
    if stand.committed:
        return "nothing: it is past `commit`"
    groups = []
    for level in levels:
        parts = [
            f"{code(effect.undo)}{_when(effect.when)}"
            for effect in level
            if effect.undo is not None
        ]
        if parts:
            groups.append(" beside ".join(parts))
    return ", then ".join(groups) or "nothing"


def _when(when: str) -> str:
    return f" ({when})" if when else ""


def stopped(study: Study, graph: nx.MultiDiGraph[str], found: Sequence[Stand]) -> list[str]:
    """The table of the states in which it stands still until people act."""
    rows = []
    for stand in found:
        node = stand.node
        if not isinstance(node, Step):
            continue
        nodes = [stand.id, f"{stand.id}:probe"]
        if any(graph.has_edge(one, "ending:halted") for one in nodes if one in graph):
            rows.append(_halted(stand, node))
    for step in study.flow.steps:
        undo = step.compensation
        if undo is None or not study.outcomes.may_be_undone(step):
            continue
        if not ends_unknown(undo.call.operation, undo.call.policy):
            continue
        page = undo.call.policy.page
        rows.append(
            [
                f"Incomplete: {code(undo.call.operation.title)} of {code(step.name)} is stuck",
                f"{code(_resource(step))}; the other compensations have run all the same",
                f"Pages {escape(page)}." if page else "",
                f"Mend what it calls, then restart from {code(step.name)}; or undo it by hand.",
            ]
        )
    for late, errors in study.outcomes.uncaught_after_commit():
        name = getattr(late, "name", None)
        label = name if isinstance(name, str) else type(late).__name__.lower()
        rows.append(
            [
                f"Incomplete: {code(label)} failed after `commit`",
                "everything before `commit`, for good",
                f"It failed with {', '.join(code(error) for error, _ in errors)}.",
                f"Restart from {code(label)}; nothing is undone.",
            ]
        )
    if not rows:
        return []
    return table(("It stands still", "What is live", "Why and who knows", "What to do"), rows)


def _halted(stand: Stand, step: Step) -> list[str]:
    if isinstance(step.call, Call):
        why = f"Nobody knows whether {code(step.call.operation.title)} happened."
        page = step.call.policy.page
        if page:
            why += f" Pages {escape(page)}."
    else:
        why = f"Flow {code(step.call.flow)} halted or is Incomplete: look there first."
    return [
        f"Halted at {code(stand.path)}",
        _live(stand.during),
        why,
        f"Find out, mend, then restart from {code(step.name)}: same keys, frozen arguments, so "
        "what happened already is not done twice where the step has a key.",
    ]


def _resource(step: Step) -> str:
    if isinstance(step.call, Call):
        return step.call.operation.writes or step.call.operation.title
    return f"flow {step.call.flow}"


def unwinding(flow: Flow) -> list[str]:
    """What to know while an instance undoes."""
    bound = (
        "without bound in time"
        if flow.compensate_within is None
        else f"and none starts later than {show(flow.compensate_within)} after the first"
    )
    return [
        "While it undoes, every compensation runs even if another is stuck, "
        f"{bound}. Cancel and the deadline change nothing then. A crash is resumed where it was; "
        "arguments were frozen when the step began, so nothing is computed again.",
    ]
