"""What lies ahead of a place in a flow, as seen from the place: values and how they shift."""

from __future__ import annotations

from flowc.compiler.flow import Handler, Repeat
from flowc.simulate.inside import RANK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.simulate.inside import Stop, Way, Ways

    # What lies ahead of a place. Like a Way: steps, rank, statement, error, how. Then: how many of
    # those steps stand in one row with the statement, the block of that row, and what leads
    # into the row ("" where the flow simply goes on).
    Ahead = tuple[int, int, int, str, str, int, int, str]
    Both = tuple[Ahead | None, Ahead | None]  # the nearest failure, the nearest cancel point
    # Errors that unwind what stands in a block; None: all of them, and cancel (before commit).
    Unwinding = frozenset[str] | None

EVERY = frozenset(("Error",))  # after commit, inside something that catches every error
NOTHING: frozenset[str] = frozenset()  # after commit, at the top level


def nearest(fails: Ways, context: Unwinding) -> Way | None:
    if not fails:
        return None
    if context is None or context is EVERY:
        return min(fails.values())
    return min((way for error, way in fails.items() if error in context), default=None)


def later(ahead: Ahead, steps: int, block: int) -> Ahead:
    """The same, seen from `steps` earlier in a block."""
    near = ahead[5] + steps if ahead[6] == block and not ahead[7] else ahead[5]
    return (ahead[0] + steps, *ahead[1:5], near, *ahead[6:])


def cancelled(stop: Stop, block: int, via: str = "") -> Ahead:
    steps, number = stop
    return (steps, RANK["cancel"], number, "Cancelled", "cancel", steps, block, via)


def caught_by(handlers: tuple[Handler, ...]) -> frozenset[str]:
    if any(not handler.errors for handler in handlers):
        return EVERY
    return frozenset(error.name for handler in handlers for error in handler.errors)


def rounds_of(node: Repeat) -> str:
    return f"{node.limit} rounds without success"
