"""What was meant: a Flow at one version, its contracts, and its series-parallel body.

Every default is spelled out here (policies merged, answers to UNKNOWN decided, arguments in
the order of their parameters), so no later stage has a default of its own. Durations are whole
milliseconds. Spans point at what the user wrote in `Flow.source`, except inside contracts,
which carry their own `source`.
"""

from __future__ import annotations

from flowc.compiler.expr import Expr
from flowc.compiler.types import EnumType, ErrorType, FieldType, RecordType, Type
from flowc.source import Source, Span
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal


# -- contracts -----------------------------------------------------------------------------


class Policy(Struct):
    """How a call is governed, after merging the step's words with its policy and the default.

    `attempts` counts the first one too, None is unlimited. The wait before attempt k+1 is
    `min(cap, backoff * factor ** (k - 1))` ms; jitter only shortens it. `within` bounds all
    attempts and waits. None is "no bound" for timeout, cap, within and heartbeat.
    """

    span: Span  # where the call's governance was written, else the policy's name
    name: str | None
    timeout: int | None
    attempts: int | None
    backoff: int
    cap: int | None
    factor: float
    jitter: bool
    within: int | None
    heartbeat: int | None
    page: str | None


class Operation(Struct):
    """An action or a read of a service.

    `writes` and `notifies` name the resource; an action with neither counts as writing. `key`
    names the parameters that make a repeat harmless, None if there are none.
    """

    span: Span
    source: Source
    doc: str | None
    service: str
    name: str
    kind: Literal["action", "read"]
    params: tuple[FieldType, ...]
    result: Type | None
    writes: str | None
    notifies: str | None
    key: tuple[str, ...] | None
    raises: tuple[ErrorType, ...]
    lease: int | None
    absorbing: bool

    @property
    def title(self) -> str:
        return f"{self.service}.{self.name}"

    @property
    def is_read(self) -> bool:
        return self.kind == "read"

    @property
    def is_write(self) -> bool:
        """An effect that compensation is about: not a read and not a mere notification."""
        return self.kind == "action" and self.notifies is None

    @property
    def repeatable(self) -> bool:
        """Whether an attempt of unknown outcome may simply be made again (rule 2)."""
        return self.is_read or self.key is not None


class Service(Struct):
    span: Span
    source: Source
    doc: str | None
    name: str
    operations: tuple[Operation, ...]


class Call(Struct):
    """An operation with its arguments, one per parameter in the parameters' order."""

    span: Span
    operation: Operation
    args: tuple[Expr, ...]
    policy: Policy

    @property
    def key(self) -> tuple[Expr, ...] | None:
        """The arguments that make up the idempotency key."""
        if self.operation.key is None:
            return None
        place = {param.name: n for n, param in enumerate(self.operation.params)}
        return tuple(self.args[place[name]] for name in self.operation.key)


class SubFlow(Struct):
    """A flow called as one step. It is looked up by name among the program's flows."""

    span: Span
    flow: str
    params: tuple[FieldType, ...]
    result: Type | None
    args: tuple[Expr, ...]


# -- statements ----------------------------------------------------------------------------


class Compensation(Struct):
    """The reverse action. `uses_result`: its arguments are known only once the step is OK;
    otherwise they are frozen before the first attempt."""

    span: Span
    call: Call
    uses_result: bool


class Probe(Struct):
    """Ask whether the effect happened: a read of `T?`, or of bool for an action without result."""

    span: Span
    call: Call


class CompensateBlind(Struct):
    """UNKNOWN enters the ledger as if the effect had happened, then the step fails."""

    span: Span


class Halt(Struct):
    """UNKNOWN stops the instance for people to look at."""

    span: Span


