"""The target `python`: a program to a package of durable Python on DBOS."""

from __future__ import annotations

from flowc import __version__
from flowc.targets.python.body import Body, Package
from flowc.targets.python.declarations import errors, model
from flowc.targets.python.gaps import gaps
from flowc.targets.python.marker import mark
from flowc.targets.python.program import entry, registry, runtime, tests

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import ClassVar

    from flowc.compiler.flow import Flow, Program
    from flowc.diagnostic import Finding
    from flowc.targets.target import Files

STUBS = "implementation.py"


class Python:
    """Async workflows for DBOS, with the services as Protocols that the user implements."""

    name: ClassVar[str] = "python"

    def gaps(self, flow: Flow, program: Program) -> Iterable[Finding]:
        """What the target cannot keep of a flow's meaning."""
        del program
        return gaps(flow)

    def emit(self, program: Program) -> Files:
        """The files of the package. All but the stubs begin with a line that marks them as
        generated; the stubs are the user's as soon as they exist."""
        flows = (*program.flows, *program.older)
        package = Package(flows)
        files = {
            "__init__.py": '"""Flows, compiled to durable workflows."""\n',
            "__main__.py": entry(),
            "main.py": entry(),
            "model.py": model(package.kinds),
            "errors.py": errors(package.kinds),
            "services.py": package.services.protocols(),
            "calls.py": package.services.calls(),
            "policies.py": package.policies.module(),
            "flows/__init__.py": registry(package),
            "tests/__init__.py": '"""Rehearsals."""\n',
            "tests/test_flows.py": tests(),
            **runtime(),
        }
        for flow, module in package.modules.items():
            files[f"flows/{module}.py"] = Body(flow, package).module()
        line = mark(flows, __version__)
        marked = {path: f"{line}\n{text}" for path, text in files.items()}
        marked[STUBS] = package.services.stubs()
        return dict(sorted(marked.items()))
