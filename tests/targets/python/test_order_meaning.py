"""The order example on the real engine: every step failing, unknown and hanging."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.durable import EXAMPLES, Bench, Compiled, Hang, Script

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


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orders]:
    compiled = Compiled((EXAMPLES / "order.flow").read_text())
    with Orders(compiled, tmp_path_factory.mktemp("state") / "run.db", DEFAULTS) as launched:
        yield launched


FORWARD = [
    "inventory.reserve",
    "fraud.score",
    "payments.charge",
    "shipping.create",
    "mail.confirm",
]


def test_everything_goes_well(bench: Orders) -> None:
    ending, script = bench.order(ident="well")
    assert ending == {
        "ending": "Completed",
        "value": {"order": "well", "payment": "p", "tracking": "t"},
        "flow": "fulfil_order",
        "version": 2,
    }
    assert script.titles == FORWARD
    assert script.calls[0][1] == {"order": "well", "items": [{"sku": "cup", "quantity": 2}]}


def test_an_older_version_is_an_ordinary_flow(bench: Orders) -> None:
    ending, script = bench.order(version=1)
    assert ending["ending"] == "Completed"
    assert ending["version"] == 1
    assert script.titles == [title for title in FORWARD if title != "fraud.score"]


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
    assert ending["error"]["fields"] == {"reason": "odd"}
    assert script.titles == ["inventory.reserve", "fraud.score", "inventory.release"]


@pytest.mark.parametrize("lost", [Hang, RuntimeError("boom"), {"id": 7}, None])
def test_a_first_step_of_unknown_outcome_is_undone_blindly(bench: Orders, lost: Any) -> None:
    ending, script = bench.order(inventory__reserve=[lost])
    assert ending["ending"] == "Compensated"
    assert ending["error"]["name"] == "Unknown"
    assert ending["error"]["fields"] == {"step": "hold"}
    assert script.titles == ["inventory.reserve", "inventory.release"]
    # a value of the wrong type is not tried again, everything else five times
    wrong = lost is None or isinstance(lost, dict)
    assert script.count("inventory.reserve") == (1 if wrong else 5)


@pytest.mark.parametrize("attempt", [1, 2, 4])
@pytest.mark.parametrize("lost", [Hang, RuntimeError("boom"), Throttled()])
def test_a_retry_that_succeeds_is_a_success(bench: Orders, lost: Any, attempt: int) -> None:
    good = DEFAULTS["inventory.reserve"]
    ending, script = bench.order(inventory__reserve=[lost] * attempt + [good])
    assert ending["ending"] == "Completed"
    assert script.count("inventory.reserve") == attempt + 1


def test_a_transient_error_to_the_end_counts_as_unknown(bench: Orders) -> None:
    ending, script = bench.order(inventory__reserve=[Throttled()])
    assert ending["error"]["name"] == "Unknown"
    assert script.count("inventory.reserve") == 5
    assert script.titles[-1] == "inventory.release"


def test_a_declared_error_after_unknown_attempts_settles_the_key(bench: Orders) -> None:
    ending, script = bench.order(payments__charge=[Hang, CardDeclined("no")])
    assert ending["error"]["name"] == "CardDeclined"
    assert "payments.lookup" not in script.titles
    assert "payments.refund" not in script.titles


def test_a_probe_that_finds_the_effect_goes_on_with_its_value(bench: Orders) -> None:
    ending, script = bench.order(payments__charge=[Hang], payments__lookup=[{"id": "found"}])
    assert ending["ending"] == "Completed"
    assert ending["value"]["payment"] == "found"
    assert script.titles[2:5] == ["payments.charge", "payments.lookup", "shipping.create"]


def test_a_payment_found_by_a_probe_is_compensated_later(bench: Orders) -> None:
    ending, script = bench.order(
        payments__charge=[Hang], payments__lookup=[{"id": "found"}], shipping__create=[Hang]
    )
    assert ending["error"]["fields"] == {"step": "parcel"}
    assert script.titles[-3:] == ["shipping.cancel", "payments.refund", "inventory.release"]


def test_a_probe_that_finds_nothing_bars_a_late_attempt(bench: Orders) -> None:
    ending, script = bench.order(payments__charge=[RuntimeError("lost")])
    assert ending["ending"] == "Compensated"
    assert ending["error"]["fields"] == {"step": "payment"}
    assert script.titles[-3:] == ["payments.lookup", "payments.refund", "inventory.release"]


def test_a_probe_without_an_answer_halts_and_keeps_everything(bench: Orders) -> None:
    ending, script = bench.order(payments__charge=[Hang], payments__lookup=[Hang])
    assert ending["ending"] == "Halted"
    assert ending["step"] == "payment"
    assert [entry["step"] for entry in ending["ledger"]] == ["hold"]
    assert ending["ledger"][0]["undo"]["operation"] == "inventory.release"
    assert script.count("payments.lookup") == 5
    assert script.titles[-1] == "payments.lookup"


def test_a_read_that_never_answers_fails_with_unknown(bench: Orders) -> None:
    ending, script = bench.order(fraud__score=[Hang])
    assert ending["error"]["fields"] == {"step": "risk"}
    assert script.titles == ["inventory.reserve", "fraud.score", "inventory.release"]


def test_compensations_run_in_reverse_order(bench: Orders) -> None:
    ending, script = bench.order(shipping__create=[RuntimeError("lost")])
    assert ending["ending"] == "Compensated"
    assert script.titles[4:] == ["shipping.cancel", "payments.refund", "inventory.release"]


def test_after_commit_otherwise_keeps_the_instance_completed(bench: Orders) -> None:
    ending, script = bench.order(mail__confirm=[Hang])
    assert ending["ending"] == "Completed"
    # 30 s an attempt, waits of 2 s to 10 min (halved at most by jitter), within 2 h
    assert 14 <= script.count("mail.confirm") <= 30
    pages = [e for e in bench.events if e.kind == "page" and e.path == "note"]
    assert pages and pages[-1].detail == "orders-oncall"


def test_a_compensation_that_gives_up_is_stuck_and_the_others_still_run(bench: Orders) -> None:
    ending, script = bench.order(shipping__create=[Hang], payments__refund=[RuntimeError("down")])
    assert ending["ending"] == "Incomplete"
    assert ending["stuck"] == ["payment"]
    assert ending["error"]["fields"] == {"step": "parcel"}
    assert script.titles[-1] == "inventory.release"


def test_a_compensation_is_tried_until_it_works(bench: Orders) -> None:
    flaky = [RuntimeError("down"), Hang, Throttled(), None]
    ending, script = bench.order(shipping__create=[Hang], payments__refund=flaky)
    assert ending["ending"] == "Compensated"
    assert script.count("payments.refund") == 4


def test_no_compensation_starts_after_the_time_to_compensate(bench: Orders) -> None:
    # each compensation takes up to 2 h; three of them pass 6 h of 8, so none is left out here
    ending, script = bench.order(
        shipping__create=[Hang],
        shipping__cancel=[Hang],
        payments__refund=[Hang],
        inventory__release=[Hang],
    )
    assert ending["stuck"] == ["parcel", "payment", "hold"]
    assert script.count("inventory.release") > 10


def test_a_second_start_under_a_key_attaches_to_the_first(bench: Orders) -> None:
    first, _ = bench.order(ident="twice", payments__charge=[CardDeclined("no")])
    second, script = bench.order(ident="twice")
    assert second == first
    assert script.calls == []


def test_the_input_is_checked_with_a_path(bench: Orders) -> None:
    command = bench.compiled.module("runtime.command")
    flow = bench.flow("fulfil_order")
    cases = {
        "order.items[0].quantity: expected int, found the text '2'": {
            "order": {**ORDER, "id": "x", "items": [{"sku": "a", "quantity": "2"}]}
        },
        "order.id: expected text, found nothing": {"order": ORDER},
        "order: expected Order, found nothing": {},
        "order.colour: expected no such field in Order, found one": {
            "order": {**ORDER, "id": "x", "colour": 1}
        },
        "ordr: expected no such parameter, found one": {"ordr": {}},
        "order.total: expected decimal, found true": {"order": {**ORDER, "id": "x", "total": True}},
    }
    for message, given in cases.items():
        with pytest.raises(bench.refused, match="does not fit") as refused:
            command.read_input(flow, given)
        assert str(refused.value).endswith(message)
