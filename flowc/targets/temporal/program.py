"""The modules that hold a package together: its workflows, worker, starter, tests, runtime."""

from __future__ import annotations

from flowc.targets.python.names import quote
from flowc.targets.workflows.body import Workflows
from flowc.targets.workflows.program import modules
from flowc.targets.writer import Group, Writer

RUNTIME = (
    *("activities", "attempts", "children", "connection", "converter", "engine", "instance"),
    *("rehearsal", "starter", "worker"),
)


def runtime() -> dict[str, str]:
    """The runtime's modules, word for word."""
    return modules("flowc.targets.temporal.support", RUNTIME)


def registry(package: Workflows) -> str:
    """The module that lists every workflow, in every version."""
    out = Writer()
    out.line('"""Every flow, in every version that may still run."""')
    out.blank()
    out.line("from temporalio import workflow")
    out.blank()
    for flow in sorted(package.classes, key=lambda flow: package.modules[flow]):
        out.line(f"from .{package.modules[flow]} import {package.classes[flow]}")
    out.blank()
    out.line("with workflow.unsafe.imports_passed_through():")
    with out.indented():
        out.line("from ..runtime.children import NEWEST")
    out.blank()
    newest = next(iter(package.classes))
    out.line(f"TASK_QUEUE = {quote(newest.name)}")
    listed = tuple(package.classes.values())
    out.line(Group("WORKFLOWS = (", listed, ",)" if len(listed) == 1 else ")"))
    out.blank()
    out.line("for _workflow in WORKFLOWS:")
    with out.indented():
        out.line("_flow = _workflow.FLOW")
        out.line("NEWEST[_flow.name] = max(_flow.version, NEWEST.get(_flow.name, 1))")
    return out.text


def worker() -> str:
    """The module that works: `python -m package.worker`."""
    out = Writer()
    out.line('"""Run the flows on a Temporal server: `python -m package.worker --address ...`."""')
    out.blank()
    out.line("from .calls import OPERATIONS")
    out.line("from .implementation import SERVICES")
    out.line("from .runtime.worker import main")
    out.line("from .workflows import TASK_QUEUE, WORKFLOWS")
    out.blank()
    out.line('if __name__ == "__main__":')
    with out.indented():
        out.line("raise SystemExit(main(TASK_QUEUE, WORKFLOWS, SERVICES, OPERATIONS))")
    return out.text


def starter() -> str:
    """The module that starts: `python -m package.starter start --input @input.json`."""
    out = Writer()
    out.line('"""Start instances and talk to them: `python -m package.starter --help`."""')
    out.blank()
    out.line("from .runtime.starter import main")
    out.line("from .workflows import TASK_QUEUE, WORKFLOWS")
    out.blank()
    out.line('if __name__ == "__main__":')
    with out.indented():
        out.line("raise SystemExit(main(TASK_QUEUE, WORKFLOWS))")
    return out.text


def rehearse() -> str:
    """The module that rehearses: `python -m package.rehearse`."""
    out = Writer()
    out.line('"""Play every flow, and every operation failing: `python -m package.rehearse`."""')
    out.blank()
    out.line("from .calls import OPERATIONS")
    out.line("from .runtime.rehearsal import main")
    out.line("from .workflows import WORKFLOWS")
    out.blank()
    out.line('if __name__ == "__main__":')
    with out.indented():
        out.line("raise SystemExit(main(WORKFLOWS, OPERATIONS))")
    return out.text


def tests() -> str:
    """The module that tests how the rehearsals ended."""
    out = Writer()
    out.line('"""Every flow on Temporal\'s test server: it ends, whatever is lost, and replays."""')
    out.blank()
    out.line("import unittest")
    out.blank()
    out.line("from .. import rehearse")
    out.line("from ..runtime.rehearsal import rehearsed")
    out.line("from ..runtime.samples import ENDINGS")
    out.blank(2)
    out.line("class FlowsTest(unittest.TestCase):")
    with out.indented():
        out.line("def test_every_flow_ends_whatever_never_answers(self) -> None:")
        with out.indented():
            out.line("for played in rehearsed(rehearse.__name__):")
            with out.indented():
                out.line('with self.subTest(flow=played["flow"], lost=played["lost"]):')
                with out.indented():
                    out.line('self.assertIn(played["ending"], ENDINGS)')
    out.blank(2)
    out.line('if __name__ == "__main__":')
    with out.indented():
        out.line("unittest.main()")
    return out.text
