"""A program to the files of a package for a workflow engine: what is the same on each of them."""

from __future__ import annotations

from flowc import __version__
from flowc.targets.python.declarations import errors, model
from flowc.targets.python.marker import mark
from flowc.targets.python.target import STUBS
from flowc.targets.workflows.awaits import called
from flowc.targets.workflows.body import WorkflowBody, Workflows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc.compiler.flow import Program
    from flowc.targets.target import Files


def package(program: Program, own: Callable[[Workflows], Files], body: type[WorkflowBody]) -> Files:
    """The files of the package; `own` are those of the engine, `body` writes its workflows. All
    but the stubs begin with a line that marks them as generated."""
    wanted = (*program.flows, *program.older)
    names = {name for flow in wanted for name in called(flow, program)}
    flows = (*wanted, *(flow for flow in program.imported if flow.name in names))
    made = Workflows(flows, program)
    files = {
        "model.py": model(made.kinds),
        "errors.py": errors(made.kinds),
        "services.py": made.services.protocols(),
        "calls.py": made.services.calls(),
        "policies.py": made.policies.module(),
        "tests/__init__.py": '"""Rehearsals."""\n',
        **own(made),
    }
    for flow, module in made.modules.items():
        files[f"workflows/{module}.py"] = body(flow, made).module()
    line = mark(flows, __version__)
    marked = {path: f"{line}\n{text}" for path, text in files.items()}
    marked[STUBS] = made.services.stubs()
    return dict(sorted(marked.items()))
