"""What was written: one frozen value per construct, its span first, sequences as tuples.

A name with empty text stands where one was missing and the parser went on. Nothing here knows
what a name means; that is the compiler's business.
"""

from __future__ import annotations

from flowc.source import Span
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal


class Name(Struct):
    """An identifier where it is declared or used."""

    span: Span
    text: str


class Doc(Struct):
    """The `///` lines before a declaration, an operation or a statement, without their marks."""

    span: Span
    text: str


class Comment(Struct):
    """A `//` or stray `///` line with its marks; `own_line` if nothing but space precedes it."""

    span: Span
    text: str
    own_line: bool


# -- expressions ---------------------------------------------------------------------------


class Text(Struct):
    """`"{sub.id}/{n}"`: literal parts (escapes resolved) and holes, in order."""

    span: Span
    parts: tuple[str | Expr, ...]


class Number(Struct):
    """An int or a decimal. `text` is as written; `whole` says that it has no fraction part."""

    span: Span
    text: str
    whole: bool


class Duration(Struct):
    """`1d12h`; `text` as written, `ms` its length in milliseconds."""

    span: Span
    text: str
    ms: int


class NoneLit(Struct):
    span: Span


class Bool(Struct):
    span: Span
    value: bool


class ListLit(Struct):
    span: Span
    items: tuple[Expr, ...]


class Pick(Struct):
    """`[value for name in items when condition]`."""

    span: Span
    value: Expr
    name: Name
    items: Expr
    condition: Expr | None


class Var(Struct):
    """A bare name: a variable, a const, an enum or an enum's member."""

    span: Span
    name: Name


class Apply(Struct):
    """`name(args)`: a library function, a constructor of a type, or `now()` and its like."""

    span: Span
    name: Name
    args: tuple[Arg, ...]


class Get(Struct):
    """`value.field`, or `value?.field` if `optional`."""

    span: Span
    value: Expr
    field: Name
    optional: bool


class Binary(Struct):
    """`left op right`; `op` is one of `+ - * / == != < <= > >= and or ??`."""

    span: Span
    op: str
    left: Expr
    right: Expr


class Not(Struct):
    span: Span
    value: Expr


class Minus(Struct):
    span: Span
    value: Expr


class Cond(Struct):
    """`if condition then yes else no`."""

    span: Span
    condition: Expr
    yes: Expr
    no: Expr


class Paren(Struct):
    """Parentheses as the author wrote them: kept by the formatter, without meaning."""

    span: Span
    value: Expr


class Missing(Struct):
    """Stands where an expression was missing or broken; the parser has said so."""

    span: Span


Expr = (
    Text
    | Number
    | Duration
    | NoneLit
    | Bool
    | ListLit
    | Pick
    | Var
    | Apply
    | Get
    | Binary
    | Not
    | Minus
    | Cond
    | Paren
    | Missing
)
DurationExpr = Duration | Var


class Arg(Struct):
    """`value` or `name: value`."""

    span: Span
    name: Name | None
    value: Expr


# -- types and declarations ----------------------------------------------------------------


class TypeRef(Struct):
    """`T`, `T?`, `[T]`, `[T?]`, `[T]?`. For a list `item` is set and `name` is None."""

    span: Span
    name: Name | None
    item: TypeRef | None
    optional: bool


class Field(Struct):
    """`name: type` in a type, an error, or a parameter list."""

    span: Span
    name: Name
    type: TypeRef


class ImportDecl(Struct):
    span: Span
    path: Text


class ConstDecl(Struct):
    span: Span
    doc: Doc | None
    name: Name
    value: Expr


class TypeDecl(Struct):
    span: Span
    doc: Doc | None
    name: Name
    fields: tuple[Field, ...]


class EnumDecl(Struct):
    span: Span
    doc: Doc | None
    name: Name
    members: tuple[Name, ...]


class ErrorDecl(Struct):
    """`fields` is None where no parentheses were written."""

    span: Span
    doc: Doc | None
    name: Name
    fields: tuple[Field, ...] | None
    transient: bool


