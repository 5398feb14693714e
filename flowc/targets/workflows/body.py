"""A flow at one version to its module: its body as in plain Python, with waits for messages."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.compiler.types import FieldType
from flowc.targets.python.body import Body, Package
from flowc.targets.python.declarations import fields, joined
from flowc.targets.python.expressions import duration
from flowc.targets.python.kinds import IMPORTED
from flowc.targets.python.names import BUILTINS, Names, docstring, pascal, quote
from flowc.targets.workflows.awaits import awaits
from flowc.targets.writer import Code, Group, Writer, prefixed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

STANDARD = (
    ("datetime", ("datetime", "timedelta")),
    ("decimal", ("Decimal",)),
    ("functools", ("partial",)),
    ("typing", ("Any",)),
)


class Workflows(Package):
    """What the modules of one program share, and the classes of its workflows."""

    def __init__(self, flows: Iterable[ir.Flow], program: ir.Program) -> None:
        flows = tuple(flows)
        super().__init__(flows)
        self.program = program
        names = Names(IMPORTED | BUILTINS | frozenset(self.kinds.classes))
        self.classes = {flow: names.take(f"{pascal(flow.name)}V{flow.version}") for flow in flows}


class WorkflowBody(Body):
    """Writes the statements of one flow; each engine adds the workflow around them."""

    def __init__(self, flow: ir.Flow, package: Workflows) -> None:
        super().__init__(flow, package)
        self._workflows = package
        self.class_name = package.classes[flow]

    def module(self) -> str:
        """The text of the flow's module."""
        flow, out = self.flow, self.out
        params = tuple((param, self.bind(param.name)) for param in flow.params)
        given = tuple(f"{name}: {self.kinds.show(param.type)}" for param, name in params)
        result = self.kinds.show(flow.result)
        out.line(Group(f"async def {self.function}(", ("run: Run", *given), f") -> {result}:"))
        with out.indented():
            out.lines(docstring(self._doc()))
            self.block(flow.body)
            if not flow.body.nodes:
                out.line("return")
        code = Writer()
        code.lines(out.text.splitlines())
        code.blank(2)
        code.lines(self._key())
        code.blank(2)
        code.line(Group("FLOW = Flow(", self._facts(params, ""), ")"))
        code.blank(2)
        self.workflow(params, code)
        return joined(self.head(code.text), code)

    def workflow(self, params: tuple[tuple[FieldType, str], ...], code: Writer) -> None:
        """Write the class of the workflow, which each engine has in its own way."""
        raise NotImplementedError

    def head(self, code: str) -> Writer:
        """What stands above the code: a docstring and imports, and each engine's own."""
        raise NotImplementedError

    def arguments(
        self, params: tuple[tuple[FieldType, str], ...], *taken: str
    ) -> tuple[list[str], Code]:
        """The parameters of the method that runs the workflow, and the object made of them;
        none is called as what is `taken`."""
        names = Names(frozenset({"self", *taken}))
        shown = [(variable, names.take(variable), param) for param, variable in params]
        given = [f"{own}: {self.kinds.show(param.type)}" for _, own, param in shown]
        pairs = tuple(f"{quote(variable)}: {own}" for variable, own, _ in shown)
        return given, Group("{", pairs, "}")

    def _own_imports(self) -> list[tuple[str, tuple[str, ...]]]:
        known = dict(super()._own_imports())
        known["..runtime.run"] = ("Reminder", "Run")
        known["..runtime.instance"] = ("Instance",)
        return sorted(known.items())

    def _facts(
        self, params: tuple[tuple[FieldType, str], ...], fingerprint: str
    ) -> tuple[Code, ...]:
        del fingerprint  # workflow types carry the version instead
        flow = self.flow
        shown = fields(params, self.kinds)
        parts: list[Code] = [
            f"name={quote(flow.name)}",
            f"version={flow.version}",
            f"code={self.function}",
            Group("params=(", shown.parts, shown.tail),
            f"result={self.kinds.show(flow.result)}",
            "errors=errors.ERRORS",
        ]
        awaited = awaits(flow, self._workflows.program)
        if awaited:
            pairs = tuple(f"{quote(at)}: {self.kinds.show(kind)}" for at, kind in awaited.items())
            parts.append(Group("awaits={", pairs, "}"))
        if flow.key is not None:
            parts += ["key=key", f"on_duplicate={quote(flow.on_duplicate or 'attach')}"]
        if flow.deadline is not None:
            parts.append(f"deadline={duration(flow.deadline)}")
        if flow.compensate_within is not None:
            parts.append(f"compensate_within={duration(flow.compensate_within)}")
        if flow.owner is not None:
            parts.append(f"owner={quote(flow.owner)}")
        if flow.runbook is not None:
            parts.append(f"runbook={quote(flow.runbook)}")
        return tuple(parts)

    def nth(self, node: ir.Node) -> tuple[str, ...]:
        del node  # a history names the place of everything it has
        return ()

    def waits(self, node: ir.Node, word: str) -> tuple[str, ...]:
        del node, word
        return ()

    # -- waiting for people ------------------------------------------------------------------

    def await_(self, node: ir.Await) -> None:
        """The reminders as functions, then the wait, then what follows when nobody answers."""
        out = self.out
        outer = self.predeclared
        declared = self.declare(node.binds) if node.on_timeout is not None else {}
        self.predeclared = {**outer, **declared}
        parts: list[Code] = [self.path(node.name), self.kinds.show(node.type)]
        if node.within is not None:
            parts.append(f"within={duration(node.within)}")
        reminders = tuple(self._reminder(node, reminder) for reminder in node.reminders)
        if reminders:
            parts.append(Group("reminders=(", reminders, ",)" if len(reminders) == 1 else ")"))
        if node.who is not None:
            parts.append(prefixed("asked=", self.expressions.code(node.who)))
        wait: Code = Group("await run.answer(", tuple(parts), ")")
        outside = dict(self.expressions.bound)
        used = node.name in self.used
        if used:
            known = node.name in self.predeclared
            variable = self.bind(node.name)
            typing = "" if known else f": {self.kinds.show(node.type)}"
            wait = prefixed(f"{variable}{typing} = ", wait)
        if node.on_timeout is None:
            out.line(wait)
        else:
            out.line("try:")
            with out.indented():
                out.line(wait)
            inside, self.expressions.bound = self.expressions.bound, outside
            out.line("except TimedOut:")
            self.arm(node.on_timeout)
            self.expressions.bound = inside
        self.predeclared = outer
        self.expressions.bound.update((name, made[0]) for name, made in declared.items())
        if used:
            self.bound(node.name)

    def _reminder(self, node: ir.Await, reminder: ir.Reminder) -> Code:
        out = self.out
        function = self.names.take(f"{'every' if reminder.repeating else 'after'}_{node.name}")
        count = self.names.take(reminder.index or "n")
        outer, rounds = dict(self.expressions.bound), self.rounds
        predeclared, self.predeclared = self.predeclared, {}
        if reminder.index is not None:
            self.expressions.bound[reminder.index] = count
        if reminder.repeating:
            self.rounds = (*rounds, count)
        out.apart()
        out.line(f"async def {function}({count}: int) -> None:")
        self.arm(reminder.body)
        out.blank()
        self.expressions.bound, self.rounds, self.predeclared = outer, rounds, predeclared
        parts: list[Code] = [duration(reminder.delay), function]
        if reminder.repeating:
            parts.append("repeating=True")
        return Group("Reminder(", tuple(parts), ")")
