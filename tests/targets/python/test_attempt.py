"""One attempt on the clock on the wall: whatever a service does, an outcome comes back."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from flowc.targets.python.support.attempt import Outcome, Services, attempt
from flowc.targets.python.support.calls import Call, Operation
from flowc.targets.python.support.clock import RealClock, heartbeat
from flowc.targets.python.support.errors import Field, FlowError


class Declined(FlowError):  # noqa: N818
    error_name = "Declined"
    declared = (Field("code", "code", str),)

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code


CHARGE = Operation(
    title="s.charge",
    service="s",
    method="charge",
    kind="write",
    parameters={"card": str},
    result=int,
    raises=(Declined,),
)
RELEASED = threading.Event()


class Card:
    """The services, and their service `s`."""

    def __init__(self, charge: Any) -> None:
        self.s = self
        self.charge = charge


def outcome(charge: Any, limit: int | None = 5000, silence: int | None = None) -> Outcome:
    call = Call[int](CHARGE, {"card": "x"})
    return asyncio.run(attempt(call, Services(Card(charge)), RealClock(), limit, silence))


def raises(error: BaseException) -> Any:
    def charge(card: str) -> int:
        raise error

    return charge


async def hangs(card: str) -> int:
    await asyncio.sleep(3600)
    return 1


def blocks(card: str) -> int:
    RELEASED.wait(20)
    return 1


async def stubborn(card: str) -> int:
    while not RELEASED.is_set():
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            break
    return 1


def beats(card: str) -> int:
    for _ in range(20):
        time.sleep(0.02)
        heartbeat()
    return 1


async def beats_on_the_loop(card: str) -> int:
    for _ in range(20):
        await asyncio.sleep(0.02)
        heartbeat()
    return 1


class Weird(Exception):  # noqa: N818
    def __str__(self) -> str:
        raise ValueError("no text")


async def coroutine(card: str) -> int:
    return 7


def promises(card: str) -> Any:
    return coroutine(card)


@pytest.mark.parametrize("charge", [lambda card: 7, coroutine, promises])
def test_sync_and_async_functions_answer(charge: Any) -> None:
    found = outcome(charge)
    assert (found.kind, found.value) == ("ok", 7)


@pytest.mark.parametrize("charge", [hangs, blocks, stubborn])
def test_an_attempt_is_cut_at_its_limit(charge: Any) -> None:
    found = outcome(charge, 60)
    assert (found.kind, found.reason) == ("unknown", "no answer in time")
    RELEASED.set()
    RELEASED.clear()


@pytest.mark.parametrize("charge", [hangs, blocks])
def test_a_lost_heartbeat_cuts(charge: Any) -> None:
    found = outcome(charge, None, 60)
    assert (found.kind, found.reason) == ("unknown", "lost heartbeat")
    RELEASED.set()
    RELEASED.clear()


@pytest.mark.parametrize("charge", [beats, beats_on_the_loop])
def test_heartbeats_keep_an_attempt_alive(charge: Any) -> None:
    assert outcome(charge, None, 300).kind == "ok"
    heartbeat()  # harmless where nobody listens


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError("a\nb"), "RuntimeError: a b"),
        (Weird(), "Weird"),
        (SystemExit(3), "RuntimeError: SystemExit raised"),
        (KeyboardInterrupt(), "RuntimeError: KeyboardInterrupt raised"),
        (StopIteration(), "RuntimeError: StopIteration raised"),
        (ValueError("x" * 1000), "ValueError: " + "x" * 300 + "..."),
    ],
)
def test_every_unlisted_error_is_unknown(error: BaseException, reason: str) -> None:
    found = outcome(raises(error))
    assert (found.kind, found.reason, found.final) == ("unknown", reason, False)


def test_an_async_service_that_exits_is_unknown() -> None:
    async def charge(card: str) -> int:
        raise SystemExit(1)

    assert outcome(charge).kind == "unknown"


class Positional(Exception):  # noqa: N818
    pass


class Attributes(Exception):  # noqa: N818
    code = "a"


class Child(Attributes):
    pass


Positional.__name__ = Attributes.__name__ = "Declined"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Declined("d"), "d"),
        (Positional("p", "more"), "p"),
        (Attributes("ignored"), "a"),
        (Child(), "a"),
    ],
)
def test_a_declared_error_is_known_by_its_class_name(error: Exception, code: str) -> None:
    found = outcome(raises(error))
    assert found.kind == "fail"
    assert isinstance(found.error, Declined)
    assert found.error.code == code


@pytest.mark.parametrize("value", ["7", None, 7.5, True, 10**15])
def test_a_value_of_the_wrong_type_is_final(value: Any) -> None:
    found = outcome(lambda card: value)
    assert (found.kind, found.final) == ("unknown", True)
    assert "the result: expected int" in found.reason


def test_no_time_is_no_attempt() -> None:
    made: list[str] = []
    found = outcome(made.append, 0)
    assert (found.kind, made) == ("unknown", [])


def test_outcomes_survive_the_journal() -> None:
    call = Call[int](CHARGE, {"card": "x"})
    for charge in (lambda card: 7, raises(Declined("d")), raises(OSError("x"))):
        found = outcome(charge)
        read = Outcome.from_json(call, found.to_json())
        assert (read.kind, read.value, read.reason, read.at) == (
            found.kind,
            found.value,
            found.reason,
            found.at,
        )
        assert type(read.error) is type(found.error)
        assert str(read.error) == str(found.error)
