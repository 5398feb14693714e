"""A flow at one version to its module: the body as readable async code over the runtime's Run."""

from __future__ import annotations

import hashlib

from flowc.compiler import flow as ir
from flowc.compiler.expr import Expr
from flowc.compiler.types import EnumType, ErrorType, FieldType, NoneType, Type
from flowc.targets.python.declarations import fields, imports, joined
from flowc.targets.python.expressions import Expressions, duration
from flowc.targets.python.kinds import BUILTIN_ERRORS, IMPORTED, Kinds, needs_decimal, parameters
from flowc.targets.python.names import BUILTINS, Names, docstring, quote
from flowc.targets.python.policies import Policies
from flowc.targets.python.services import Services
from flowc.targets.python.used import used_names
from flowc.targets.writer import Code, Group, Writer, prefixed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_STANDARD = (("datetime", ("timedelta",)), ("decimal", ("Decimal",)))


class Package:
    """What the modules of one program share."""

    def __init__(self, flows: Iterable[ir.Flow]) -> None:
        flows = tuple(flows)
        self.kinds = Kinds(flows)
        self.policies = Policies(flows)
        self.services = Services(flows, self.kinds)
        names = Names(BUILTINS)
        self.modules = {flow: names.take(f"{flow.name}_v{flow.version}") for flow in flows}


