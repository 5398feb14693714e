"""A flow to its writes that use what was read before a long wait."""

from __future__ import annotations

from flowc.compiler.duration import show
from flowc.compiler.expr import names_in
from flowc.compiler.flow import (
    Await,
    Block,
    Call,
    ForEach,
    If,
    Let,
    Match,
    Node,
    Parallel,
    Repeat,
    Step,
    Try,
    WaitFor,
    bodies,
)
from flowc.diagnostic import Finding, Related
from flowc.lint.rule import rule
from flowc.simulate.durations import known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.simulate.study import Study

    # When the last long wait ended (counted in statements), and which one it was.
    Waited = tuple[int, Node | None]

LONG = 86_400_000  # ms: a day

BAD = """\
error Refused

policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }

service rates {
  read today(currency: text) -> decimal
}
service bank {
  action pay(order: text, rate: decimal) writes account key order
}

/// Let somebody approve a payment in a foreign currency, then pay.
flow pay_abroad(order: text, currency: text, clerk: text) {
  version 1
  owner "team-payments" runbook "https://runbooks.example.com/abroad"
  key order on duplicate attach
  deadline 4d, compensate within 1h
  default with quick within 5m

  step rate = rates.today(currency)
  await approved: bool from clerk within 3d
  if not approved { fail Refused }
  step paid = bank.pay(order, rate)
    on unknown halt
}
"""

_READ = "  step rate = rates.today(currency)\n"
GOOD = BAD.replace(_READ, "").replace("  step paid", f"{_READ}  step paid")


@rule(code="DET003", name="stale-read-after-wait", severity="advice", bad=BAD, good=GOOD)
def stale_read_after_wait(study: Study) -> Iterator[Finding]:
    """A write that uses what was read before a long wait.

    A `read` gives the world as it was. Then the flow waits three days for a signature, and acts on
    what it knew: the price of Monday, the balance before the weekend, the address from before
    the move.

    Read after the wait, under a name of its own if the old value is needed too. Where the old
    value is what was agreed on (a price that was promised), that is no mistake: say so with
    `// flowc: allow stale-read-after-wait because "..."`.

    How it decides: a value from a `read`, or one computed from it, is an argument of an action
    that changes something, and on some way between the two there is a `wait` or `await` of a day
    or more. Parameters of the action's key, notifications, and `wait until` (whose length nobody
    knows) do not count.

    When it is wrong: where what was read does not change, or was fixed on purpose.
    """
    yield from _Reader(study).block(study.flow.body, (0, None))


class _Reader:
    def __init__(self, study: Study) -> None:
        self.study = study
        self.clock = 0
        self.reads: dict[str, tuple[int, Step]] = {}  # when a name was read, and by which step
        self.waited: Waited = (0, None)  # at the end of the block looked at last
        self._long: dict[int, Node | None] = {}

    def block(self, block: Block, waited: Waited) -> Iterator[Finding]:
        for node in block.nodes:
            self.clock += 1
            if isinstance(node, Step):
                yield from self._step(node, waited)
            elif isinstance(node, Let):
                self._derive(node)
            elif isinstance(node, If | Match | Parallel | ForEach | Repeat | Try):
                yield from self._compound(node, waited)
                waited = self.waited
            if isinstance(node, Await) and node.on_timeout is not None:
                yield from self.block(node.on_timeout, (self.clock, node))
            if self._is_long(node):
                waited = (self.clock, node)
        self.waited = waited

    def _compound(self, node: Node, waited: Waited) -> Iterator[Finding]:
        ends = [waited]
        start = waited
        if isinstance(node, ForEach | Repeat) and node.limit > 1:
            wait = self._long_inside(node)
            if wait is not None:  # in a later round, what was read before the loop is old
                start = (self.clock, wait)
        for place, block in enumerate(bodies(node)):
            begun = max(ends, key=_ended) if isinstance(node, Try) and place else start
            yield from self.block(block, begun)
            ends.append(self.waited)
        self.waited = max(ends, key=_ended)
        if isinstance(node, ForEach):
            for collect in node.collects:
                if collect.name in self.reads and not collect.failure:
                    self.reads[collect.out] = self.reads[collect.name]

    def _step(self, node: Step, waited: Waited) -> Iterator[Finding]:
        call = node.call
        if isinstance(call, Call):
            if call.operation.is_read:
                self.reads[node.name] = (self.clock, node)
            elif call.operation.is_write and waited[1] is not None:
                yield from self._stale(node, call, waited[0], waited[1])

    def _stale(self, node: Step, call: Call, ended: int, wait: Node) -> Iterator[Finding]:
        key = call.operation.key or ()
        for param, arg in zip(call.operation.params, call.args, strict=True):
            if param.name in key:
                continue
            for name in sorted(names_in(arg)):
                read = self.reads.get(name)
                if read is None or read[0] >= ended:
                    continue
                what = "this `wait`" if isinstance(wait, WaitFor) else "this `await`"
                yield Finding(
                    arg.span,
                    f"`{node.name}` changes something by what `{read[1].name}` read before a wait "
                    f"of up to {_length(wait)}",
                    help="read it again after the wait, under a name of its own",
                    label="may be out of date",
                    related=(
                        Related(read[1].name_span, "read here"),
                        Related(wait.span, f"{what} lies between"),
                    ),
                    story=(
                        f"{read[1].name} ok",
                        f"{_length(wait)} pass, and what was read changes",
                        f"{node.name} acts on what was read before",
                    ),
                )
                return

    def _derive(self, node: Let) -> None:
        origins = [self.reads[name] for name in names_in(node.value) if name in self.reads]
        if origins:
            self.reads[node.name] = min(origins, key=lambda read: read[0])

    def _is_long(self, node: Node) -> bool:
        if isinstance(node, WaitFor):
            return known(node.duration)[1] >= LONG
        return isinstance(node, Await) and (node.within is None or node.within >= LONG)

    def _long_inside(self, node: Node) -> Node | None:
        if id(node) not in self._long:
            found: Node | None = None
            for block in bodies(node):
                for inner in block.nodes:
                    found = found or (inner if self._is_long(inner) else self._long_inside(inner))
            self._long[id(node)] = found
        return self._long[id(node)]


def _ended(waited: Waited) -> int:
    return waited[0]


def _length(wait: Node) -> str:
    if isinstance(wait, WaitFor):
        return show(known(wait.duration)[1])
    if isinstance(wait, Await) and wait.within is not None:
        return show(wait.within)
    return "any length"
