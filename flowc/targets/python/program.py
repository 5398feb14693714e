"""The modules that hold a package together: its entry, its list of flows, its runtime."""

from __future__ import annotations

from importlib.resources import files

from flowc.targets.python.body import Package
from flowc.targets.python.declarations import import_order
from flowc.targets.writer import WIDTH, Group, Writer

RUNTIME = (
    "attempt",
    "branches",
    "calls",
    "clock",
    "command",
    "desk",
    "engine",
    "errors",
    "events",
    "facts",
    "flow",
    "governed",
    "history",
    "journal",
    "ledger",
    "lib",
    "mailbox",
    "otlp",
    "reading",
    "rehearsal",
    "restart",
    "run",
    "seams",
    "state",
    "story",
    "tables",
    "telemetry",
    "told",
    "values",
    "verbs",
    "waiting",
    "workflows",
)


def runtime() -> dict[str, str]:
    """The runtime's modules, word for word."""
    folder = files("flowc.targets.python.support")
    made = {
        f"runtime/{name}.py": folder.joinpath(f"{name}.py").read_text("utf-8") for name in RUNTIME
    }
    made["runtime/__init__.py"] = folder.joinpath("__init__.py").read_text("utf-8")
    return made


def entry() -> str:
    """The module that is run: `python -m package.main --input @input.json`."""
    out = Writer()
    out.line('"""Run a flow durably; a killed run is finished by the same command."""')
    out.blank()
    out.line("from .flows import FLOWS")
    out.line("from .implementation import SERVICES")
    out.line("from .runtime.command import main")
    out.blank()
    out.line('if __name__ == "__main__":')
    with out.indented():
        out.line("raise SystemExit(main(FLOWS, SERVICES))")
    return out.text


def registry(package: Package) -> str:
    """The module that lists every flow in every version."""
    out = Writer()
    out.line('"""Every flow, in every version that may still run."""')
    out.blank()
    modules = tuple(sorted(package.modules.values(), key=import_order))
    if modules:
        line = f"from . import {', '.join(modules)}"
        out.line(line if len(line) <= WIDTH else Group(f"{line[:14]}(", modules, ")"))
        out.blank()
    listed = tuple(f"{module}.FLOW" for module in package.modules.values())
    out.line(Group("FLOWS = (", listed, ",)" if len(listed) == 1 else ")"))
    return out.text


def tests() -> str:
    """The module that rehearses every flow, and every operation failing."""
    out = Writer()
    out.line('"""Every flow on the real engine, in virtual time: it ends, whatever is lost."""')
    out.blank()
    out.line("import unittest")
    out.blank()
    out.line("from ..calls import OPERATIONS")
    out.line("from ..flows import FLOWS")
    out.line("from ..runtime.rehearsal import ENDINGS, Rehearsal")
    out.blank(2)
    out.line("class FlowsTest(unittest.TestCase):")
    with out.indented():
        out.line("def test_every_flow_ends_whatever_never_answers(self) -> None:")
        with out.indented():
            out.line("with Rehearsal(FLOWS, OPERATIONS) as rehearsal:")
            with out.indented():
                out.line("for flow in FLOWS:")
                with out.indented():
                    out.line("for lost in (None, *OPERATIONS):")
                    with out.indented():
                        out.line("if flow.key is None:")
                        with out.indented():
                            out.line("continue")
                        out.line('named = "nothing" if lost is None else lost.title')
                        out.line("with self.subTest(flow=flow.title, lost=named):")
                        with out.indented():
                            out.line("ending = rehearsal.play(flow, lost)")
                            out.line('self.assertIn(ending["ending"], ENDINGS)')
                            out.line('if ending["ending"] in ("Completed", "Compensated"):')
                            with out.indented():
                                out.line('self.assertNotIn("stuck", ending)')
    out.blank(2)
    out.line('if __name__ == "__main__":')
    with out.indented():
        out.line("unittest.main()")
    return out.text