class Body:
    """Writes the statements of one flow."""

    def __init__(self, flow: ir.Flow, package: Package) -> None:
        self._flow = flow
        self._package = package
        self._kinds = package.kinds
        self.function = package.modules[flow]
        taken = IMPORTED | BUILTINS | frozenset(self._kinds.classes) | {self.function}
        self._names = Names(taken)
        self._expressions = Expressions(self._kinds, self._names)
        self._used = used_names(flow)
        self._predeclared: dict[str, tuple[str, Type]] = {}
        self._out = Writer()

    # -- the module ------------------------------------------------------------------------

    def module(self) -> str:
        """The text of the flow's module."""
        flow, out = self._flow, self._out
        params = tuple((param, self._bind(param.name)) for param in flow.params)
        code = Writer()
        given = tuple(f"{name}: {self._kinds.show(param.type)}" for param, name in params)
        result = self._kinds.show(flow.result)
        out.line(Group(f"async def {self.function}(", ("run: Run", *given), f") -> {result}:"))
        with out.indented():
            out.lines(docstring(self._doc()))
            self._block(flow.body)
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
        said = [self._flow.doc.strip()] if self._flow.doc else [f"Run `{self._flow.name}`."]
        steps = [
            f"- {node.name}: {' '.join(node.doc.split())}"
            for node in self._flow.nodes
            if isinstance(node, ir.Step | ir.Await) and node.doc
        ]
        if steps:
            said.append("\n".join(steps))
        return "\n\n".join(said)

    def _own_imports(self) -> list[tuple[str, tuple[str, ...]]]:
        errors = tuple(self._kinds.name(error) for error in self._kinds.errors)
        runtime = ("COMPENSATE", "HALT", "Happened", "Probe", "Undo")
        return [
            ("..", ("calls", "policies")),
            ("..errors", errors),
            ("..model", self._kinds.values),
            ("..runtime", ("lib",)),
            ("..runtime.calls", runtime),
            ("..runtime.errors", ("Field", "FlowError", *BUILTIN_ERRORS)),
            ("..runtime.flow", ("Flow",)),
            ("..runtime.run", ("Run",)),
        ]

    def _key(self) -> list[str]:
        """The function that makes the business key of the input."""
        flow = self._flow
        if flow.key is None:
            return []
        names = Names(IMPORTED | BUILTINS | frozenset(self._kinds.classes) | {"key"})
        made = Expressions(self._kinds, names)
        given = []
        for param in flow.params:
            name = self._expressions.bound[param.name]
            made.bound[param.name] = name
            given.append(f"{name}: {self._kinds.show(param.type)}")
        out = Writer()
        out.line(Group("def key(", tuple(given), ") -> object:"))
        with out.indented():
            out.line('"""The business key: at most one instance is ever started under it."""')
            out.line(prefixed("return ", made.code(flow.key)))
        return out.text.splitlines()

    def _facts(
        self, params: tuple[tuple[FieldType, str], ...], fingerprint: str
    ) -> tuple[Code, ...]:
        flow = self._flow
        shown = fields(params, self._kinds)
        parts: list[Code] = [
            f"name={quote(flow.name)}",
            f"version={flow.version}",
            f"code={self.function}",
            Group("params=(", shown.parts, shown.tail),
            f"result={self._kinds.show(flow.result)}",
            f"fingerprint={quote(fingerprint)}",
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
        return tuple(parts)

    # -- statements ------------------------------------------------------------------------

    def _block(self, block: ir.Block) -> None:
        for node in block.nodes:
            self._node(node)

    def _body(self, block: ir.Block | None) -> None:
        """An indented block; names that it binds for itself are unbound after it."""
        bound = self._expressions.bound
        self._expressions.bound = dict(bound)
        with self._out.indented():
            before = self._out.size
            if block is not None:
                self._block(block)
            if self._out.size == before:
                self._out.line("pass")
        self._expressions.bound = bound

    def _node(self, node: ir.Node) -> None:
        out = self._out
        match node:
            case ir.Step():
                self._step(node)
            case ir.Let():
                if node.name in self._used:
                    code = self._expressions.code(node.value, self._type(node.name))
                    out.line(prefixed(f"{self._bind(node.name)} = ", code))
            case ir.Record():
                drawn = f"await run.{node.what}({quote(node.name)})"
                used = node.name in self._used
                out.line(f"{self._bind(node.name)} = {drawn}" if used else drawn)
            case ir.If():
                self._if(node)
            case ir.Match():
                self._match(node)
            case ir.Commit():
                out.line("await run.commit()")
            case ir.Fail():
                out.line(prefixed("raise ", self._error(node.error, node.args)))
            case ir.Return():
                self._return(node)
            case _:
                raise AssertionError("a flow with gaps is never emitted")

    def _return(self, node: ir.Return) -> None:
        if node.value is None or self._flow.result is None:
            self._out.line("return")
            return
        self._out.line(prefixed("return ", self._expressions.code(node.value, self._flow.result)))

    def _error(self, error: ErrorType, args: tuple[Expr, ...]) -> Code:
        parts = tuple(
            prefixed(
                f"{self._kinds.attribute(error, field.name)}=",
                self._expressions.code(value, field.type),
            )
            for field, value in zip(error.fields, args, strict=True)
        )
        name = self._kinds.name(error)
        return Group(f"{name}(", parts, ")") if parts else name

    def _bind(self, name: str) -> str:
        """The Python name of what is bound here, for everything that follows on this path."""
        declared = self._predeclared.get(name)
        variable = self._names.take(name) if declared is None else declared[0]
        self._expressions.bound[name] = variable
        return variable

    def _type(self, name: str) -> Type | None:
        """The type that a name was declared with before its arms."""
        declared = self._predeclared.get(name)
        return None if declared is None else declared[1]

    def _declare(self, binds: tuple[ir.Bound, ...]) -> dict[str, tuple[str, Type]]:
        """Declare what the arms of a statement bind, so that it is bound afterwards."""
        declared: dict[str, tuple[str, Type]] = {}
        for bound in binds:
            if bound.name not in self._used or bound.name in self._predeclared:
                continue
            variable = self._names.take(bound.name)
            declared[bound.name] = variable, bound.type
            start = " = None" if bound.maybe else ""
            self._out.line(f"{variable}: {self._kinds.show(bound.type)}{start}")
        return declared

    def _if(self, node: ir.If) -> None:
        outer = self._predeclared
        declared = self._declare(node.binds)
        self._predeclared = {**outer, **declared}
        word = "if"
        branch: ir.If | None = node
        while branch is not None:
            self._out.line(f"{word} {self._expressions.text(branch.condition)}:")
            self._body(branch.yes)
            after, branch = branch.no, None
            if after is None:
                break
            lone = after.nodes[0] if len(after.nodes) == 1 else None
            if isinstance(lone, ir.If) and not lone.binds:
                word, branch = "elif", lone
            elif after.nodes:
                self._out.line("else:")
                self._body(after)
        self._predeclared = outer
        self._expressions.bound.update((name, made[0]) for name, made in declared.items())

    def _match(self, node: ir.Match) -> None:
        outer = self._predeclared
        declared = self._declare(node.binds)
        self._predeclared = {**outer, **declared}
        enum = node.value.type
        assert isinstance(enum, EnumType)
        self._out.line(f"match {self._expressions.text(node.value)}:")
        with self._out.indented():
            for case in node.cases:
                members = (self._kinds.attribute(enum, member) for member in case.members)
                shown = " | ".join(f"{self._kinds.name(enum)}.{member}" for member in members)
                self._out.line(f"case {shown}:")
                self._body(case.body)
            if node.no is not None:
                self._out.line("case _:")
                self._body(node.no)
        self._predeclared = outer
        self._expressions.bound.update((name, made[0]) for name, made in declared.items())

    # -- steps -----------------------------------------------------------------------------

    def _step(self, step: ir.Step) -> None:
        call = step.call
        assert isinstance(call, ir.Call)
        parts: list[Code] = [quote(step.name), self._call(call), self._policy(call)]
        match step.unknown:
            case ir.Probe():
                word = "Probe(" if call.operation.result is not None else "Happened("
                asked = step.unknown.call
                parts.append(
                    Group(f"on_unknown={word}", (self._call(asked), self._policy(asked)), ")")
                )
            case ir.CompensateBlind():
                parts.append("on_unknown=COMPENSATE")
            case ir.Halt():
                parts.append("on_unknown=HALT")
            case None:
                pass
        bound = self._expressions.bound
        if step.compensation is not None:
            parts.append(self._compensation(step, step.compensation))
        if step.otherwise is not None:
            value = self._expressions.code(step.otherwise, step.type)
            parts.append(prefixed("otherwise=lambda: ", value))
        self._expressions.bound = bound
        made = Group("await run.step(", tuple(parts), ")")
        named = step.name in self._used and not isinstance(step.type, NoneType | None)
        if named:
            if step.type is not None and needs_decimal(step.type, self._type(step.name)):
                made = Group("lib.decimal(", (made,), ")")
            self._out.line(prefixed(f"{self._bind(step.name)} = ", made))
            return
        self._out.line(made)
        if step.name in self._used:
            self._out.line(f"{self._bind(step.name)} = None")

    def _call(self, call: ir.Call) -> Code:
        params = parameters(call.operation)
        parts = tuple(
            prefixed(f"{params[param.name]}=", self._expressions.code(value, param.type))
            for param, value in zip(call.operation.params, call.args, strict=True)
        )
        return Group(f"{self._package.services.builder(call.operation)}(", parts, ")")

    def _policy(self, call: ir.Call) -> str:
        return self._package.policies.name(call.policy)

    def _compensation(self, step: ir.Step, undo: ir.Compensation) -> Code:
        if not undo.uses_result:
            return Group("compensate=Undo(", (self._call(undo.call), self._policy(undo.call)), ")")
        bound = self._expressions.bound
        result = self._names.take("result")
        self._expressions.bound = {**bound, step.name: result}
        parts = (self._call(undo.call), self._policy(undo.call))
        self._expressions.bound = bound
        return Group(f"compensate=lambda {result}: Undo(", parts, ")")
