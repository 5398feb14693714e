"""The closed forms of attempts and waits against attempts made one by one in virtual time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flowc.compiler.flow import Call, Operation, Policy
from flowc.compiler.types import ErrorType
from flowc.simulate.attempts import UNBOUNDED, attempts, longest, starts, waits
from flowc.source import Source, Span

NOWHERE = Span(0, 0)


def policy(
    timeout: int | None = 1000,
    count: int | None = 1,
    backoff: int = 0,
    cap: int | None = None,
    factor: float = 1.0,
    within: int | None = None,
    jitter: bool = False,
) -> Policy:
    return Policy(NOWHERE, "p", timeout, count, backoff, cap, factor, jitter, within, None, None)


def call(
    governed_by: Policy, *, kind: str = "read", key: tuple[str, ...] | None = None, **more: bool
) -> Call:
    transient = ErrorType("Busy", NOWHERE, None, None, (), True)
    operation = Operation(
        NOWHERE,
        Source("a.flow", ""),
        None,
        "s",
        "f",
        "read" if kind == "read" else "action",
        (),
        None,
        None,
        None,
        key,
        (transient,) if more.get("transient") else (),
        None,
        more.get("absorbing", False),
    )
    return Call(NOWHERE, operation, (), governed_by)


policies = st.builds(
    policy,
    timeout=st.integers(1, 5000),
    count=st.integers(1, 40),
    backoff=st.integers(0, 3000),
    cap=st.none() | st.integers(1, 20_000),
    factor=st.sampled_from([1.0, 1.1, 1.5, 2.0, 3.0, 10.0]),
    within=st.none() | st.integers(0, 100_000),
    jitter=st.booleans(),
)


def wait_before(by: Policy, attempt: int) -> float:
    """What rule 2 says, word for word: before attempt k+1, with k from 1."""
    wait = by.backoff * by.factor ** (attempt - 2)
    return wait if by.cap is None else min(by.cap, wait)


AGES = 10**15  # ms: sums beyond are not told apart


@given(policies)
def test_the_longest_call_is_that_of_attempts_that_hang(by: Policy) -> None:
    """Each attempt hangs, or, where the next one could else not start, ends just in time for it
    to start at the last moment of `within`. Jitter can make any wait short enough for that."""
    assert by.timeout is not None
    assert by.attempts is not None
    end = UNBOUNDED if by.within is None else by.within
    clock, waited = float(min(by.timeout, end)), 0.0
    for attempt in range(2, by.attempts + 1):
        waited += wait_before(by, attempt)
        if round(waited) >= end and not by.jitter:
            break
        clock = min(clock + wait_before(by, attempt) + by.timeout, end)
    if clock < AGES:
        assert abs(longest(call(by)) - clock) <= 1
    else:
        assert longest(call(by)) >= AGES


@given(policies, st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=40, max_size=40))
def test_no_call_takes_longer(by: Policy, chances: list[tuple[float, float]]) -> None:
    assert by.timeout is not None
    assert by.attempts is not None
    end = UNBOUNDED if by.within is None else by.within
    clock = 0.0
    for attempt, (lasts, jitters) in zip(range(1, by.attempts + 1), chances, strict=False):
        if attempt > 1:
            wait = wait_before(by, attempt) * (jitters if by.jitter else 1)
            if clock + wait >= end:
                break
            clock += wait
        clock = min(clock + lasts * by.timeout, end)
    assert clock <= longest(call(by)) + 1 or clock > AGES


@given(policies)
def test_attempts_start_as_long_as_within_lasts(by: Policy) -> None:
    clock, started = 0.0, 1
    assert by.attempts is not None
    end = UNBOUNDED if by.within is None else by.within
    for attempt in range(2, by.attempts + 1):
        clock += wait_before(by, attempt)
        if round(clock) >= end:
            break
        started += 1
    found = starts(by, jitter=False)
    assert found is not None
    if by.within != 0:
        assert found == started


@given(policies, st.integers(0, 60))
def test_waits_add_up(by: Policy, count: int) -> None:
    summed = sum(wait_before(by, attempt) for attempt in range(2, count + 2))
    assert abs(waits(by, count) - min(summed, 10**15)) <= max(1, summed / 10**9)


def test_a_wait_is_capped_from_the_first() -> None:
    assert waits(policy(backoff=10_000, cap=3000, factor=2.0), 4) == 12_000


def test_a_number_of_attempts_beyond_counting_costs_nothing() -> None:
    many = policy(count=10**9, backoff=1000, cap=30_000, factor=2.0)
    assert waits(many, 10**9 - 1) == 31_000 + (10**9 - 6) * 30_000
    assert longest(call(many)) == 10**9 * 1000 + waits(many, 10**9 - 1)
    assert starts(many.replace(within=86_400_000), jitter=False) == 2884


def test_growth_without_a_cap_does_not_overflow() -> None:
    steep = policy(count=10**9, backoff=1000, factor=1000.0)
    assert waits(steep, 10**9) == 10**15
    assert longest(call(steep.replace(within=5000))) == 1000 + 1000 + 1000


def test_jittered_waits_may_be_nothing() -> None:
    jittered = policy(count=10, backoff=10_000, within=5000, jitter=True)
    assert starts(jittered, jitter=True) == 10
    assert starts(jittered, jitter=False) == 1


def test_what_cannot_be_repeated_is_attempted_once() -> None:
    five = policy(count=5, backoff=1000)
    assert attempts(call(five)) == 5
    assert attempts(call(five, kind="action")) == 1
    assert attempts(call(five, kind="action", key=())) == 5
    assert attempts(call(five, kind="action", transient=True)) == 5
    assert attempts(call(five, kind="action", absorbing=True)) == 1
    assert attempts(call(five, kind="action", absorbing=True), compensating=True) == 5
    assert longest(call(five, kind="action")) == 1000


def test_nothing_bounds_unlimited_attempts_but_within() -> None:
    endless = policy(count=None)
    assert longest(call(endless)) == UNBOUNDED
    assert longest(call(endless.replace(within=7))) == 7
    assert longest(call(policy(timeout=None))) == UNBOUNDED
    assert longest(call(policy(timeout=None, within=7))) == 7
