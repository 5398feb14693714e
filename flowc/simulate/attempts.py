"""A call's policy to the time and the number of its attempts, in closed form.

Attempts end by themselves or are cut at `timeout`; before attempt k+1 there is a wait of
`min(cap, backoff * factor ** (k - 1))`; `within` bounds the whole, and a retry that could not
start before its end is not waited for. So the longest a call can take is the smaller of `within`
and the sum of all timeouts and waits; no attempt is enumerated.
"""

from __future__ import annotations

from math import floor, log

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
    count = min(max(count, 0), _AGES)
    first = policy.backoff
    if not first or not count:
        return 0
    top = _AGES if policy.cap is None else min(policy.cap, _AGES)
    factor = min(policy.factor, _STEEPEST)
    if factor <= 1 or first >= top:
        return min(count * min(first, top), _AGES)
    growing = min(count, floor(log(top / first) / log(factor)) + 1)
    grown = first * (factor**growing - 1) / (factor - 1)
    return min(round(grown) + (count - growing) * top, _AGES)


def longest(call: Call, compensating: bool = False) -> float:
    """The most ms that a call can take with all its attempts and waits; infinite if unbounded."""
    policy = call.policy
    within = UNBOUNDED if policy.within is None else policy.within
    count = attempts(call, compensating)
    if policy.timeout is None or count is None:
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
    few, many = 0, min(within, _AGES)  # waits that end before `within`: at least, at most
    if policy.attempts is not None:
        many = min(many, policy.attempts - 1)
    while few < many:
        middle = (few + many + 1) // 2
        if waits(policy, middle) < within:
            few = middle
        else:
            many = middle - 1
    return few + 1
