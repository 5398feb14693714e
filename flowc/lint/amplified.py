"""A flow to the writes that nested retries make many times over, also through sub-flows.

A `repeat` around a write is a retry of it only if the write stays the same in every round: if its
key (without one: all its arguments) depends on nothing that a round brings with it.
"""

from __future__ import annotations

from flowc.compiler.expr import names_in
from flowc.compiler.flow import Await, Call, Flow, Let, Node, Program, Record, Repeat, Step, bodies
from flowc.simulate.attempts import attempts, starts
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_LEVELS = 20  # of flows that call flows
MANY = 10**6  # what unlimited attempts without waits are taken as


class Write(Struct):
    """A write, the step of the flow that it comes from (itself or a sub-flow), how often it
    may be called for one effect, each layer of retries from the outside in, and the names that it
    depends on."""

    step: Step
    action: str
    product: int
    layers: tuple[str, ...]
    names: frozenset[str]


class Amplified:
    """The writes of flows by name, each flow looked at once."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._known: dict[str, tuple[Write, ...]] = {}
        self._level = 0

    def writes(self, flow: Flow) -> Iterator[Write]:
        """Every write of the flow, with its layers."""
        stack: list[tuple[Node, tuple[tuple[Repeat, frozenset[str]], ...]]] = [
            (node, ()) for node in reversed(flow.body.nodes)
        ]
        while stack:
            node, loops = stack.pop()
            if isinstance(node, Step):
                for write in self._of(node):
                    yield around(write, loops)
            for block in reversed(bodies(node)):
                inner = loops
                if isinstance(node, Repeat) and block is node.body and node.limit > 1:
                    inner = (*loops, (node, varying(node)))
                stack.extend((child, inner) for child in reversed(block.nodes))

    def _of(self, step: Step) -> Iterator[Write]:
        call = step.call
        if isinstance(call, Call):
            if call.operation.is_write:
                args = call.args if call.key is None else call.key
                names = frozenset[str]().union(*(names_in(arg) for arg in args))
                yield Write(step, call.operation.title, *_attempts(step, call), names)
            return
        given = {p.name: names_in(a) for p, a in zip(call.params, call.args, strict=True)}
        for write in self._child(call.flow):
            names = frozenset[str]().union(*(given.get(name, ()) for name in write.names))
            yield Write(step, write.action, write.product, write.layers, names)

    def _child(self, name: str) -> tuple[Write, ...]:
        """The most amplified write of each action of a called flow."""
        if name not in self._known and self._level < MOST_LEVELS:
            self._level += 1
            self._known[name] = ()  # holds while a flow that calls itself is looked at
            flow = self.program.find(name)
            most: dict[str, Write] = {}
            params = () if flow is None else frozenset(param.name for param in flow.params)
            for write in () if flow is None else self.writes(flow):
                if write.action not in most or most[write.action].product < write.product:
                    most[write.action] = write.replace(names=write.names & frozenset(params))
            self._known[name] = tuple(most.values())
            self._level -= 1
        return self._known.get(name, ())


_last: list[Amplified] = []


def amplified(program: Program) -> Amplified:
    """That of a program; the one asked for last is kept."""
    if not _last or _last[0].program is not program:
        _last[:] = [Amplified(program)]
    return _last[0]


def around(write: Write, loops: tuple[tuple[Repeat, frozenset[str]], ...]) -> Write:
    """The write as the loops around it repeat it."""
    for loop, varies in reversed(loops):
        if not write.names & varies:
            layer = f"`repeat` makes up to {loop.limit} rounds"
            write = write.replace(product=write.product * loop.limit, layers=(layer, *write.layers))
    return write


def varying(loop: Repeat) -> frozenset[str]:
    """The names that may stand for something else in each round."""
    names = {carry.name for carry in loop.carries}
    if loop.index is not None:
        names.add(loop.index)
    stack = list(reversed(loop.body.nodes))
    while stack:
        node = stack.pop()
        if isinstance(node, Step | Record | Await) or (
            isinstance(node, Let) and names_in(node.value) & names
        ):
            names.add(node.name)
        for block in reversed(bodies(node)):
            stack.extend(reversed(block.nodes))
    return frozenset(names)


def _attempts(step: Step, call: Call) -> tuple[int, tuple[str, ...]]:
    allowed = attempts(call)
    count = starts(call.policy, jitter=False) if allowed != 1 else 1
    count = MANY if count is None else min(count, MANY)
    if count == 1:
        return 1, ()
    shown = "attempts without number" if count == MANY else f"up to {count} attempts"
    return count, (f"each call of `{step.name}` makes {shown}",)
