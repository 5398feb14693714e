"""A call's policy to the time and the number of its attempts, in closed form.

Attempts end by themselves or are cut at `timeout`; before attempt k+1 there is a wait of
`min(cap, backoff * factor ** (k - 1))`; `within` bounds the whole, and a retry that could not
start before its end is not waited for. So the longest a call can take is the smaller of `within`
and the sum of the timeouts and waits of the attempts that can start; none is enumerated.
"""

from __future__ import annotations

from flowc.compiler.flow import Call, Policy

UNBOUNDED = float("inf")
_AGES = 10**15  # ms, some 30,000 years: counts and sums beyond are taken as this
_STEEPEST = 1e9  # a factor beyond reaches any cap at the second wait


def repeats(call: Call, compensating: bool = False) -> bool:
    """Whether any outcome of the call is ever tried again: UNKNOWN of a read or a keyed action
    (or an absorbing compensation), a transient error of any."""
    operation = call.operation
    return (
        operation.repeatable
        or (compensating and operation.absorbing)
        or any(error.transient for error in operation.raises)
    )


def attempts(call: Call, compensating: bool = False) -> int | None:
    """How many attempts the call may make by its policy and its contract; None is unlimited."""
    return call.policy.attempts if repeats(call, compensating) else 1


def waits(policy: Policy, count: int) -> int:
    """The sum in ms of the first `count` waits between attempts, without jitter."""
    return _sum(policy.backoff, policy.cap, policy.factor, count)


def _sum(first: int, cap: int | None, factor: float, count: int) -> int:
    count = min(max(count, 0), _AGES)
    if not first or not count:
        return 0
    top = _AGES if cap is None else min(cap, _AGES)
    factor = min(factor, _STEEPEST)
    if factor <= 1 or first >= top:
        return min(count * min(first, top), _AGES)
    from math import floor, log  # not for waits that stay alike

    growing = min(count, floor(log(top / first) / log(factor)) + 1)
    grown = first * (factor**growing - 1) / (factor - 1)
    return min(round(grown) + (count - growing) * top, _AGES)


def longest(call: Call, compensating: bool = False) -> float:
    """The most ms that a call can take with all its attempts and waits; infinite if unbounded.

    Only attempts that can start count; one that could start at the last moment of `within`, had
    those before it been quicker, takes the rest.
    """
    policy = call.policy
    within = UNBOUNDED if policy.within is None else policy.within
    count = attempts(call, compensating)
    if policy.timeout is None:
        return within
    if count != 1 and within != UNBOUNDED and not policy.jitter:
        fitting = starts(policy, jitter=False)
        count = fitting if count is None else min(count, fitting or count)
    if count is None:
        return within
    count = min(count, _AGES)
    return min(within, count * policy.timeout + waits(policy, count - 1))


def starts(policy: Policy, jitter: bool) -> int | None:
    """How many attempts can start before `within` ends, if each ends at once; None: any number.

    With `jitter` each jittered wait counts as 0, the least it can be.
    """
    within = policy.within
    if within is None or not policy.backoff or policy.cap == 0 or (jitter and policy.jitter):
        return policy.attempts
    if not within:
        return 1
    most = _AGES if policy.attempts is None else policy.attempts - 1
    if waits(policy, min(most, within)) < within:
        return most + 1
    return 1 + _fitting(policy.backoff, policy.cap, policy.factor, within, min(most, within))


_KEPT = 256  # answers, of which policies in one project ask few
_fitted: dict[tuple[object, ...], int] = {}


def _fitting(first: int, cap: int | None, factor: float, within: int, most: int) -> int:
    """How many waits, `most` at most, are over before `within`."""
    asked = (first, cap, factor, within, most)
    if asked in _fitted:
        return _fitted[asked]
    if len(_fitted) >= _KEPT:
        _fitted.clear()
    few, many = 0, most
    while few < many:
        middle = (few + many + 1) // 2
        if _sum(first, cap, factor, middle) < within:
            few = middle
        else:
            many = middle - 1
    _fitted[asked] = few
    return few