class Step(Struct):
    """A governed call with its answers.

    `unknown` is the answer that holds: written (`unknown_written`) or by rule 3; None where
    UNKNOWN simply fails (a read, a notification, a sub-flow, `otherwise` after commit) or
    where the missing answer is an error of the file. `type` is that of its name afterwards
    (None: no value). `after_commit` says on which side of the pivot it stands.
    """

    span: Span
    name_span: Span
    doc: str | None
    name: str
    type: Type | None
    call: Call | SubFlow
    unknown: Probe | CompensateBlind | Halt | None
    unknown_written: bool
    compensation: Compensation | None
    otherwise: Expr | None
    after_commit: bool

    @property
    def effectful(self) -> bool:
        """Whether it changes a resource (directly; a sub-flow commits its own changes)."""
        return isinstance(self.call, Call) and self.call.operation.is_write


class Let(Struct):
    span: Span
    name_span: Span
    name: str
    value: Expr


class Record(Struct):
    """A value drawn once per instance and remembered."""

    span: Span
    name_span: Span
    name: str
    type: Type
    what: Literal["now", "uuid", "random"]


class Next(Struct):
    """What a carried name will be in the next round."""

    span: Span
    name: str
    value: Expr


class Bound(Struct):
    """A name that a compound statement leaves bound; `maybe`: none where it was not reached
    (its type is then optional)."""

    name: str
    type: Type
    maybe: bool


class Block(Struct):
    span: Span
    nodes: tuple[Node, ...]


class If(Struct):
    span: Span
    condition: Expr
    yes: Block
    no: Block | None
    binds: tuple[Bound, ...]


class Case(Struct):
    span: Span
    members: tuple[str, ...]
    body: Block


class Match(Struct):
    """Over an enum; `no` is the else arm (None: the cases cover the enum)."""

    span: Span
    value: Expr
    cases: tuple[Case, ...]
    no: Block | None
    binds: tuple[Bound, ...]


class Branch(Struct):
    span: Span
    label: str
    condition: Expr | None
    body: Block


class Parallel(Struct):
    span: Span
    branches: tuple[Branch, ...]
    binds: tuple[Bound, ...]


class Carry(Struct):
    span: Span
    name: str
    type: Type
    start: Expr


class Collect(Struct):
    """`name as out`: a list in item order, of the rounds that bound the name; with `failure`
    the errors of the failed rounds, each of which was unwound by itself (type [Error])."""

    span: Span
    name: str
    out: str
    type: Type
    failure: bool


class ForEach(Struct):
    """`items` in batches of `width`; each batch is a parallel of its rounds."""

    span: Span
    name: str
    item_type: Type
    items: Expr
    limit: int
    index: str | None
    width: int
    carries: tuple[Carry, ...]
    body: Block
    collects: tuple[Collect, ...]


class Repeat(Struct):
    """Body, then `until`; `pause` ms between rounds; `exhausted` None fails LimitReached.
    The last round's names (`binds`) stay."""

    span: Span
    limit: int
    index: str | None
    pause: int | None
    carries: tuple[Carry, ...]
    body: Block
    until: Expr
    exhausted: Block | None
    binds: tuple[Bound, ...]


class WaitFor(Struct):
    span: Span
    duration: Expr


class WaitUntil(Struct):
    span: Span
    time: Expr


class Reminder(Struct):
    """`every D as n {}` (repeating) or `after D {}` (once)."""

    span: Span
    delay: int
    repeating: bool
    index: str | None
    body: Block


class Await(Struct):
    """Wait for a signal of a type; without `on_timeout` a timeout fails with TimedOut."""

    span: Span
    name_span: Span
    doc: str | None
    name: str
    type: Type  # of the payload; the name is optional afterwards if on_timeout falls through
    who: Expr | None
    within: int | None
    reminders: tuple[Reminder, ...]
    on_timeout: Block | None
    binds: tuple[Bound, ...]


class Handler(Struct):
    """`errors` empty: `on Error`, which catches every error but the instance's own Cancelled and
    DeadlineExceeded."""

    span: Span
    errors: tuple[ErrorType, ...]
    name: str | None
    type: ErrorType
    body: Block


class Try(Struct):
    span: Span
    body: Block
    handlers: tuple[Handler, ...]
    binds: tuple[Bound, ...]


class Commit(Struct):
    """The pivot: empties the ledger."""

    span: Span


