"""A flow to the calls that a policy governs, and to the expressions that it evaluates."""

from __future__ import annotations

from flowc.compiler.expr import Ambient, children
from flowc.compiler.flow import Call, Probe, Program, Step, SubFlow
from flowc.compiler.mentioned import expressions
from flowc.simulate.attempts import repeats
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowc.compiler.expr import Expr
    from flowc.compiler.flow import Flow, Node


class Governed(Struct):
    """A call with the step that it belongs to, and as what: "step", "probe", "compensation"."""

    step: Step
    role: str
    call: Call

    @property
    def compensating(self) -> bool:
        return self.role == "compensation"

    @property
    def title(self) -> str:
        """How to speak of it."""
        if self.role == "step":
            return f"`{self.step.name}`"
        return f"the {self.role} of `{self.step.name}`"


def governed(flow: Flow) -> Iterator[Governed]:
    """Every call of an action or a read, in textual order."""
    for step in flow.steps:
        if isinstance(step.call, Call):
            yield Governed(step, "step", step.call)
        if isinstance(step.unknown, Probe):
            yield Governed(step, "probe", step.unknown.call)
        if step.compensation is not None:
            yield Governed(step, "compensation", step.compensation.call)


def by_governance(calls: Iterable[Governed]) -> Iterator[tuple[Governed, int]]:
    """The first call under each governance, and how many more there are under the same one; calls
    that are retried, and those that never are, apart."""
    found: dict[tuple[object, ...], list[Governed]] = {}
    for one in calls:
        policy = one.call.policy
        same = (
            policy.name,
            policy.timeout,
            policy.attempts,
            policy.backoff,
            policy.cap,
            policy.factor,
            policy.jitter,
            policy.within,
            policy.heartbeat,
            repeats(one.call, one.compensating),
        )
        found.setdefault(same, []).append(one)
    for group in found.values():
        yield group[0], len(group) - 1


def others(count: int) -> str:
    """`and 3 more calls`, to be put behind a name."""
    if not count:
        return ""
    return " and one more call" if count == 1 else f" and {count} more calls"


def evaluated(node: Node) -> Iterator[Expr]:
    """The expressions of a statement, those of its calls too, but not of what is inside it."""
    if isinstance(node, Step):
        yield from node.call.args
        if isinstance(node.unknown, Probe):
            yield from node.unknown.call.args
        if node.compensation is not None:
            yield from node.compensation.call.args
    yield from expressions(node)


def parts(expr: Expr) -> Iterator[Expr]:
    """An expression and all that it is made of, outer before inner, left to right."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def ambient(expr: Expr) -> Iterator[Ambient]:
    """The calls of `now()` and its like in an expression."""
    return (part for part in parts(expr) if isinstance(part, Ambient))


def draws(flow: Flow) -> bool:
    """Whether the flow's text may draw any value at all: cheap, and most draw none."""
    text, span = flow.source.text, flow.span
    return any(text.find(word, span.start, span.end) >= 0 for word in _DRAWING)


_DRAWING = ("now", "uuid", "random", "env")
_last: list[tuple[Program, frozenset[str]]] = []


def called(program: Program) -> frozenset[str]:
    """The names of the flows that another flow calls; those of the program asked for last are
    kept."""
    if not _last or _last[0][0] is not program:
        names = frozenset(
            step.call.flow
            for caller in (*program.flows, *program.older, *program.imported)
            for step in caller.steps
            if isinstance(step.call, SubFlow) and step.call.flow != caller.name
        )
        _last[:] = [(program, names)]
    return _last[0][1]
