"""What runs side by side: each branch is a child in the journal; all settle, then one fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from .errors import FlowError, Halt, read_error
from .ledger import Find, Fork, Scope, read_scope
from .mailbox import Mailbox
from .values import decode, encode

if TYPE_CHECKING:
    from .run import Run

Bound = dict[str, Any]
Body = Callable[["Run"], Awaitable[Bound]]
Settled = Callable[[], Awaitable[dict[str, Any]]]


@dataclass
class Branch:
    """One branch: its code, and the types of the names that it may bind.

    After it has settled, `bound` holds what it bound.
    """

    label: str
    body: Body
    kinds: Mapping[str, Any] = field(default_factory=dict)
    bound: Bound = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        """What it bound to that name, None if nothing."""
        return self.bound.get(name)


class Children(Protocol):
    """What can run children of an instance in the journal."""

    @property
    def waiting(self) -> Counter[str]:
        """How many waits are under way, by instance."""

    @property
    def working(self) -> Counter[str]:
        """How many attempts are under way, by instance."""

    @property
    def errors(self) -> Mapping[str, type[FlowError]]:
        """Declared errors by name."""

    @property
    def mail(self) -> Mailbox:
        """The messages to all instances."""

    @property
    def find(self) -> Find:
        """Operations by title."""

    async def start(self, run: Run, path: str, body: Body) -> Settled:
        """Start a branch that is known by its path; what is given waits for how it settled."""

    async def call(self, run: Run, path: str, flow: str, given: Bound) -> dict[str, Any]:
        """Run a flow as a child, known by its path; give how it ended."""


async def settle(run: Run, body: Body) -> dict[str, Any]:
    """Run a branch to its end, as data: what it bound, what it would undo, how it failed."""
    told: dict[str, Any] = {}
    try:
        told["bound"] = {name: encode(value) for name, value in (await body(run)).items()}
    except Halt as halt:
        told["halt"] = [halt.step, halt.reason]
    except FlowError as error:
        told["error"] = {**error.to_json(), "own": error.own}
    told["ledger"] = run.ledger.to_json()
    told["stuck"] = run.stuck
    told["at"] = run.now_ms
    return told


async def run_all(run: Run, path: str, branches: Sequence[Branch]) -> None:
    """Let every branch settle. Then the first failed one, in their order, gives the error; a
    halt outranks them all. Their ledgers join that of the run as a fork."""
    if len(branches) == 1:
        branches[0].bound = await branches[0].body(run)
        return
    handles = [
        await run.children.start(run, f"{path}/{branch.label}", branch.body) for branch in branches
    ]
    rows = [await settled() for settled in handles]
    fork = Fork([])
    run.ledger.entries.append(fork)
    for branch, row in zip(branches, rows, strict=True):
        fork.parts.append(read_scope(row["ledger"], run.children.find))
        run.stuck.extend(row["stuck"])
        run.passed(row["at"])
        for name, value in row.get("bound", {}).items():
            branch.bound[name] = decode(branch.kinds[name], value)
    for row in rows:
        if "halt" in row:
            raise Halt(*row["halt"])
    for row in rows:
        if "error" in row:
            error = read_error(row["error"], run.children.errors)
            error.own = row["error"]["own"]
            raise error


async def unwind_fork(run: Run, fork: Fork, path: str, budget: int | None) -> None:
    """Undo the parts of a fork side by side."""
    parts = [part for part in fork.parts if any(True for _ in part.flat())]

    def body(part: Scope) -> Body:
        async def undo(inner: Run) -> Bound:
            await inner.unwind_within(part, budget)
            return {}

        return undo

    branches = [Branch(str(n), body(part)) for n, part in enumerate(parts)]
    if branches:
        await run_all(run, path, branches)
