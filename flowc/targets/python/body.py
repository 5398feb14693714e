"""A flow at one version to its module: the body as readable async code over the runtime's Run."""

from __future__ import annotations

import hashlib

from flowc.compiler import flow as ir
from flowc.compiler.expr import Expr
from flowc.compiler.types import DECIMAL, EnumType, ErrorType, FieldType, NoneType, Type
from flowc.targets.python import compound
from flowc.targets.python.awaits import await_
from flowc.targets.python.declarations import fields, imports, joined
from flowc.targets.python.expressions import Expressions, duration
from flowc.targets.python.kinds import BUILTIN_ERRORS, IMPORTED, Kinds, needs_decimal, parameters
from flowc.targets.python.names import BUILTINS, Names, docstring, in_f_string, quote
from flowc.targets.python.numbers import numbers
from flowc.targets.python.policies import Policies
from flowc.targets.python.services import Services
from flowc.targets.python.used import used_names
from flowc.targets.writer import Code, Group, Writer, prefixed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import assert_never
else:
    from typing import assert_never

_STANDARD = (
    ("datetime", ("datetime", "timedelta")),
    ("decimal", ("Decimal",)),
    ("functools", ("partial",)),
)


class Package:
    """What the modules of one program share."""

    def __init__(self, flows: Iterable[ir.Flow]) -> None:
        flows = tuple(flows)
        self.kinds = Kinds(flows)
        self.policies = Policies(flows)
        self.services = Services(flows, self.kinds)
        names = Names(BUILTINS)
        self.modules = {flow: names.take(f"{flow.name.lower()}_v{flow.version}") for flow in flows}


