"""A flow at one version to its module: its body, and the workflow of Temporal around it."""

from __future__ import annotations

from flowc.compiler.types import FieldType
from flowc.targets.python.declarations import imports
from flowc.targets.python.names import docstring, quote
from flowc.targets.workflows.body import STANDARD, WorkflowBody
from flowc.targets.writer import WIDTH, Group, Writer, flat


class TemporalBody(WorkflowBody):
    """Writes the statements of one flow, and its workflow."""

    def workflow(self, params: tuple[tuple[FieldType, str], ...], code: Writer) -> None:
        """The class that Temporal registers."""
        flow = self.flow
        code.line(f"@workflow.defn(name={quote(f'{flow.name}@{flow.version}')})")
        code.line(f"class {self.class_name}(Instance):")
        given, made = self.arguments(params)
        with code.indented():
            code.lines(docstring(f"The workflow of `{flow.name}`, version {flow.version}."))
            code.blank()
            code.line("FLOW = FLOW")
            code.blank()
            code.line("@workflow.run")
            code.line(Group("async def run(", ("self", *given), ") -> dict[str, Any]:"))
            with code.indented():
                code.line('"""Run the flow and say how it ended."""')
                whole = f"return await self.perform({flat(made)})"
                if len(whole) + 8 <= WIDTH:
                    code.line(whole)
                else:
                    code.line("return await self.perform(")
                    with code.indented():
                        code.line(made)
                    code.line(")")

    def head(self, code: str) -> Writer:
        """Imports: what is the package's own passes the sandbox through."""
        head = Writer()
        head.lines(docstring(f"The flow `{self.flow.name}`, version {self.flow.version}."))
        head.blank()
        head.line("from __future__ import annotations")
        head.blank()
        head.lines(imports(code, STANDARD))
        head.blank()
        head.line("from temporalio import workflow")
        head.blank()
        head.line("with workflow.unsafe.imports_passed_through():")
        with head.indented():
            for line in imports(code, self._own_imports()):
                head.lines(line.splitlines())
        return head
