"""The shortest run in which something happens, told: outcomes to a few short strings.

A run is walked backwards from its end, only as far as it is told, so a story costs the same in a
flow of ten steps and of ten thousand.
"""

from __future__ import annotations

from flowc.compiler.flow import (
    Await,
    Commit,
    ForEach,
    If,
    Match,
    Node,
    Parallel,
    Repeat,
    Step,
    Try,
)
from flowc.simulate.inside import handles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.simulate.outcomes import Failure, Outcomes
    from flowc.source import Span

TOLD = 4  # events told of each stretch before the rest of it becomes "... n steps ok"
WIDTH = 60  # characters of a condition before it is cut


class Teller:
    """Tells the runs of one flow."""

    __slots__ = ("_before", "_outcomes", "_told")

    def __init__(self, outcomes: Outcomes) -> None:
        self._outcomes = outcomes
        places, inside = outcomes.places, outcomes.inside
        count = len(places.nodes)
        self._before = [0] * count  # steps that end well on the shortest run to a statement
        self._told = [-1] * count  # the nearest statement before it in its block worth telling
        for number in range(count):
            block, place = places.block[number], places.pos[number]
            if place:
                before = places.blocks[block][place - 1]
                self._before[number] = self._before[before] + inside.steps[before]
                tells = inside.steps[before] or isinstance(places.nodes[before], Await | Commit)
                self._told[number] = before if tells else self._told[before]
            else:
                self._before[number] = self._steps_to_block(block)

    def _steps_to_block(self, block: int) -> int:
        places, inside = self._outcomes.places, self._outcomes.inside
        owner = places.owner[block]
        if owner < 0:
            return 0
        cause = inside.causes.get(block)
        if cause is not None:
            return self._before[cause[2]]
        return self._before[owner] + self._rounds_before(owner, block)

    def _rounds_before(self, owner: int, block: int) -> int:
        """The steps of all rounds of a `repeat`, before its `on exhausted`."""
        node, inner = self._outcomes.places.nodes[owner], self._outcomes.places.inner[owner]
        if isinstance(node, Repeat) and block != inner[0]:
            return node.limit * self._outcomes.inside.block_steps[inner[0]]
        return 0

    def story(self, node: Node, failure: Failure, ending: tuple[str, ...]) -> tuple[str, ...]:
        """The run past `node` to the failure, what the failure leads to, and the ending."""
        places = self._outcomes.places
        number = places.number(node)
        events = [*self.run_to(number), *self._passed(number)]
        rest = failure.steps - failure.near
        if rest:
            events.append(_steps_ok(rest))
        if failure.via:
            events.append(failure.via)
        origin = places.number(failure.node)
        events += self._stretch(origin, failure.near, failure.block)
        happens = failing(failure.node, failure.error, failure.how)
        events.append(happens)
        outcome = self._outcome(origin, failure)
        if not happens.endswith(outcome):
            events.append(outcome)
        return (*events, *ending)

    def run_to(self, number: int) -> tuple[str, ...]:
        """The shortest run that comes to a statement."""
        return tuple(self._stretch(number, self._before[number], -1))

    def _stretch(self, at: int, steps: int, anchor: int) -> list[str]:
        """What happens before a statement, from where the last `steps` steps begin and, at the
        earliest, the block `anchor` is entered (-1: from the start of the flow)."""
        back, untold = self._walk_back(at, steps, anchor)
        if untold > 0:
            back.append(_steps_ok(untold))
        back.reverse()
        return back

    def _walk_back(self, at: int, steps: int, anchor: int) -> tuple[list[str], int]:
        """The last events of a stretch, latest first, and how many of its steps they leave out."""
        places, inside = self._outcomes.places, self._outcomes.inside
        back: list[str] = []
        while True:
            block = places.block[at]
            while (at := self._told[at]) >= 0:
                if len(back) >= TOLD or (block == anchor and steps <= 0):
                    return back, steps
                back += self._passed(at)
                steps -= inside.steps[at]
            at = places.owner[block]
            if block == anchor or at < 0 or len(back) >= TOLD:
                return back, steps
            back += self._entered(at, block)
            steps -= self._rounds_before(at, block)
            cause = inside.causes.get(block)
            if cause is not None:
                at = cause[2]
                back.append(failing(places.nodes[at], cause[3], cause[4]))

    def _passed(self, number: int) -> list[str]:
        node = self._outcomes.places.nodes[number]
        match node:
            case Step():
                return [f"{node.name} ok"]
            case Await():
                return [f"{node.name} arrives"]
            case Commit():
                return ["commit"]
            case _:
                steps = self._outcomes.inside.steps[number]
                return [_steps_ok(steps)] if steps else []

    def _entered(self, owner: int, block: int) -> list[str]:
        """The decision that leads into a block."""
        node = self._outcomes.places.nodes[owner]
        place = self._outcomes.places.inner[owner].index(block)
        match node:
            case If():
                told = self._quote(node.condition.span)
                return [f"if {told}" if place == 0 else f"not {told}"]
            case Match():
                if place < len(node.cases):
                    return [f"case {' | '.join(node.cases[place].members)}"]
                return ["else"]
            case Parallel():
                return [f"in `{node.branches[place].label}`"]
            case Repeat() if place == 1:
                return [f"{node.limit} rounds without success"]
            case Await():
                late = place == len(node.reminders)
                return [f"{node.name} times out" if late else f"no {node.name} yet"]
            case _:
                return []

    def _outcome(self, origin: int, failure: Failure) -> str:
        """Where the failure goes: to the handler that catches it, else out of the flow."""
        places, error = self._outcomes.places, failure.error
        inner = origin
        while failure.how != "cancel" and (owner := places.above(inner)) >= 0:
            node, block = places.nodes[owner], places.block[inner]
            if isinstance(node, Try) and places.inner[owner][0] == block:
                for handler in node.handlers:
                    if handles(handler, error):
                        caught = " | ".join(kind.name for kind in handler.errors) or "Error"
                        return f"`on {caught}` takes over"
            if isinstance(node, ForEach) and any(collect.failure for collect in node.collects):
                return f"the round fails with {error}"
            inner = owner
        return f"fails with {error}"

    def _quote(self, span: Span) -> str:
        told = " ".join(self._outcomes.flow.source.text[span.start : span.end].split())
        return f"`{told if len(told) <= WIDTH else told[: WIDTH - 1] + '…'}`"