class Body:
    """Writes the statements of one flow."""

    def __init__(self, flow: ir.Flow, package: Package) -> None:
        self.flow = flow
        self.package = package
        self.kinds = package.kinds
        self.function = package.modules[flow]
        taken = IMPORTED | BUILTINS | frozenset(self.kinds.classes) | {self.function}
        self.names = Names(taken)
        self.expressions = Expressions(self.kinds, self.names)
        self.used = used_names(flow)
        self.predeclared: dict[str, tuple[str, Type]] = {}
        self.out = Writer()
        self.rounds: tuple[str, ...] = ()  # the variables that count the loops around here
        self.exported: dict[str, str] = {}  # names that a branch hands out, and its dictionary
        self.carried: dict[str, tuple[str, Type]] = {}  # what a carried name will be next
        self.loops: dict[str, int] = {}  # around an await or a step that is a flow, if any
        self._places = 0
        self._numbers = numbers(flow)

    # -- the module ------------------------------------------------------------------------

    def module(self) -> str:
        """The text of the flow's module."""
        flow, out = self.flow, self.out
        params = tuple((param, self.bind(param.name)) for param in flow.params)
        code = Writer()
        given = tuple(f"{name}: {self.kinds.show(param.type)}" for param, name in params)
        result = self.kinds.show(flow.result)
        out.line(Group(f"async def {self.function}(", ("run: Run", *given), f") -> {result}:"))
        with out.indented():
            out.lines(docstring(self._doc()))
            self.block(flow.body)
            if not flow.body.nodes:
                out.line("return")
        code.lines(out.text.splitlines())
        code.blank(2)
        code.lines(self._key())
        code.blank(2)
        fingerprint = hashlib.sha256(code.text.encode()).hexdigest()[:16]
        code.line(Group("FLOW = Flow(", self._facts(params, fingerprint), ")"))
        head = Writer()
        head.lines(docstring(f"The flow `{flow.name}`, version {flow.version}."))
        head.blank()
        head.line("from __future__ import annotations")
        head.blank()
        head.lines(imports(code.text, _STANDARD))
        head.blank()
        head.lines(imports(code.text, self._own_imports()))
        return joined(head, code)

    def _doc(self) -> str:
        said = [self.flow.doc.strip()] if self.flow.doc else [f"Run `{self.flow.name}`."]
        steps = [
            f"- {node.name}: {' '.join(node.doc.split())}"
            for node in self.flow.nodes
            if isinstance(node, ir.Step | ir.Await) and node.doc
        ]
        if steps:
            said.append("\n".join(steps))
        return "\n\n".join(said)

    def _own_imports(self) -> list[tuple[str, tuple[str, ...]]]:
        errors = tuple(self.kinds.name(error) for error in self.kinds.errors)
        runtime: tuple[str, ...] = ("COMPENSATE", "HALT", "Happened", "Probe", "Undo")
        return [
            ("..", ("calls", "errors", "policies")),
            ("..errors", errors),
            ("..model", self.kinds.values),
            ("..runtime", ("lib",)),
            ("..runtime.branches", ("Bound", "Branch")),
            ("..runtime.calls", runtime),
            ("..runtime.errors", ("Field", "FlowError", *BUILTIN_ERRORS)),
            ("..runtime.flow", ("Flow", "Slo")),
            ("..runtime.run", ("Run",)),
            ("..runtime.waiting", ("Remind",)),
        ]

    def _key(self) -> list[str]:
        """The function that makes the business key of the input."""
        flow = self.flow
        if flow.key is None:
            return []
        names = Names(IMPORTED | BUILTINS | frozenset(self.kinds.classes) | {"key"})
        made = Expressions(self.kinds, names)
        given = []
        for param in flow.params:
            name = self.expressions.bound[param.name]
            made.bound[param.name] = name
            given.append(f"{name}: {self.kinds.show(param.type)}")
        out = Writer()
        out.line(Group("def key(", tuple(given), ") -> object:"))
        with out.indented():
            out.line('"""The business key: at most one instance is ever started under it."""')
            out.line(prefixed("return ", made.code(flow.key)))
        return out.text.splitlines()

    def _facts(
        self, params: tuple[tuple[FieldType, str], ...], fingerprint: str
    ) -> tuple[Code, ...]:
        flow = self.flow
        shown = fields(params, self.kinds)
        parts: list[Code] = [
            f"name={quote(flow.name)}",
            f"version={flow.version}",
            f"code={self.function}",
            Group("params=(", shown.parts, shown.tail),
            f"result={self.kinds.show(flow.result)}",
            f"fingerprint={quote(fingerprint)}",
            "operations=calls.OPERATIONS",
            "errors=errors.ERRORS",
        ]
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
        if flow.slo is not None:
            parts.append(_slo(flow.slo))
        awaits = [node for node in flow.nodes if isinstance(node, ir.Await)]
        if awaits:
            kinds = tuple(f"{quote(node.name)}: {self.kinds.show(node.type)}" for node in awaits)
            parts.append(Group("awaits={", kinds, "}"))
        called = tuple(
            f"{quote(step.name)}: {quote(step.call.flow)}"
            for step in flow.steps
            if isinstance(step.call, ir.SubFlow)
        )
        if called:
            parts.append(Group("calls={", called, "}"))
        if self.loops:
            loops = tuple(f"{quote(name)}: {count}" for name, count in self.loops.items())
            parts.append(Group("loops={", loops, "}"))
        return tuple(parts)

    # -- statements ------------------------------------------------------------------------

    def block(self, block: ir.Block) -> None:
        for node in block.nodes:
            self._node(node)

    def arm(self, block: ir.Block | None, *, empty: bool = True) -> None:
        """An indented block; names that it binds for itself are unbound after it. `empty`: it
        has nothing before, and needs a `pass` if nothing is in it."""
        bound = self.expressions.bound
        self.expressions.bound = dict(bound)
        with self.out.indented():
            before = self.out.size
            if block is not None:
                self.block(block)
            if empty and self.out.size == before:
                self.out.line("pass")
        self.expressions.bound = bound

    def _node(self, node: ir.Node) -> None:
        out = self.out
        match node:
            case ir.Step():
                self._step(node)
            case ir.Let():
                if node.name in self.used:
                    code = self.expressions.code(node.value, self.type_of(node.name))
                    out.line(prefixed(f"{self.bind(node.name)} = ", code))
                    self.bound(node.name)
            case ir.Record():
                drawn = f"await run.{node.what}({self.path(node.name)})"
                if node.name in self.used:
                    out.line(f"{self.bind(node.name)} = {drawn}")
                    self.bound(node.name)
                else:
                    out.line(drawn)
            case ir.If():
                self._if(node)
            case ir.Match():
                self._match(node)
            case ir.Commit():
                out.line("await run.commit()")
            case ir.Fail():
                out.line(prefixed("raise ", self.error(node.error, node.args)))
            case ir.Return():
                self._return(node)
            case ir.WaitFor():
                parts = (self.expressions.code(node.duration), *self.waits(node, "wait"))
                out.line(Group("await run.wait(", parts, ")"))
            case ir.WaitUntil():
                parts = (self.expressions.code(node.time), *self.waits(node, "wait"))
                out.line(Group("await run.wait_until(", parts, ")"))
            case ir.Try():
                compound.try_(self, node)
            case ir.Repeat():
                compound.repeat(self, node)
            case ir.ForEach():
                compound.for_each(self, node)
            case ir.Parallel():
                compound.parallel(self, node)
            case ir.Next():
                code = self.expressions.code(node.value, self.carried[node.name][1])
                out.line(prefixed(f"{self.carried[node.name][0]} = ", code))
            case ir.Await():
                self.await_(node)
            case _:
                assert_never(node)

    def await_(self, node: ir.Await) -> None:
        """The wait for a message, which each engine has in its own way."""
        self._count_loops(node.name)
        await_(self, node)

    def _return(self, node: ir.Return) -> None:
        if node.value is None or self.flow.result is None:
            self.out.line("return")
            return
        self.out.line(prefixed("return ", self.expressions.code(node.value, self.flow.result)))

    def error(self, error: ErrorType, args: tuple[Expr, ...]) -> Code:
        parts = tuple(
            prefixed(
                f"{self.kinds.attribute(error, field.name)}=",
                self.expressions.code(value, field.type),
            )
            for field, value in zip(error.fields, args, strict=True)
        )
        name = self.kinds.name(error)
        return Group(f"{name}(", parts, ")") if parts else name

    def bind(self, name: str) -> str:
        """The Python name of what is bound here, for everything that follows on this path."""
        declared = self.predeclared.get(name)
        variable = self.names.take(name) if declared is None else declared[0]
        self.expressions.bound[name] = variable
        return variable

    def bound(self, name: str) -> None:
        """A name has its value now: hand it out where a branch does."""
        if name in self.exported:
            variable = self.expressions.bound[name]
            self.out.line(f"{self.exported[name]}[{quote(name)}] = {variable}")

    def path(self, name: str) -> str:
        """The path of what happens here, counting the loops around it: `"state[3]"`."""
        if not self.rounds:
            return quote(name)
        counts = "".join(f"[{{{variable}}}]" for variable in self.rounds)
        return f'f"{in_f_string(name)}{counts}"'

    def _count_loops(self, name: str) -> None:
        if self.rounds:
            self.loops[name] = len(self.rounds)

    def nth(self, node: ir.Node) -> tuple[str, ...]:
        """What tells a statement from those of its name that stand before it in the text."""
        number = self._numbers[id(node)]
        return () if number == 1 else (f"nth={number}",)

    def waits(self, node: ir.Node, word: str) -> tuple[str, ...]:
        """What tells a wait from others: the rounds around it, and which one of the text it is."""
        named = (self.path(word),) if self.rounds or word != "wait" else ()
        return (*named, *self.nth(node))

    def place(self, word: str) -> str:
        """A path for something that has no name: `"parallel 1"`."""
        self._places += 1
        return self.path(f"{word} {self._places}")

    def type_of(self, name: str) -> Type | None:
        """The type that a name was declared with before its arms."""
        declared = self.predeclared.get(name)
        return None if declared is None else declared[1]

    def declare(self, binds: tuple[ir.Bound, ...]) -> dict[str, tuple[str, Type]]:
        """Declare what the arms of a statement bind, so that it is bound afterwards."""
        declared: dict[str, tuple[str, Type]] = {}
        for bound in binds:
            if bound.name not in self.used or bound.name in self.predeclared:
                continue
            variable = self.names.take(bound.name)
            declared[bound.name] = variable, bound.type
            start = " = None" if bound.maybe else ""
            self.out.line(f"{variable}: {self.kinds.show(bound.type)}{start}")
        return declared

    def _if(self, node: ir.If) -> None:
        outer = self.predeclared
        declared = self.declare(node.binds)
        self.predeclared = {**outer, **declared}
        word = "if"
        branch: ir.If | None = node
        while branch is not None:
            self.out.line(f"{word} {self.expressions.text(branch.condition)}:")
            self.arm(branch.yes)
            after, branch = branch.no, None
            if after is None:
                break
            lone = after.nodes[0] if len(after.nodes) == 1 else None
            if isinstance(lone, ir.If) and not lone.binds:
                word, branch = "elif", lone
            elif after.nodes:
                self.out.line("else:")
                self.arm(after)
        self.predeclared = outer
        self.expressions.bound.update((name, made[0]) for name, made in declared.items())

    def _match(self, node: ir.Match) -> None:
        outer = self.predeclared
        declared = self.declare(node.binds)
        self.predeclared = {**outer, **declared}
        enum = node.value.type
        assert isinstance(enum, EnumType)
        self.out.line(f"match {self.expressions.text(node.value)}:")
        with self.out.indented():
            for case in node.cases:
                members = (self.kinds.attribute(enum, member) for member in case.members)
                shown = " | ".join(f"{self.kinds.name(enum)}.{member}" for member in members)
                self.out.line(f"case {shown}:")
                self.arm(case.body)
            if node.no is not None:
                self.out.line("case _:")
                self.arm(node.no)
        self.predeclared = outer
        self.expressions.bound.update((name, made[0]) for name, made in declared.items())

    # -- steps -----------------------------------------------------------------------------

    def _step(self, step: ir.Step) -> None:
        named = step.name in self.used and not isinstance(step.type, NoneType | None)
        made = self._made(step)
        if named and needs_decimal(step.type or DECIMAL, self.type_of(step.name)):
            made = Group("lib.decimal(", (made,), ")")
        typed = isinstance(step.call, ir.SubFlow) and step.name not in self.predeclared
        if named:
            variable = self.bind(step.name)
            typing = f": {self.kinds.show(step.type)}" if typed else ""
            self.out.line(prefixed(f"{variable}{typing} = ", made))
        else:
            self.out.line(made)
            if step.name not in self.used:
                return
            self.out.line(f"{self.bind(step.name)} = None")
        self.bound(step.name)

    def _made(self, step: ir.Step) -> Code:
        """The await of a step."""
        call = step.call
        parts: list[Code] = [self.path(step.name)]
        if isinstance(call, ir.SubFlow):
            self._count_loops(step.name)
            given = tuple(
                prefixed(f"{quote(param.name)}: ", self.expressions.code(value, param.type))
                for param, value in zip(call.params, call.args, strict=True)
            )
            parts += [quote(call.flow), Group("{", given, "}"), self.kinds.show(call.result)]
        else:
            parts += [self.call(call), self.policy(call)]
            self._answer(step, call, parts)
        if step.compensation is not None:
            parts.append(self.compensation(step, step.compensation))
        if step.otherwise is not None:
            value = self.expressions.code(step.otherwise, step.type)
            parts.append(prefixed("otherwise=lambda: ", value))
        parts += self.nth(step)
        word = "call" if isinstance(call, ir.SubFlow) else "step"
        return Group(f"await run.{word}(", tuple(parts), ")")

    def _answer(self, step: ir.Step, call: ir.Call, parts: list[Code]) -> None:
        match step.unknown:
            case ir.Probe():
                word = "Probe(" if call.operation.result is not None else "Happened("
                asked = step.unknown.call
                parts.append(
                    Group(f"on_unknown={word}", (self.call(asked), self.policy(asked)), ")")
                )
            case ir.CompensateBlind():
                parts.append("on_unknown=COMPENSATE")
            case ir.Halt():
                parts.append("on_unknown=HALT")
            case None:
                pass

    def call(self, call: ir.Call) -> Code:
        params = parameters(call.operation)
        parts = tuple(
            prefixed(f"{params[param.name]}=", self.expressions.code(value, param.type))
            for param, value in zip(call.operation.params, call.args, strict=True)
        )
        return Group(f"{self.package.services.builder(call.operation)}(", parts, ")")

    def policy(self, call: ir.Call) -> str:
        return self.package.policies.name(call.policy)

    def compensation(self, step: ir.Step, undo: ir.Compensation) -> Code:
        if not undo.uses_result:
            return Group("compensate=Undo(", (self.call(undo.call), self.policy(undo.call)), ")")
        bound = self.expressions.bound
        result = self.names.take("result")
        self.expressions.bound = {**bound, step.name: result}
        parts = (self.call(undo.call), self.policy(undo.call))
        self.expressions.bound = bound
        return Group(f"compensate=lambda {result}: Undo(", parts, ")")


def _slo(slo: ir.Slo) -> Code:
    """The objectives of a flow."""
    parts: list[Code] = []
    if slo.start is not None:
        parts.append(f"start={duration(slo.start)}")
    if slo.complete is not None:
        parts.append(f"complete={duration(slo.complete)}")
    if slo.complete_percent is not None:
        parts.append(f"complete_percent={float(slo.complete_percent)}")
    if slo.failures_percent is not None:
        parts.append(f"failures_percent={float(slo.failures_percent)}")
    return Group("slo=Slo(", tuple(parts), ")")
