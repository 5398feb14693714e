"""Which services, records, enums and errors a flow mentions: what a target has to declare."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.compiler.expr import (
    Comprehend,
    Construct,
    Expr,
    FieldOf,
    ListOf,
    Member,
    Ref,
    children,
)
from flowc.compiler.types import (
    EnumType,
    ErrorType,
    FieldType,
    ListType,
    OptionalType,
    RecordType,
    Type,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.resolve import Scope

Found = tuple[
    tuple[ir.Service, ...],
    tuple[RecordType, ...],
    tuple[EnumType, ...],
    tuple[ErrorType, ...],
]


class _Gatherer:
    def __init__(self) -> None:
        self.services: dict[str, None] = {}
        self.records: dict[RecordType, None] = {}
        self.enums: dict[EnumType, None] = {}
        self.errors: dict[ErrorType, None] = {}
        self._operations: set[int] = set()

    def type(self, kind: Type | None) -> None:
        while isinstance(kind, OptionalType | ListType):
            kind = kind.of if isinstance(kind, OptionalType) else kind.item
        match kind:
            case EnumType():
                self.enums[kind] = None
            case RecordType() if kind not in self.records:
                for field in kind.fields:
                    self.type(field.type)
                self.records[kind] = None
            case ErrorType():
                self.error(kind)

    def fields(self, fields: tuple[FieldType, ...]) -> None:
        for field in fields:
            self.type(field.type)

    def error(self, error: ErrorType) -> None:
        if error.source is not None and error not in self.errors:
            self.fields(error.fields)
            self.errors[error] = None

    def call(self, call: ir.Call | ir.SubFlow) -> None:
        for arg in call.args:
            self.expr(arg)
        if isinstance(call, ir.SubFlow):
            self.fields(call.params)
            self.type(call.result)
            return
        operation = call.operation
        if id(operation) in self._operations:
            return
        self._operations.add(id(operation))
        self.services[operation.service] = None
        self.fields(operation.params)
        self.type(operation.result)
        for error in operation.raises:
            self.error(error)

    def expr(self, expr: Expr) -> None:
        stack = [expr]
        while stack:
            node = stack.pop()
            if isinstance(node, Member | Construct | Ref | FieldOf | ListOf | Comprehend):
                self.type(node.type)
            stack.extend(children(node))

    def node(self, node: ir.Node) -> None:
        for expr in expressions(node):
            self.expr(expr)
        match node:
            case ir.Step():
                self.call(node.call)
                if node.compensation is not None:
                    self.call(node.compensation.call)
                if isinstance(node.unknown, ir.Probe):
                    self.call(node.unknown.call)
                self.type(node.type)
            case ir.Await():
                self.type(node.type)
            case ir.Fail():
                self.error(node.error)
            case ir.Try():
                for handler in node.handlers:
                    for error in handler.errors:
                        self.error(error)
            case ir.ForEach() | ir.Repeat():
                for carry in node.carries:
                    self.type(carry.type)


def expressions(node: ir.Node) -> Iterator[Expr]:
    """The expressions directly in a statement, but for those of a step's calls."""
    match node:
        case ir.Step():
            if node.otherwise is not None:
                yield node.otherwise
        case ir.Let() | ir.Next():
            yield node.value
        case ir.If():
            yield node.condition
        case ir.Match():
            yield node.value
        case ir.Parallel():
            for branch in node.branches:
                if branch.condition is not None:
                    yield branch.condition
        case ir.ForEach():
            yield node.items
            for carry in node.carries:
                yield carry.start
        case ir.Repeat():
            for carry in node.carries:
                yield carry.start
            yield node.until
        case ir.WaitFor():
            yield node.duration
        case ir.WaitUntil():
            yield node.time
        case ir.Await():
            if node.who is not None:
                yield node.who
        case ir.Fail():
            yield from node.args
        case ir.Return():
            if node.value is not None:
                yield node.value
        case ir.Record() | ir.Try() | ir.Commit():
            pass


def mentioned(
    params: tuple[FieldType, ...], result: Type | None, body: ir.Block, scope: Scope
) -> Found:
    """Everything that the signature and the body of a flow mention, inner types first."""
    gatherer = _Gatherer()
    gatherer.fields(params)
    gatherer.type(result)
    for node in ir.walk(body):
        gatherer.node(node)
    services = [scope.service(name) for name in gatherer.services]
    return (
        tuple(service for service in services if service is not None),
        tuple(gatherer.records),
        tuple(gatherer.enums),
        tuple(gatherer.errors),
    )
