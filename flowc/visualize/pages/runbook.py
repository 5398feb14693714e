"""Turns a flow into its runbook: for each state in which an instance can stand, what is live, what
would be undone in which order, and what to do."""

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
from flowc.visualize.pages.markdown import code, escape, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    import networkx as nx

    from flowc.simulate.study import Study
    from flowc.visualize.pages.standing import Levels, Stand


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