class TimeoutItem(Struct):
    span: Span
    limit: DurationExpr


class AttemptsItem(Struct):
    """`attempts N`; `count` is None for `unlimited`."""

    span: Span
    count: Number | None


class BackoffItem(Struct):
    """`backoff first..cap factor F jitter`."""

    span: Span
    first: DurationExpr
    cap: DurationExpr | None
    factor: Number | None
    jitter: bool


class WithinItem(Struct):
    span: Span
    limit: DurationExpr


class HeartbeatItem(Struct):
    span: Span
    every: DurationExpr


class ExhaustedItem(Struct):
    """`exhausted page "..."`."""

    span: Span
    page: Text


PolicyItem = TimeoutItem | AttemptsItem | BackoffItem | WithinItem | HeartbeatItem | ExhaustedItem


class PolicyDecl(Struct):
    span: Span
    doc: Doc | None
    name: Name
    items: tuple[PolicyItem, ...]


class WritesTrait(Struct):
    span: Span
    resource: Name


class NotifiesTrait(Struct):
    span: Span
    resource: Name


class KeyTrait(Struct):
    span: Span
    params: tuple[Name, ...]


class RaisesTrait(Struct):
    span: Span
    errors: tuple[Name, ...]


class LeaseTrait(Struct):
    span: Span
    limit: DurationExpr


class AbsorbingTrait(Struct):
    span: Span


Trait = WritesTrait | NotifiesTrait | KeyTrait | RaisesTrait | LeaseTrait | AbsorbingTrait


class OpDecl(Struct):
    """`action f(p: T) -> U traits` or `read g(...)`."""

    span: Span
    doc: Doc | None
    kind: Literal["action", "read"]
    name: Name
    params: tuple[Field, ...]
    result: TypeRef | None
    traits: tuple[Trait, ...]


class ServiceDecl(Struct):
    span: Span
    doc: Doc | None
    name: Name
    ops: tuple[OpDecl, ...]


# -- flows ---------------------------------------------------------------------------------


class Governance(Struct):
    """`with POLICY within D` in a `default` line."""

    span: Span
    policy: Name
    within: DurationExpr | None


class VersionHead(Struct):
    span: Span
    number: Number
    supports: Number | None


class OwnerHead(Struct):
    span: Span
    owner: Text
    runbook: Text | None


class KeyHead(Struct):
    span: Span
    key: Expr
    on_duplicate: Literal["attach", "reject"]


class DeadlineHead(Struct):
    span: Span
    limit: DurationExpr
    compensate: DurationExpr | None


class DefaultHead(Struct):
    span: Span
    forward: Governance
    compensate: Governance | None


class SloStart(Struct):
    span: Span
    limit: DurationExpr


class SloComplete(Struct):
    """`complete D for P%`; `percent` is as written, without the sign."""

    span: Span
    limit: DurationExpr
    percent: str


class SloFailures(Struct):
    span: Span
    percent: str


class SloHead(Struct):
    span: Span
    items: tuple[SloStart | SloComplete | SloFailures, ...]


Head = VersionHead | OwnerHead | KeyHead | DeadlineHead | DefaultHead | SloHead


class FlowDecl(Struct):
    span: Span
    doc: Doc | None
    name: Name
    params: tuple[Field, ...]
    result: TypeRef | None
    heads: tuple[Head, ...]
    body: Block


# -- statements ----------------------------------------------------------------------------


class Block(Struct):
    """Statements and where they stand, braces included (a flow's body: from its `{`)."""

    span: Span
    statements: tuple[Statement, ...]


class Call(Struct):
    """`service.op(args)`, or `flow(args)` where `member` is None."""

    span: Span
    target: Name
    member: Name | None
    args: tuple[Arg, ...]


class Governed(Struct):
    """`call with POLICY within D`."""

    span: Span
    call: Call
    policy: Name | None
    within: DurationExpr | None


class UnknownProbe(Struct):
    span: Span
    probe: Governed


class UnknownCompensate(Struct):
    span: Span


class UnknownHalt(Struct):
    span: Span


class CompensateClause(Struct):
    span: Span
    action: Governed


