"""A flow under study: its program and the analyses that rules share, each made once on demand."""

from __future__ import annotations

from flowc.compiler.flow import Flow, Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.dsl.ast import FlowDecl
    from flowc.simulate.outcomes import Outcomes
    from flowc.simulate.times import Times


class Study:
    """One flow at one version, with what can happen to it (`outcomes`) and when (`times`).

    `declaration` is how the flow was written, with its headers and its `since` and `until`; None
    where only the meaning is at hand.
    """

    def __init__(self, flow: Flow, program: Program, declaration: FlowDecl | None = None) -> None:
        self.flow = flow
        self.program = program
        self.declaration = declaration
        self._outcomes: Outcomes | None = None
        self._times: Times | None = None

    @property
    def outcomes(self) -> Outcomes:
        if self._outcomes is None:
            from flowc.simulate.summary import summaries

            self._outcomes = summaries(self.program).outcomes(self.flow)
        return self._outcomes

    @property
    def times(self) -> Times:
        if self._times is None:
            from flowc.simulate.times import Times

            self._times = Times(self.flow, self.program)
        return self._times
