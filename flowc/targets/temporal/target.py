"""The target `temporal`: a program to a package of workflows for Temporal's Python SDK."""

from __future__ import annotations

from flowc import __version__
from flowc.targets.python.declarations import errors, model
from flowc.targets.python.marker import mark
from flowc.targets.python.target import STUBS
from flowc.targets.temporal.body import TemporalBody
from flowc.targets.temporal.gaps import gaps
from flowc.targets.temporal.program import registry, runtime, starter, tests, worker
from flowc.targets.workflows.awaits import called
from flowc.targets.workflows.body import Workflows

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
        own = (*program.flows, *program.older)
        names = {name for flow in own for name in called(flow, program)}
        flows = (*own, *(flow for flow in program.imported if flow.name in names))
        package = Workflows(flows, program)
        files = {
            "__init__.py": '"""Flows, compiled to workflows of Temporal."""\n',
            "worker.py": worker(),
            "starter.py": starter(),
            "model.py": model(package.kinds),
            "errors.py": errors(package.kinds),
            "services.py": package.services.protocols(),
            "calls.py": package.services.calls(),
            "policies.py": package.policies.module(),
            "workflows/__init__.py": registry(package),
            "tests/__init__.py": '"""Rehearsals."""\n',
            "tests/test_flows.py": tests(),
            **runtime(),
        }
        for flow, module in package.modules.items():
            files[f"workflows/{module}.py"] = TemporalBody(flow, package).module()
        line = mark(flows, __version__)
        marked = {path: f"{line}\n{text}" for path, text in files.items()}
        marked[STUBS] = package.services.stubs()
        return dict(sorted(marked.items()))