class OtherwiseClause(Struct):
    span: Span
    value: Expr


Clause = UnknownProbe | UnknownCompensate | UnknownHalt | CompensateClause | OtherwiseClause


class Step(Struct):
    span: Span
    doc: Doc | None
    name: Name
    action: Governed
    clauses: tuple[Clause, ...]


class Let(Struct):
    span: Span
    name: Name
    value: Expr


class Record(Struct):
    """`record n = now()`: a value fixed once per instance."""

    span: Span
    name: Name
    value: Expr


class Next(Struct):
    """`next c = EXPR`: what a carried name will be in the next round."""

    span: Span
    name: Name
    value: Expr


class If(Struct):
    """`else if` is an If in `no`."""

    span: Span
    condition: Expr
    yes: Block
    no: Block | If | None


class Case(Struct):
    span: Span
    members: tuple[Name, ...]
    body: Block


class Match(Struct):
    span: Span
    value: Expr
    cases: tuple[Case, ...]
    no: Block | None


class Since(Struct):
    span: Span
    version: Number
    body: Block


class Until(Struct):
    span: Span
    version: Number
    body: Block


class Branch(Struct):
    span: Span
    label: Name
    condition: Expr | None
    body: Block


class Parallel(Struct):
    span: Span
    branches: tuple[Branch, ...]


class Carried(Struct):
    """`name: type = start` after `carry`."""

    span: Span
    name: Name
    type: TypeRef | None
    start: Expr


class Gather(Struct):
    """`name as out` after `collect`; `name` may be the word `failure`."""

    span: Span
    name: Name
    out: Name


class For(Struct):
    """`for name in items max LIMIT as index, WIDTH at once carry ... {} collect ...`."""

    span: Span
    name: Name
    items: Expr
    limit: Number
    index: Name | None
    width: Number | None
    carries: tuple[Carried, ...]
    body: Block
    collects: tuple[Gather, ...]


class Repeat(Struct):
    """`repeat max LIMIT as index, every PAUSE carry ... {} until ... on exhausted ...`."""

    span: Span
    limit: Number
    index: Name | None
    pause: DurationExpr | None
    carries: tuple[Carried, ...]
    body: Block
    until: Expr
    exhausted: Fail | Block | None


class WaitFor(Struct):
    span: Span
    duration: Expr


class WaitUntil(Struct):
    span: Span
    time: Expr


class After(Struct):
    """`after D {}`: once, D after the await began."""

    span: Span
    delay: DurationExpr
    body: Block


class Every(Struct):
    """`every D as n {}`: a reminder each D."""

    span: Span
    period: DurationExpr
    index: Name | None
    body: Block


class OnTimeout(Struct):
    span: Span
    body: Fail | Block


class Await(Struct):
    span: Span
    doc: Doc | None
    name: Name
    type: TypeRef
    who: Expr | None
    within: DurationExpr | None
    meanwhile: tuple[After | Every | OnTimeout, ...]


class Handler(Struct):
    """`on E1 | E2 as e {}`."""

    span: Span
    errors: tuple[Name, ...]
    name: Name | None
    body: Block


class Try(Struct):
    span: Span
    body: Block
    handlers: tuple[Handler, ...]


class Commit(Struct):
    span: Span


class Fail(Struct):
    """`args` is None where no parentheses were written."""

    span: Span
    error: Name
    args: tuple[Arg, ...] | None


class Return(Struct):
    span: Span
    value: Expr


Statement = (
    Step
    | Let
    | Record
    | Next
    | If
    | Match
    | Since
    | Until
    | Parallel
    | For
    | Repeat
    | WaitFor
    | WaitUntil
    | Await
    | Try
    | Commit
    | Fail
    | Return
)
Decl = (
    ImportDecl | ConstDecl | TypeDecl | EnumDecl | ErrorDecl | PolicyDecl | ServiceDecl | FlowDecl
)


class Module(Struct):
    """One file: its declarations in order, and every comment in order of place."""

    span: Span
    declarations: tuple[Decl, ...]
    comments: tuple[Comment, ...]
