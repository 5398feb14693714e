"""A flow with a deadline to the moments at which the deadline is looked at, and strikes."""

from __future__ import annotations

from flowc.compiler.flow import Await, Commit, Step, WaitFor, WaitUntil

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Flow, Node
    from flowc.simulate.study import Study

    Moment = tuple[Node, bool, int, int | None]


def moments(study: Study) -> Iterator[Moment]:
    """Where the deadline is looked at before `commit`: the statement, whether while it waits
    (else before it), and the earliest and latest time since the flow's start, in ms."""
    times = study.times
    for node in before_commit(study.flow):
        if not isinstance(node, Step | WaitFor | WaitUntil | Await | Commit):
            continue
        before = times.before(node)
        yield node, False, before.best, before.worst
        if isinstance(node, WaitFor):
            after = times.after(node)
            yield node, True, after.best, after.worst
        elif isinstance(node, Await) and before.worst is not None and node.within is not None:
            yield node, True, before.best, before.worst + node.within


def before_commit(flow: Flow) -> Iterator[Node]:
    """The statements up to `commit`, itself included, in textual order."""
    for node in flow.nodes:
        yield node
        if isinstance(node, Commit):
            return


def never_reached(study: Study) -> tuple[Node, bool, int] | None:
    """The first statement that no run finishes before the deadline: it, whether it is at least
    begun, and the earliest time at which it could be done."""
    deadline = study.flow.deadline
    if deadline is None or _always_in_time(study, deadline):
        return None
    for node, during, best, _ in moments(study):
        if best > deadline:
            return node, during, best
    return None


def overrun(study: Study) -> tuple[Node, Moment] | None:
    """The first statement at which the deadline can strike, and the latest such moment."""
    deadline = study.flow.deadline
    if deadline is None or _always_in_time(study, deadline):
        return None
    first: Node | None = None
    latest: Moment | None = None
    most = deadline
    for moment in moments(study):
        worst = moment[3]
        if worst is not None and worst > most:
            first = first or moment[0]
            latest, most = moment, worst
    return None if first is None or latest is None else (first, latest)


def _always_in_time(study: Study, deadline: int) -> bool:
    worst = study.times.total.worst
    return worst is not None and worst <= deadline
