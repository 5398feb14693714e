"""Governed calls: from a target, arguments, `with` and `within` to a Call with its whole policy."""

from __future__ import annotations

from flowc.compiler.applying import arguments
from flowc.compiler.contracts import UNGOVERNED
from flowc.compiler.expr import Expr, names_in
from flowc.compiler.flow import Call, Compensation, Policy, Probe, SubFlow
from flowc.compiler.report import did_you_mean
from flowc.compiler.types import BOOL, OptionalType, Type, fits, required, show
from flowc.diagnostic import Related
from flowc.dsl import ast
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.compiler.flow import Operation
    from flowc.compiler.resolve import Scope
    from flowc.compiler.typer import Typer


class Defaults(Struct):
    """The flow's `default` line: policies for steps and for compensations."""

    forward: Policy | None
    compensate: Policy | None


# stands for a policy that does not exist, so that no step is blamed for the missing one
_UNKNOWN_POLICY = UNGOVERNED.replace(timeout=1000)


def governed_by(scope: Scope, governance: ast.Governance) -> Policy:
    """The policy of `with P within D` in a `default` line."""
    found = scope.policy(governance.policy)
    if found is None:
        return _UNKNOWN_POLICY
    if governance.within is not None:
        found = found.replace(within=scope.duration(governance.within))
    return found


class Calls:
    """Makes the calls of one flow."""

    def __init__(self, typer: Typer, defaults: Defaults) -> None:
        self.typer = typer
        self.scope = typer.scope
        self.report = typer.report
        self.defaults = defaults

    # -- policies --------------------------------------------------------------------------

    def _policy(self, written: ast.Governed, fallback: Policy | None) -> Policy:
        """Rule 2: a named policy takes nothing from the default; a `within` replaces its own."""
        found: Policy | None = fallback
        known = True
        if written.policy is not None:
            found = self.scope.policy(written.policy)
            known = found is not None
        merged = (found or UNGOVERNED).replace(span=written.span)
        if written.within is not None:
            within = self.scope.duration(written.within)
            known = known and within is not None
            merged = merged.replace(within=within)
        if known and merged.timeout is None and merged.within is None:
            self.report.say(
                "missing-timeout",
                written.call.span,
                "nothing bounds this call in time",
                "give it `with` a policy that has a `timeout`, or `within 5m`, or set a `default`",
                story=("the called service hangs", "the instance waits for it without end"),
            )
        return merged

    # -- calls -----------------------------------------------------------------------------

    def operation(self, call: ast.Call, what: str) -> Operation | None:
        """The operation that a call names; what does not exist is reported."""
        service = self.scope.service(call.target.text)
        if call.member is None or service is None:
            self._no_operation(call, what)
            return None
        found = next((op for op in service.operations if op.name == call.member.text), None)
        if found is None and call.member.text:
            known = [op.name for op in service.operations]
            help_text, fix = did_you_mean(call.member.text, call.member.span, known)
            has = ", ".join(f"`{name}`" for name in known)
            self.report.say(
                "unknown-name",
                call.member.span,
                f"service `{service.name}` has no operation `{call.member.text}`",
                help_text or (f"it has {has}" if known else "it has none yet"),
                related=(
                    Related(
                        service.span,
                        "the service",
                        None if service.source is self.scope.source else service.source,
                    ),
                ),
                fix=fix,
            )
        return found

    def _no_operation(self, call: ast.Call, what: str) -> None:
        name = call.target
        if call.member is not None:
            self.scope.unknown("service", name, self.scope.names(ast.ServiceDecl))
        elif self.scope.service(name.text) is not None:
            self.report.say(
                "unknown-name",
                name.span,
                f"`{name.text}` is a service: name its operation",
                f"write `{name.text}.operation(...)`",
            )
        elif self.scope.signature(name.text) is not None:
            self.report.say(
                "misplaced-clause", name.span, f"`{name.text}` is a flow, but {what} is needed here"
            )
        else:
            self.scope.unknown("flow", name, self.scope.names(ast.FlowDecl))

    def _arguments(self, call: ast.Call, operation: Operation) -> tuple[Expr, ...]:
        at = call.member.span if call.member is not None else call.target.span
        return arguments(
            self.typer, operation.params, call.args, at, f"`{operation.title}`", "parameter"
        )

    def step(self, written: ast.Governed) -> Call | SubFlow | None:
        """The call of a step: an action, a read or a flow."""
        call = written.call
        if call.member is None:
            signature = self.scope.signature(call.target.text)
            if signature is not None:
                for clause, word in ((written.policy, "with"), (written.within, "within")):
                    if clause is not None:
                        self.report.say(
                            "misplaced-clause",
                            clause.span,
                            f"a sub-flow takes no `{word}`",
                            "its own `deadline` bounds it",
                        )
                args = arguments(
                    self.typer,
                    signature.params,
                    call.args,
                    call.target.span,
                    f"`{signature.name}`",
                    "parameter",
                )
                return SubFlow(call.span, signature.name, signature.params, signature.result, args)
        operation = self.operation(call, "an action")
        if operation is None:
            self._type_all(call)
            return None
        args = self._arguments(call, operation)
        return Call(call.span, operation, args, self._policy(written, self.defaults.forward))

    def _type_all(self, call: ast.Call) -> None:
        """Types arguments of an unknown target, so that their own findings are shown."""
        for arg in call.args:
            self.typer.expr(arg.value)

    def compensation(
        self, clause: ast.CompensateClause, step: str, own: Policy
    ) -> Compensation | None:
        """The reverse action of a step; its default is the flow's, else the step's policy."""
        written = clause.action
        operation = self.operation(written.call, "an action")
        if operation is None:
            self._type_all(written.call)
            return None
        if operation.is_read:
            self.report.say(
                "misplaced-clause",
                written.call.span,
                f"`{operation.title}` is a read: it undoes nothing",
                "call the action that takes the effect back",
            )
        args = self._arguments(written.call, operation)
        policy = self._policy(written, self.defaults.compensate or own)
        uses = any(step in names_in(arg) for arg in args)
        return Compensation(clause.span, Call(written.call.span, operation, args, policy), uses)

    def probe(self, clause: ast.UnknownProbe, result: Type | None, own: Policy) -> Probe | None:
        """A read that tells whether the effect happened."""
        written = clause.probe
        operation = self.operation(written.call, "a read")
        if operation is None:
            self._type_all(written.call)
            return None
        args = self._arguments(written.call, operation)
        policy = self._policy(written, self.defaults.forward or own)
        given = operation.result
        if not operation.is_read:
            self.report.say(
                "bad-probe",
                written.call.span,
                f"`{operation.title}` is no read",
                "a probe only looks: declare it with `read`",
            )
        elif result is None and given != BOOL:
            self.report.say(
                "bad-probe",
                written.call.span,
                "a probe of an action without a result answers with a bool",
                f"declare `read {operation.name}(...) -> bool`",
            )
        elif result is not None and (
            not isinstance(given, OptionalType) or not fits(given.of, required(result))
        ):
            shown = "nothing" if given is None else f"`{show(given)}`"
            self.report.say(
                "bad-probe",
                written.call.span,
                f"the probe returns {shown}, but `{show(required(result))}?` is needed",
                "a value means that it happened, none that it did not",
            )
        return Probe(clause.span, Call(written.call.span, operation, args, policy))
