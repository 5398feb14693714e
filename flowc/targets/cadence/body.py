"""A flow at one version to its module: its body, and the workflow of Cadence around it."""

from __future__ import annotations

from flowc.compiler.types import FieldType
from flowc.targets.python.declarations import imports
from flowc.targets.python.names import docstring, quote
from flowc.targets.workflows.body import STANDARD, WorkflowBody
from flowc.targets.writer import Group, Writer


class CadenceBody(WorkflowBody):
    """Writes the statements of one flow, and its workflow."""

    def workflow(self, params: tuple[tuple[FieldType, str], ...], code: Writer) -> None:
        """The class that Cadence registers. `origin` is what its starter tells it beside the
        input; by default, nothing."""
        flow = self.flow
        code.line(f"@REGISTRY.workflow(name={quote(f'{flow.name}@{flow.version}')})")
        code.line(f"class {self.class_name}(Instance):")
        given, made = self.arguments(params, "origin")
        given.append("origin: Origin = ALONE")
        with code.indented():
            code.lines(docstring(f"The workflow of `{flow.name}`, version {flow.version}."))
            code.blank()
            code.line("FLOW = FLOW")
            code.blank()
            code.line("@workflow.run")
            code.line(Group("async def run(", ("self", *given), ") -> dict[str, Any]:"))
            with code.indented():
                code.line('"""Run the flow and say how it ended."""')
                code.line(Group("return await self.perform(", (made, "origin"), ")"))

    def head(self, code: str) -> Writer:
        """A docstring and imports."""
        head = Writer()
        head.lines(docstring(f"The flow `{self.flow.name}`, version {self.flow.version}."))
        head.blank()
        head.line("from __future__ import annotations")
        head.blank()
        head.lines(imports(code, STANDARD))
        head.blank()
        known = dict(self._own_imports())
        known["..runtime"] = (*known["..runtime"], "workflow")
        known["..runtime.children"] = ("ALONE", "Origin")
        known["..registry"] = ("REGISTRY",)
        head.lines(imports(code, sorted(known.items())))
        return head