def _steps_ok(count: int) -> str:
    return "… 1 step ok" if count == 1 else f"… {count} steps ok"


def failing(node: Node, error: str, how: str) -> str:
    """What happens at a point of failure."""
    match node:
        case Step() if how == "cancel":
            return f"cancelled before {node.name}"
        case Commit() if how == "cancel":
            return "cancelled before commit"
        case Await() if how == "cancel":
            return f"cancelled while waiting for {node.name}"
        case _ if how == "cancel":
            return "cancelled while waiting"
        case Step() if how == "unknown":
            return f"{node.name} unknown"
        case Step():
            return f"{node.name} fails with {error}"
        case Await():
            return f"{node.name} times out"
        case Repeat():
            return f"{node.limit} rounds without success"
        case ForEach():
            return f"more than {node.limit} items"
        case _:
            return f"fails with {error}"


def what_fails(failure: Failure) -> str:
    """The failure as a clause: "`seat` fails with `Closed`"."""
    node, error, how = failure.node, failure.error, failure.how
    match node:
        case Step() if how == "cancel":
            return f"the flow is cancelled before `{node.name}`"
        case Commit() if how == "cancel":
            return "the flow is cancelled before `commit`"
        case Await() if how == "cancel":
            return f"the flow is cancelled while it waits for `{node.name}`"
        case _ if how == "cancel":
            return "the flow is cancelled while it waits"
        case Step() if how == "unknown":
            return f"the outcome of `{node.name}` stays unknown"
        case Step():
            return f"`{node.name}` fails with `{error}`"
        case Await():
            return f"nobody answers `{node.name}` in time"
        case Repeat():
            return f"{node.limit} rounds go by without success"
        case ForEach():
            return f"there are more than {node.limit} items"
        case _:
            return f"the flow fails with `{error}`"
