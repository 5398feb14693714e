"""The modules that hold a package together: its registry, worker, starter, tests, runtime."""

from __future__ import annotations

from flowc.targets.python.names import quote
from flowc.targets.workflows.body import Workflows
from flowc.targets.workflows.program import modules
from flowc.targets.writer import Group, Writer

RUNTIME = (
    *("activities", "attempts", "children", "connection", "converter", "engine", "instance"),
    *("rehearsal", "starter", "worker", "workflow"),
)


def runtime() -> dict[str, str]:
    """The runtime's modules, word for word."""
    return modules("flowc.targets.cadence.support", RUNTIME)


def registry() -> str:
    """The module where workflows register."""
    out = Writer()
    out.line('"""Where the workflows of this package register."""')
    out.blank()
    out.line("from cadence import Registry  # type: ignore[import-untyped]")
    out.blank()
    out.line("REGISTRY = Registry()")
    return out.text


def workflows(package: Workflows) -> str:
    """The module that lists every workflow, in every version."""
    out = Writer()
    out.line('"""Every flow, in every version that may still run."""')
    out.blank()
    out.line("from ..runtime.children import NEWEST")
    for flow in sorted(package.classes, key=lambda flow: package.modules[flow]):
        out.line(f"from .{package.modules[flow]} import {package.classes[flow]}")
    out.blank()
    newest = next(iter(package.classes))
    out.line(f"TASK_LIST = {quote(newest.name)}")
    listed = tuple(package.classes.values())
    out.line(Group("WORKFLOWS = (", listed, ",)" if len(listed) == 1 else ")"))
    out.line("FLOWS = tuple(workflow.FLOW for workflow in WORKFLOWS)")
    out.blank()
    out.line("for _flow in FLOWS:")
    with out.indented():
        out.line("NEWEST[_flow.name] = max(_flow.version, NEWEST.get(_flow.name, 1))")
    return out.text


def worker() -> str:
    """The module that works: `python -m package.worker`."""
    out = Writer()
    out.line('"""Run the flows on a Cadence server: `python -m package.worker --address ...`."""')
    out.blank()
    out.line("from .calls import OPERATIONS")
    out.line("from .implementation import SERVICES")
    out.line("from .registry import REGISTRY")
    out.line("from .runtime.worker import main")
    out.line("from .workflows import TASK_LIST")
    out.blank()
    out.line('if __name__ == "__main__":')
    with out.indented():
        out.line("raise SystemExit(main(TASK_LIST, REGISTRY, SERVICES, OPERATIONS))")
    return out.text


def starter() -> str:
    """The module that starts: `python -m package.starter start --input @input.json`."""
    out = Writer()
    out.line('"""Start instances and talk to them: `python -m package.starter --help`."""')
    out.blank()
    out.line("from .runtime.starter import main")
    out.line("from .workflows import FLOWS, TASK_LIST")
    out.blank()
    out.line('if __name__ == "__main__":')
    with out.indented():
        out.line("raise SystemExit(main(TASK_LIST, FLOWS))")
    return out.text


def tests() -> str:
    """The module that rehearses every flow, and every operation failing."""
    out = Writer()
    out.line('"""Every flow in the client\'s test environment: it ends, whatever is lost."""')
    out.blank()
    out.line("import unittest")
    out.blank()
    out.line("from ..calls import OPERATIONS")
    out.line("from ..runtime.rehearsal import Rehearsal")
    out.line("from ..runtime.samples import ENDINGS")
    out.line("from ..workflows import FLOWS, WORKFLOWS")
    out.blank(2)
    out.line("class FlowsTest(unittest.TestCase):")
    with out.indented():
        out.line("def test_every_flow_ends_whatever_never_answers(self) -> None:")
        with out.indented():
            out.line("rehearsal = Rehearsal(WORKFLOWS, OPERATIONS)")
            out.line("for flow in FLOWS:")
            with out.indented():
                out.line("for lost in (None, *OPERATIONS) if flow.key is not None else ():")
                with out.indented():
                    out.line('named = "nothing" if lost is None else lost.title')
                    out.line("with self.subTest(flow=flow.title, lost=named):")
                    with out.indented():
                        out.line("ending = rehearsal.play(flow, lost)")
                        out.line('self.assertIn(ending["ending"], ENDINGS)')
    out.blank(2)
    out.line('if __name__ == "__main__":')
    with out.indented():
        out.line("unittest.main()")
    return out.text