class Fail(Struct):
    """Fail with an error; arguments in the order of its fields."""

    span: Span
    error: ErrorType
    args: tuple[Expr, ...]


class Return(Struct):
    span: Span
    value: Expr | None


Node = (
    Step
    | Let
    | Record
    | Next
    | If
    | Match
    | Parallel
    | ForEach
    | Repeat
    | WaitFor
    | WaitUntil
    | Await
    | Try
    | Commit
    | Fail
    | Return
)


# -- flows ---------------------------------------------------------------------------------


class Slo(Struct):
    """Objectives; durations in ms, percentages as written ("99", "0.5")."""

    span: Span
    start: int | None
    complete: int | None
    complete_percent: str | None
    failures_percent: str | None


class Flow(Struct):
    """One flow at one version: an ordinary flow without `since` and `until`.

    `versions` are all that may still run, oldest first; `version` is the one this projection
    is for. `deadline` and `compensate_within` are None where unbounded.
    """

    span: Span
    name_span: Span
    source: Source
    doc: str | None
    name: str
    version: int
    versions: tuple[int, ...]
    owner: str | None
    runbook: str | None
    key: Expr | None
    on_duplicate: Literal["attach", "reject"] | None
    deadline: int | None
    compensate_within: int | None
    slo: Slo | None
    params: tuple[FieldType, ...]
    result: Type | None
    body: Block
    services: tuple[Service, ...]  # those it calls, in order of declaration
    records: tuple[RecordType, ...]  # every record type that it or its contracts mention
    enums: tuple[EnumType, ...]
    errors: tuple[ErrorType, ...]  # declared errors that it or its operations mention

    def __hash__(self) -> int:
        """By name, version and place: all of a long flow is not looked at."""
        return hash((self.name, self.version, self.span.start, self.source.name))

    @property
    def nodes(self) -> Iterator[Node]:
        """Every statement, in textual order, outer before inner."""
        return walk(self.body)

    @property
    def steps(self) -> Iterator[Step]:
        return (node for node in walk(self.body) if isinstance(node, Step))

    @property
    def effects(self) -> Iterator[Step]:
        """The steps that change a resource."""
        return (step for step in self.steps if step.effectful)


def bodies(node: Node) -> tuple[Block, ...]:
    """The blocks directly inside a statement, in textual order."""
    match node:
        case Step():  # first: most statements are steps
            return ()
        case If():
            return (node.yes,) if node.no is None else (node.yes, node.no)
        case Match():
            arms = tuple(case.body for case in node.cases)
            return arms if node.no is None else (*arms, node.no)
        case Parallel():
            return tuple(branch.body for branch in node.branches)
        case ForEach():
            return (node.body,)
        case Repeat():
            return (node.body,) if node.exhausted is None else (node.body, node.exhausted)
        case Await():
            blocks = tuple(reminder.body for reminder in node.reminders)
            return blocks if node.on_timeout is None else (*blocks, node.on_timeout)
        case Try():
            return (node.body, *(handler.body for handler in node.handlers))
        case _:
            return ()


def walk(block: Block) -> Iterator[Node]:
    """Every statement below a block, in textual order, outer before inner."""
    stack = list(reversed(block.nodes))
    while stack:
        node = stack.pop()
        yield node
        for body in reversed(bodies(node)):
            stack.extend(reversed(body.nodes))


class Program(Struct):
    """All flows that a file declares, each at its newest version, and those it imports.

    `flows` are the file's own, in order; `at` gives any supported version.
    """

    flows: tuple[Flow, ...]
    older: tuple[Flow, ...]  # the file's flows at older supported versions
    imported: tuple[Flow, ...]  # flows of imported files, every supported version

    def find(self, name: str, version: int | None = None) -> Flow | None:
        """The flow of that name, at a version or at its newest one."""
        found = [f for f in (*self.flows, *self.older, *self.imported) if f.name == name]
        if version is None:
            return max(found, key=lambda flow: flow.version, default=None)
        return next((flow for flow in found if flow.version == version), None)
