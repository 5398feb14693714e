"""Turns what can happen to a flow into the ways in which it ends, its worst times, and what each
failure undoes."""

from __future__ import annotations

from flowc.compiler.duration import show
from flowc.compiler.flow import Commit, Flow, ForEach, Node, Return, Step
from flowc.compiler.graph_data import Facts
from flowc.visualize.failures import failures
from flowc.visualize.pages.markdown import code, escape, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    import networkx as nx

    from flowc.simulate.study import Study


def endings(study: Study, graph: nx.MultiDiGraph[str], facts: Facts) -> list[str]:
    """The table of endings, only those that this flow can have."""
    flow = study.flow
    rows = [["**Completed**", _completed(flow, facts), "Nothing."]]
    errors = [*study.outcomes.errors, "Cancelled"]
    if flow.deadline is not None and "DeadlineExceeded" not in errors:
        errors.append("DeadlineExceeded")
    causes = ", ".join(code(error) for error in dict.fromkeys(errors))
    before = " before `commit`" if any(isinstance(n, Commit) for n in flow.body.nodes) else ""
    rows.append(
        [
            "**Compensated**",
            f"It failed{before} with {causes}; all that took effect and has a compensation is "
            "undone.",
            "Nothing; for another try use another key.",
        ]
    )
    stuck = [step for step in flow.steps if study.outcomes.may_be_undone(step) and _sticks(step)]
    late = list(study.outcomes.uncaught_after_commit())
    if stuck or late:
        whys = []
        if stuck:
            whys.append(f"a compensation is stuck: {', '.join(_paged(step) for step in stuck)}")
        if late:
            names = ", ".join(
                f"{code(_label(node))} ({', '.join(code(name) for name, _ in errors)})"
                for node, errors in late
            )
            whys.append(f"after `commit` nothing catches the failure of {names}")
        rows.append(
            ["**Incomplete**", "; ".join(whys) + ".", "People finish it: see the runbook below."]
        )
    halting = [
        graph.nodes[source]
        for source, _ in graph.in_edges("ending:halted")
        if "ending:halted" in graph
    ]
    steps = dict.fromkeys(
        graph.nodes[node["of"]]["label"] if node["kind"] == "probe" else node["label"]
        for node in halting
    )
    if steps:
        names = ", ".join(code(str(name)) for name in steps)
        rows.append(
            [
                "**Halted**",
                f"Nobody knows what {names} did, and guessing is not allowed. (A sub-flow halts "
                "its caller where it halted or is Incomplete.) Nothing is undone.",
                "People look, then restart from the step: see the runbook below.",
            ]
        )
    return table(("Ends", "What it means here", "What is left to do"), rows)


def _completed(flow: Flow, facts: Facts) -> str:
    values = dict.fromkeys(
        facts.text(node.value.span)
        for node in flow.nodes
        if isinstance(node, Return) and node.value is not None
    )
    if not values:
        return "It did all that it is for."
    return f"It returns {' or '.join(code(value) for value in values)}."


def _sticks(step: Step) -> bool:
    """Whether its compensation can give up, or fail for good."""
    if step.compensation is None:
        return False
    call = step.compensation.call
    policy = call.policy
    return (
        policy.attempts is not None
        or policy.within is not None
        or any(not error.transient for error in call.operation.raises)
    )


def _paged(step: Step) -> str:
    assert step.compensation is not None
    call = step.compensation.call
    page = f" (pages {escape(call.policy.page)})" if call.policy.page else ""
    return f"{code(call.operation.title)} of {code(step.name)}{page}"


def _label(node: Node) -> str:
    name = getattr(node, "name", None)
    return name if isinstance(name, str) else type(node).__name__.lower()


def times(study: Study) -> list[str]:
    """The table of the longest it can take, as far as the file says."""
    flow, known = study.flow, study.times
    rows = [
        ["going forward", _worst(known.total.worst)],
        ["undoing what was done", _worst(known.unwind_worst())],
        ["until it has ended, with its deadline", _worst(known.ending.worst)],
    ]
    for node in flow.body.nodes:
        if isinstance(node, Commit):
            rows.insert(0, ["until `commit`", _worst(known.before(node).worst)])
    if known.total.best:
        rows.insert(0, ["at the very least, by its waits", show(known.total.best)])
    if flow.deadline is not None:
        rows.append(["deadline", show(flow.deadline)])
    if flow.compensate_within is not None:
        rows.append(["no compensation starts after", show(flow.compensate_within)])
    return table(("At worst", ""), rows)


def _worst(ms: int | None) -> str:
    return "unbounded" if ms is None else show(ms)


def undone(study: Study, graph: nx.MultiDiGraph[str]) -> list[str]:
    """The table of failures: what each undoes in which order, and where it leads. A list that is
    provably short enough does not exceed its `max`."""
    rows = []
    nodes = graph.nodes
    places, own = study.outcomes.places, study.outcomes.inside.own
    short = {
        (node.span.start, node.span.end)
        for n, node in enumerate(places.nodes)
        if isinstance(node, ForEach) and "LimitReached" not in own[n]
    }
    for failure in failures(graph):
        node, end = nodes[failure.node], nodes[failure.ends]
        if node["kind"] == "loop" and tuple(node["span"]) in short:
            continue
        how = failure.label or ("" if node["kind"] == "fail" else "fails")
        order = [
            " beside ".join(code(str(nodes[undo]["calls"])) for undo in group)
            for group in failure.undone
        ]
        then = f"goes on with {code(str(end['label']))}" if end["kind"] == "handler" else ""
        rows.append(
            [
                code(str(node["label"])),
                escape(how),
                ", then ".join(order) or "nothing",
                then or escape(str(end["label"])),
            ]
        )
    if not rows:
        return []
    return table(
        ("Where", "How it fails", "What is undone, as far as it had happened", "Ends"), rows
    )
