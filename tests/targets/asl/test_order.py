"""The order example as a state machine: every step failing and unknown at every attempt, in both
interpreters of Step Functions, held against the reference interpreter."""

from __future__ import annotations

from typing import Any

import pytest

from flowc.simulate.script import Script, Scripted
from tests.support.durable import EXAMPLES
from tests.support.moto_run import Moto
from tests.support.scripted import checked, inputs, reference
from tests.support.sfnx_run import Sfnx

UNKNOWN = Scripted("unknown")
GOOD = Scripted("ok", invented=True)
NONE = Scripted("ok", None)
# a deadline of 24 h, and calls that are stretched to seconds so that it can be missed
ORDER = checked((EXAMPLES / "order.flow").read_text())
LATE = checked((EXAMPLES / "order.flow").read_text().replace("deadline 24h", "deadline 30s"))


def failing(error: str) -> Scripted:
    return Scripted("fail", error=error, invented=True)


def steps(**written: Any) -> dict[str, tuple[Scripted, ...]]:
    return {
        name.replace("_", " "): made if isinstance(made, tuple) else (made,)
        for name, made in written.items()
    }


STORIES: dict[str, dict[str, tuple[Scripted, ...]]] = {
    "all goes well": {},
    "declared at once": steps(hold=failing("OutOfStock")),
    "declared after unknown": steps(payment=(UNKNOWN, failing("CardDeclined"))),
    "transient to the end": steps(hold=failing("Throttled")),
    "unlisted error": steps(hold=failing("Odd")),
    "error without its field": steps(hold=Scripted("fail", error="OutOfStock")),
    "value of the wrong type": steps(hold=Scripted("ok", {"id": 7})),
    "value where there is none": steps(note=Scripted("ok", "sent")),
    "high risk": steps(risk=Scripted("ok", {"level": "High", "reason": "odd"})),
    "no such risk": steps(risk=Scripted("ok", {"level": "Huge", "reason": "odd"})),
    "probe finds it": steps(payment=UNKNOWN),
    "probe finds nothing": steps(payment=UNKNOWN, payment_probe=NONE),
    "probe finds it at last": steps(payment=UNKNOWN, payment_probe=(UNKNOWN, GOOD)),
    "probe without an answer": steps(payment=UNKNOWN, payment_probe=UNKNOWN),
    "found, then undone": steps(payment=UNKNOWN, parcel=UNKNOWN),
    "compensation at its second attempt": steps(parcel=UNKNOWN, hold_undo=(UNKNOWN, GOOD)),
    "compensation stuck": steps(parcel=UNKNOWN, payment_undo=UNKNOWN),
    "all compensations stuck": steps(
        parcel=UNKNOWN, parcel_undo=UNKNOWN, payment_undo=UNKNOWN, hold_undo=UNKNOWN
    ),
    "compensation with a strange answer": steps(parcel=UNKNOWN, hold_undo=Scripted("ok", 1)),
    "mail unknown": steps(note=UNKNOWN),
    "slow to the limit": steps(risk=Scripted("ok", invented=True, takes=10_000)),
    "slow beyond the limit": steps(risk=Scripted("ok", invented=True, takes=11_000)),
}
for _name in ("hold", "risk", "payment", "parcel", "note"):
    for _attempt in range(1, 6):
        STORIES[f"{_name} unknown {_attempt} times"] = steps(
            **{_name: (UNKNOWN,) * _attempt + (GOOD,)}
        )
# jitter only shortens a wait: with it drawn as 1 the waits are those of the reference


@pytest.fixture(scope="module")
def sfnx() -> Sfnx:
    return Sfnx(ORDER)


@pytest.fixture(scope="module")
def moto() -> Moto:
    return Moto(ORDER)


def compare(machine: Sfnx | Moto, script: Script) -> None:
    flow = machine.of.program.flows[0]
    given = inputs(flow)
    wanted, ordered = reference(machine.of, flow, given, script)
    got = machine.play(flow, given, script, ordered=ordered)
    assert got.ending == wanted.ending
    assert got.calls == wanted.calls


@pytest.mark.parametrize("story", STORIES)
def test_sfnx_agrees_with_the_reference(sfnx: Sfnx, story: str) -> None:
    compare(sfnx, Script(steps=STORIES[story]))


@pytest.mark.parametrize(
    "story",
    [
        "all goes well",
        "declared after unknown",
        "value of the wrong type",
        "probe finds nothing",
        "probe without an answer",
    ],
)
def test_moto_agrees_with_the_reference(moto: Moto, story: str) -> None:
    compare(moto, Script(steps=STORIES[story]))


@pytest.mark.parametrize("pace", [1000, 5000, 6000, 8000, 9000])
def test_the_deadline_is_looked_at_before_each_step_and_not_after_commit(pace: int) -> None:
    compare(Sfnx(LATE), Script(pace=pace))


def test_a_wrong_input_starts_nothing(sfnx: Sfnx) -> None:
    flow = ORDER.program.flows[0]
    with pytest.raises(AssertionError, match=r"flowc\.WrongInput"):
        sfnx.play(flow, {"order": {"id": 1}}, Script(), ordered=True)
