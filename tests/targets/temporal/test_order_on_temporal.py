"""The order example on Temporal's test server; `play` replays every history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from temporalio.client import WorkflowHandle

from tests.support.durable import EXAMPLES, Script
from tests.support.temporal import Bench, Meanwhile

ORDER = {
    "email": "ada@example.com",
    "items": [{"sku": "cup", "quantity": 2}],
    "total": 20,
}
DEFAULTS: dict[str, Any] = {
    "inventory.reserve": {"id": "h", "warehouse": "n"},
    "fraud.score": {"level": "Low", "reason": ""},
    "payments.charge": {"id": "p"},
    "payments.lookup": None,
    "shipping.create": {"id": "x", "tracking": "t"},
}
FORWARD = ["inventory.reserve", "fraud.score", "payments.charge", "shipping.create", "mail.confirm"]
LOST = RuntimeError("boom")


class CardDeclined(Exception):  # noqa: N818
    code = "limit"


class OutOfStock(Exception):  # noqa: N818
    """Its field is the first positional argument."""


class Throttled(Exception):  # noqa: N818
    pass


class Orders(Bench):
    number = 0

    def order(self, *, version: int = 2, ident: str | None = None, **outcomes: Any) -> Any:
        """Play one order. Gives its ending and its script."""
        Orders.number += 1
        known = ident or f"order-{Orders.number}"
        script = Script(**outcomes)
        ending = self.play(
            "fulfil_order", script, version=version, instance=known, order={"id": known, **ORDER}
        )
        return ending, script

    def handle(self, known: str) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(f"fulfil_order/{known}")


@pytest.fixture(scope="module")
def bench() -> Iterator[Orders]:
    with Orders((EXAMPLES / "order.flow").read_text(), DEFAULTS) as launched:
        yield launched


def test_everything_goes_well_in_as_many_events_as_by_hand(bench: Orders) -> None:
    ending, script = bench.order(ident="well")
    assert ending == {
        "ending": "Completed",
        "value": {"order": "well", "payment": "p", "tracking": "t"},
        "flow": "fulfil_order",
        "version": 2,
    }
    assert script.titles == FORWARD
    assert script.calls[0][1]["items"][0].sku == "cup"
    # started; three for each activity and three for each workflow task; completed
    assert len(bench.histories[-1].events) == 1 + 5 * 3 + 6 * 3 + 1


def test_an_older_version_runs_as_a_workflow_type_of_its_own(bench: Orders) -> None:
    ending, script = bench.order(version=1)
    assert (ending["ending"], ending["version"]) == ("Completed", 1)
    assert script.titles == [title for title in FORWARD if title != "fraud.score"]
    started = bench.histories[-1].events[0].workflow_execution_started_event_attributes
    assert started.workflow_type.name == "fulfil_order@1"


def test_a_declared_error_compensates_what_went_before(bench: Orders) -> None:
    ending, script = bench.order(payments__charge=[CardDeclined("no")])
    assert ending["ending"] == "Compensated"
    assert ending["error"] == {"name": "CardDeclined", "message": "no", "fields": {"code": "limit"}}
    assert script.titles == [*FORWARD[:3], "inventory.release"]
    assert script.count("payments.charge") == 1


def test_nothing_to_undo_when_the_first_step_fails(bench: Orders) -> None:
    ending, script = bench.order(inventory__reserve=[OutOfStock("cup")])
    assert ending["error"]["fields"] == {"sku": "cup"}
    assert script.titles == ["inventory.reserve"]


def test_a_fail_statement_compensates(bench: Orders) -> None:
    ending, script = bench.order(fraud__score=[{"level": "High", "reason": "odd"}])
    assert ending["error"]["name"] == "FraudSuspected"
    assert script.titles == ["inventory.reserve", "fraud.score", "inventory.release"]


@pytest.mark.parametrize("lost", [LOST, {"id": 7}, None, Throttled()])
def test_a_first_step_of_unknown_outcome_is_undone_blindly(bench: Orders, lost: Any) -> None:
    ending, script = bench.order(inventory__reserve=[lost])
    assert ending["ending"] == "Compensated"
    assert ending["error"]["name"] == "Unknown"
    assert ending["error"]["fields"] == {"step": "hold"}
    assert script.titles == ["inventory.reserve", "inventory.release"]
    # a value of the wrong type is not tried again, everything else five times
    wrong = lost is None or isinstance(lost, dict)
    assert script.count("inventory.reserve") == (1 if wrong else 5)


@pytest.mark.parametrize("lost", [LOST, Throttled()])
def test_a_retry_that_succeeds_is_a_success(bench: Orders, lost: Any) -> None:
    good = DEFAULTS["inventory.reserve"]
    ending, script = bench.order(inventory__reserve=[lost] * 4 + [good])
    assert ending["ending"] == "Completed"
    assert script.count("inventory.reserve") == 5


def test_a_declared_error_after_unknown_attempts_settles_the_key(bench: Orders) -> None:
    ending, script = bench.order(payments__charge=[LOST, CardDeclined("no")])
    assert ending["error"]["name"] == "CardDeclined"
    assert "payments.lookup" not in script.titles
    assert "payments.refund" not in script.titles


def test_a_payment_found_by_a_probe_is_compensated_later(bench: Orders) -> None:
    ending, script = bench.order(
        payments__charge=[LOST], payments__lookup=[{"id": "found"}], shipping__create=[LOST]
    )
    assert ending["error"]["fields"] == {"step": "parcel"}
    assert script.titles[2:] == [
        *("payments.charge", "payments.lookup", "shipping.create"),
        *("shipping.cancel", "payments.refund", "inventory.release"),
    ]


def test_a_probe_that_finds_nothing_bars_a_late_attempt(bench: Orders) -> None:
    ending, script = bench.order(payments__charge=[LOST])
    assert ending["ending"] == "Compensated"
    assert ending["error"]["fields"] == {"step": "payment"}
    assert script.titles[-3:] == ["payments.lookup", "payments.refund", "inventory.release"]


def test_a_probe_without_an_answer_halts_keeps_everything_and_pages(bench: Orders) -> None:
    ending, script = bench.order(ident="halted", payments__charge=[LOST], payments__lookup=[LOST])
    assert ending["ending"] == "Halted"
    assert ending["step"] == "payment"
    assert [entry["step"] for entry in ending["ledger"]] == ["hold"]
    assert script.titles[-1] == "payments.lookup"
    assert [whom for whom, at, _ in bench.world.pages if at == "fulfil_order/halted"] == [
        "team-orders (https://runbooks.example.com/orders)"
    ]


def test_a_read_that_never_answers_fails_with_unknown(bench: Orders) -> None:
    ending, script = bench.order(fraud__score=[LOST])
    assert ending["error"]["fields"] == {"step": "risk"}
    assert script.titles == ["inventory.reserve", "fraud.score", "inventory.release"]


def test_after_commit_otherwise_keeps_the_instance_completed(bench: Orders) -> None:
    ending, script = bench.order(ident="mail", mail__confirm=[LOST])
    assert ending["ending"] == "Completed"
    assert 14 <= script.count("mail.confirm") <= 30
    assert [w for w, at, _ in bench.world.pages if at == "fulfil_order/mail"] == ["orders-oncall"]


def test_a_compensation_that_gives_up_is_stuck_and_the_others_still_run(bench: Orders) -> None:
    ending, script = bench.order(shipping__create=[LOST], payments__refund=[LOST])
    assert ending["ending"] == "Incomplete"
    assert ending["stuck"] == ["payment"]
    assert ending["error"]["fields"] == {"step": "parcel"}
    assert script.titles[-1] == "inventory.release"


def test_a_compensation_is_tried_until_it_works(bench: Orders) -> None:
    flaky = [LOST, LOST, Throttled(), None]
    ending, script = bench.order(shipping__create=[LOST], payments__refund=flaky)
    assert ending["ending"] == "Compensated"
    assert script.count("payments.refund") == 4


def test_a_second_start_under_a_key_attaches_to_the_first(bench: Orders) -> None:
    first, _ = bench.order(ident="twice", payments__charge=[CardDeclined("no")])
    second, script = bench.order(ident="twice")
    assert second == first
    assert script.calls == []


@pytest.mark.parametrize("place", range(4))
def test_a_cancel_never_cuts_a_step_and_undoes_what_was_done(bench: Orders, place: int) -> None:
    known = f"cancelled-{place}"
    operation = FORWARD[place]

    async def cancel(_: Script) -> None:
        await bench.handle(known).cancel()

    outcomes: dict[str, Any] = {operation: [Meanwhile(cancel, DEFAULTS[operation])]}
    ending, script = bench.order(ident=known, **outcomes)
    undo = ["shipping.cancel", "payments.refund", "inventory.release"]
    done = {"inventory.reserve": 1, "fraud.score": 1, "payments.charge": 2, "shipping.create": 3}
    assert ending["ending"] == "Compensated"
    assert ending["error"]["name"] == "Cancelled"
    assert script.titles == [*FORWARD[: place + 1], *undo[3 - done[operation] :]]


def test_a_cancel_after_commit_is_ignored(bench: Orders) -> None:
    async def cancel(_: Script) -> None:
        await bench.handle("too-late").cancel()

    ending, _ = bench.order(ident="too-late", mail__confirm=[Meanwhile(cancel, None)])
    assert ending["ending"] == "Completed"


def test_a_cancel_does_not_stop_the_unwinding(bench: Orders) -> None:
    async def cancel(_: Script) -> None:
        await bench.handle("unwinding").cancel()

    ending, script = bench.order(
        ident="unwinding", shipping__create=[LOST], shipping__cancel=[Meanwhile(cancel, None)]
    )
    assert ending["ending"] == "Compensated"
    assert ending["error"]["name"] == "Unknown"
    assert script.titles[-3:] == ["shipping.cancel", "payments.refund", "inventory.release"]


def test_a_pause_holds_the_next_step_and_status_tells_it(bench: Orders) -> None:
    seen: list[dict[str, Any]] = []

    async def pause(_: Script) -> None:
        await bench.handle("paused").signal("pause")

    async def go_on(handle: WorkflowHandle[Any, Any]) -> None:
        import asyncio

        while not seen or not (seen[-1]["paused"] and seen[-1]["at"] == []):
            await asyncio.sleep(0.02)
            seen.append(await handle.query("status"))
        await handle.signal("resume")

    script = Script(inventory__reserve=[Meanwhile(pause, DEFAULTS["inventory.reserve"])])
    ending = bench.play(
        "fulfil_order", script, instance="paused", meanwhile=go_on, order={"id": "paused", **ORDER}
    )
    assert ending["ending"] == "Completed"
    assert seen[-1]["phase"] == "Running"
    assert script.titles == FORWARD


def test_nothing_is_held_in_memory_only() -> None:
    """With no cache, every workflow task replays the history from its beginning."""
    with Orders((EXAMPLES / "order.flow").read_text(), DEFAULTS, cached=0) as bench:
        ending, script = bench.order(shipping__create=[LOST])
    assert ending["ending"] == "Compensated"
    assert script.titles[-3:] == ["shipping.cancel", "payments.refund", "inventory.release"]
