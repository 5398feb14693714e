"""A cancel, whatever the order example is doing: what was done is undone, exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from temporalio.client import WorkflowHandle

from tests.support.durable import EXAMPLES, Script
from tests.support.temporal import Meanwhile
from tests.targets.temporal.test_order_on_temporal import DEFAULTS, FORWARD, LOST, ORDER, Orders

UNDO = ["shipping.cancel", "payments.refund", "inventory.release"]


@pytest.fixture(scope="module")
def bench() -> Iterator[Orders]:
    with Orders((EXAMPLES / "order.flow").read_text(), DEFAULTS) as launched:
        yield launched


def cancelling(bench: Orders, known: str, then: Any) -> Meanwhile:
    """An attempt during which the order is cancelled."""

    async def cancel(_: Script) -> None:
        await bench.handle(known).cancel()

    return Meanwhile(cancel, then)


def test_between_two_attempts(bench: Orders) -> None:
    outcomes = [cancelling(bench, "again", LOST), LOST, DEFAULTS["inventory.reserve"]]
    ending, script = bench.order(ident="again", inventory__reserve=outcomes)
    assert (ending["ending"], ending["error"]["name"]) == ("Compensated", "Cancelled")
    assert script.titles == ["inventory.reserve", "inventory.release"]
    assert script.count("inventory.reserve") == 3


@pytest.mark.parametrize("place", [0, 2, 3])
def test_in_an_attempt_that_is_never_answered(bench: Orders, place: int) -> None:
    known, operation = f"silent-{place}", FORWARD[place]
    outcomes: dict[str, Any] = {operation: [cancelling(bench, known, LOST), LOST]}
    ending, script = bench.order(ident=known, **outcomes)
    assert (ending["ending"], ending["error"]["name"]) == ("Compensated", "Unknown")
    assert script.titles[-{0: 1, 2: 2, 3: 3}[place] :] == UNDO[{0: 2, 2: 1, 3: 0}[place] :]


@pytest.mark.parametrize(("found", "error"), [({"id": "found"}, "Cancelled"), (None, "Unknown")])
def test_in_a_probe(bench: Orders, found: Any, error: str) -> None:
    known = f"probed-{error}"
    ending, script = bench.order(
        ident=known, payments__charge=[LOST], payments__lookup=[cancelling(bench, known, found)]
    )
    assert (ending["ending"], ending["error"]["name"]) == ("Compensated", error)
    assert script.titles[-3:] == ["payments.lookup", *UNDO[1:]]


def test_in_a_probe_that_halts(bench: Orders) -> None:
    ending, script = bench.order(
        ident="lost",
        payments__charge=[LOST],
        payments__lookup=[cancelling(bench, "lost", LOST), LOST],
    )
    assert ending["ending"] == "Halted"
    assert [entry["step"] for entry in ending["ledger"]] == ["hold"]
    assert script.titles[-1] == "payments.lookup"


@pytest.mark.parametrize("place", range(3))
def test_in_every_compensation(bench: Orders, place: int) -> None:
    known, operation = f"undoing-{place}", UNDO[place]
    outcomes: dict[str, Any] = {operation: [cancelling(bench, known, None)]}
    ending, script = bench.order(ident=known, shipping__create=[LOST], **outcomes)
    assert (ending["ending"], ending["error"]["name"]) == ("Compensated", "Unknown")
    assert script.titles[-3:] == UNDO
    assert [script.count(title) for title in UNDO] == [1, 1, 1]


def test_between_two_attempts_of_a_compensation(bench: Orders) -> None:
    outcomes = [cancelling(bench, "hard", LOST), LOST, None]
    ending, script = bench.order(ident="hard", shipping__create=[LOST], payments__refund=outcomes)
    assert ending["ending"] == "Compensated"
    assert script.titles[-3:] == UNDO
    assert script.count("payments.refund") == 3


def test_while_it_is_paused(bench: Orders) -> None:
    async def pause(_: Script) -> None:
        await bench.handle("held").signal("pause")

    async def cancel(handle: WorkflowHandle[Any, Any]) -> None:
        while not ((said := await handle.query("status"))["paused"] and said["at"] == []):
            await asyncio.sleep(0.02)
        await handle.cancel()

    script = Script(payments__charge=[Meanwhile(pause, DEFAULTS["payments.charge"])])
    ending = bench.play(
        "fulfil_order", script, instance="held", meanwhile=cancel, order={"id": "held", **ORDER}
    )
    assert (ending["ending"], ending["error"]["name"]) == ("Compensated", "Cancelled")
    assert script.titles == [*FORWARD[:3], *UNDO[1:]]


def test_more_than_once(bench: Orders) -> None:
    ending, script = bench.order(
        ident="twice",
        shipping__create=[cancelling(bench, "twice", DEFAULTS["shipping.create"])],
        shipping__cancel=[cancelling(bench, "twice", None)],
        inventory__release=[cancelling(bench, "twice", None)],
    )
    assert (ending["ending"], ending["error"]["name"]) == ("Compensated", "Cancelled")
    assert script.titles == [*FORWARD[:4], *UNDO]
