"""The target `temporal`: a program to a package of workflows for Temporal's Python SDK."""

from __future__ import annotations

from flowc.targets.temporal.body import TemporalBody
from flowc.targets.temporal.gaps import gaps
from flowc.targets.temporal.program import registry, rehearse, runtime, starter, tests, worker
from flowc.targets.workflows.body import Workflows
from flowc.targets.workflows.package import package

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import ClassVar

    from flowc.compiler.flow import Flow, Program
    from flowc.diagnostic import Finding
    from flowc.targets.target import Files


class Temporal:
    """Workflows, and the services as Protocols whose operations become activities."""

    name: ClassVar[str] = "temporal"

    def gaps(self, flow: Flow, program: Program) -> Iterable[Finding]:
        """What the target cannot keep of a flow's meaning."""
        return gaps(flow, program)

    def emit(self, program: Program) -> Files:
        """The files of the package. All but the stubs begin with a line that marks them as
        generated; the stubs are the user's as soon as they exist."""

        def own(made: Workflows) -> Files:
            return {
                "__init__.py": '"""Flows, compiled to workflows of Temporal."""\n',
                "worker.py": worker(),
                "starter.py": starter(),
                "workflows/__init__.py": registry(made),
                "rehearse.py": rehearse(),
                "tests/test_flows.py": tests(),
                **runtime(),
            }

        return package(program, own, TemporalBody)
