"""The cost of a part of a flow, and of parts of which one is taken or which run side by side."""

from __future__ import annotations

from flowc.struct import Struct


class Cost(Struct):
    """What a statement or a block costs, in ms; UNBOUNDED is infinite.

    `best` and `worst` bound the way that goes on to what follows; `goes_on` is false where there
    is none (it always fails or returns). `latest` bounds every way out, failing included.
    `entered` is the longest that unwinding takes of what it leaves in the ledger when it goes on;
    `failing` the same when it fails, is cancelled or meets the deadline, None if it cannot. `errs`
    tells whether it can fail with an error, which a `try` may catch.
    """

    best: int
    worst: float
    goes_on: bool
    latest: float
    entered: float
    failing: float | None
    errs: bool


class Called(Struct):
    """What calling a flow costs, in ms: bounds of its success, the longest until it has failed and
    is unwound, and the longest from when its caller's deadline is passed on to it."""

    best: int
    worst: float
    failed: float
    told: float


INSTANT = Cost(0, 0, True, 0, 0, None, False)
LEAVES = Cost(0, 0, False, 0, 0, None, False)
POINT = Cost(0, 0, True, 0, 0, 0, False)  # takes no time, but cancel and deadline may strike
FAILS = Cost(0, 0, False, 0, 0, 0, True)


def times(count: int, each: float) -> float:
    return count * each if count and each else 0


def worst_failing(*ledgers: float | None) -> float | None:
    return max((ledger for ledger in ledgers if ledger is not None), default=None)


def alternatives(arms: list[Cost]) -> Cost:
    """One of several ways is taken."""
    on = [arm for arm in arms if arm.goes_on]
    return Cost(
        min((arm.best for arm in on), default=0),
        max((arm.worst for arm in on), default=0),
        bool(on),
        max((arm.latest for arm in arms), default=0),
        max((arm.entered for arm in on), default=0),
        worst_failing(*(arm.failing for arm in arms)),
        any(arm.errs for arm in arms),
    )


def one_fails(costs: list[Cost]) -> float | None:
    """The longest ledger of what runs side by side if one fails; all others may have ended well."""
    failing = [place for place, cost in enumerate(costs) if cost.failing is not None]
    if not failing:
        return None
    entered = (
        cost.entered
        for place, cost in enumerate(costs)
        if cost.goes_on and failing != [place]  # what fails has not ended well
    )
    return max(*(cost.failing or 0 for cost in costs), 0, *entered)
