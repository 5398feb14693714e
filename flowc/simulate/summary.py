"""What a flow means to its callers: the errors it may fail with and the resources it changes."""

from __future__ import annotations

from flowc.compiler.flow import Flow, Program, SubFlow
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.simulate.outcomes import Outcomes


class Summary(Struct):
    """`errors` in the order in which they can come. `writes`: the resources that it or its
    sub-flows change; None among them stands for a change that names no resource."""

    errors: tuple[str, ...]
    writes: frozenset[str | None]


NOTHING = Summary((), frozenset())


class Summaries:
    """Summaries of a program's flows, each made once, callees before callers."""

    __slots__ = ("_entered", "_made", "_newest", "_outcomes", "program")

    def __init__(self, program: Program) -> None:
        self.program = program
        self._newest: dict[str, Flow] = {}
        for flow in (*program.flows, *program.older, *program.imported):
            known = self._newest.get(flow.name)
            if known is None or known.version < flow.version:
                self._newest[flow.name] = flow
        self._made: dict[str, Summary] = {}
        self._entered: set[str] = set()
        self._outcomes: dict[int, Outcomes] = {}

    def of(self, name: str) -> Summary:
        """The summary of the newest version of a flow; of an absent flow: nothing can happen."""
        if name not in self._made and name not in self._entered:
            self._make(name)
        return self._made.get(name, NOTHING)

    def outcomes(self, flow: Flow) -> Outcomes:
        """The outcomes of a flow at the version that it is a projection to."""
        from flowc.simulate.outcomes import Outcomes

        found = self._outcomes.get(id(flow))
        if found is None or found.flow is not flow:
            found = self._outcomes[id(flow)] = Outcomes(flow, self.program, self)
        return found

    def _make(self, name: str) -> None:
        """Callees first. In a cycle of calls, the call that closes it counts as nothing."""
        stack = [(name, False)]
        while stack:
            current, ready = stack.pop()
            if current in self._made:
                continue
            flow = self._newest.get(current)
            if flow is None:
                self._made[current] = NOTHING
            elif ready:
                self._made[current] = self._summarise(flow)
            elif current not in self._entered:
                self._entered.add(current)
                stack.append((current, True))
                stack.extend((callee, False) for callee in _callees(flow))

    def _summarise(self, flow: Flow) -> Summary:
        writes: set[str | None] = set()
        for step in flow.steps:
            if isinstance(step.call, SubFlow):
                writes |= self.of(step.call.flow).writes
            elif step.call.operation.is_write:
                writes.add(step.call.operation.writes)
        return Summary(self.outcomes(flow).errors, frozenset(writes))


def _callees(flow: Flow) -> set[str]:
    return {step.call.flow for step in flow.steps if isinstance(step.call, SubFlow)}


_last: list[Summaries] = []


def summaries(program: Program) -> Summaries:
    """The summaries of a program; those of the program asked for last are kept."""
    if not _last or _last[0].program is not program:
        _last[:] = [Summaries(program)]
    return _last[0]
