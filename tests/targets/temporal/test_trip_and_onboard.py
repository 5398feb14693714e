"""Branches, approvals, loops, waits and flows as steps on Temporal's test server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from temporalio.client import WorkflowHandle

from tests.support.durable import EXAMPLES, Script
from tests.support.temporal import Bench, Meanwhile

LOST = RuntimeError("boom")
TRIP = {"legs": ["a", "b", "c"], "nights": 2, "days": 3, "wants_car": True, "manager": "boss"}
TRIP_DEFAULTS: dict[str, Any] = {
    "airline.hold": {"id": "f", "price": 100},
    "hotels.hold": {"id": "h", "price": 50.5},
    "cars.hold": {"id": "c", "price": 20},
    "cards.charge": {"id": "p"},
    "airline.issue": {"leg": "a", "number": "1"},
}
CUSTOMER = {"email": "a@example.com", "country": "de", "starts_at": "2020-01-01T00:00:00Z"}
ONBOARD_DEFAULTS: dict[str, Any] = {
    "identity.screen": {"passed": True, "reason": ""},
    "render.start": {"id": "job", "done": False},
    "render.poll": {"id": "job", "done": True, "url": "https://example.com/card"},
    "ledger.open": {"id": "acc", "opened": "2020-01-01T00:00:00Z", "reference": "r"},
}


class Full(Exception):  # noqa: N818
    what = "plane"


@pytest.fixture(scope="module")
def trips() -> Iterator[Bench]:
    with Bench((EXAMPLES / "trip.flow").read_text(), TRIP_DEFAULTS) as launched:
        yield launched


def trip(trips: Bench, known: str, meanwhile: Any = None, **outcomes: Any) -> Any:
    budget = outcomes.pop("budget", 1000)
    script = Script(**outcomes)
    given = {"id": known, "budget": budget, **TRIP}
    ending = trips.play("book_trip", script, instance=known, meanwhile=meanwhile, trip=given)
    return ending, script


def answering(trips: Bench, path: str, value: Any) -> Any:
    async def meanwhile(handle: WorkflowHandle[Any, Any]) -> None:
        await trips.module("runtime.starter").answer(trips.client, handle.id, path, value)

    return meanwhile


def test_branches_run_side_by_side_and_the_loop_in_batches(trips: Bench) -> None:
    ending, script = trip(trips, "t1")
    assert ending["ending"] == "Completed"
    assert len(ending["value"]["tickets"]) == 3
    assert ending["value"]["missing"] == 0
    assert sorted(script.titles[:3]) == ["airline.hold", "cars.hold", "hotels.hold"]
    assert script.calls[3][1] == {"trip": "t1", "total": pytest.approx(170.5)}


def test_a_ticket_that_never_comes_is_missing(trips: Bench) -> None:
    ending, _ = trip(trips, "t2", airline__issue=[LOST])
    assert ending["ending"] == "Completed"
    assert ending["value"]["missing"] == 3


def test_every_branch_settles_before_the_first_failure_unwinds_them(trips: Bench) -> None:
    ending, script = trip(trips, "t3", hotels__hold=[Full()], cars__hold=[LOST])
    assert ending["ending"] == "Compensated"
    assert ending["error"]["name"] == "Full"
    assert sorted(script.titles[-2:]) == ["airline.cancel", "cars.cancel"]
    assert script.count("hotels.cancel") == 0


def test_a_halt_outranks_an_error_and_keeps_what_was_done(trips: Bench) -> None:
    ending, script = trip(trips, "t4", cards__charge=[LOST], cards__lookup=[LOST])
    assert ending["ending"] == "Halted"
    assert sorted(entry["step"] for entry in ending["ledger"]) == ["car", "flight", "hotel"]
    assert script.count("airline.cancel") == 0


def test_an_approval_that_comes_early_is_kept(trips: Bench) -> None:
    answer = answering(trips, "ruling", {"granted": True, "reason": "go"})
    ending, script = trip(trips, "t5", answer, budget=1)
    assert ending["ending"] == "Completed"
    assert script.count("mail.remind") == 0


def test_a_refusal_reaches_the_error(trips: Bench) -> None:
    answer = answering(trips, "ruling", {"granted": False, "reason": "dear"})
    ending, _ = trip(trips, "t6", answer, budget=1)
    assert ending["error"]["fields"] == {"reason": "boss: dear"}


def test_nobody_answers_but_reminders_are_sent(trips: Bench) -> None:
    ending, script = trip(trips, "t7", budget=1)
    assert ending["ending"] == "Compensated"
    assert ending["error"]["name"] == "ApprovalExpired"
    assert [given["round"] for title, given in script.calls if title == "mail.remind"] == [0, 1, 2]


def test_a_wrong_answer_is_refused_to_its_sender(trips: Bench) -> None:
    refused = trips.module("runtime.starter").Refused
    said: list[str] = []

    async def meanwhile(handle: WorkflowHandle[Any, Any]) -> None:
        send = trips.module("runtime.starter").answer
        for path, value in (
            ("ruling", {"granted": "yes", "reason": ""}),
            ("rulling", True),
            ("ruling", {"granted": True, "reason": "", "more": 1}),
            ("ruling", {"granted": True, "reason": ""}),
            ("ruling", {"granted": True, "reason": ""}),
        ):
            try:
                await send(trips.client, handle.id, path, value)
            except refused as wrong:
                said.append(str(wrong))

    async def slowly(_: Script) -> None:
        await asyncio.sleep(1)

    ending, _ = trip(
        trips, "t8", meanwhile, budget=1, cards__charge=[Meanwhile(slowly, {"id": "p"})]
    )
    assert ending["ending"] == "Completed"
    assert said == [
        "ruling.granted: expected bool, found the text 'yes'",
        "nobody awaits 'rulling'",
        "ruling.more: expected no such field in Decision, found one",
        "'ruling' was answered before",
    ]


def test_a_cancel_ends_an_await_at_once(trips: Bench) -> None:
    async def cancel(handle: WorkflowHandle[Any, Any]) -> None:
        while (await handle.query("status"))["at"] != ["ruling from boss"]:
            await asyncio.sleep(0.02)
        await handle.cancel()

    ending, script = trip(trips, "t9", cancel, budget=1)
    assert ending["error"]["name"] == "Cancelled"
    assert script.count("mail.remind") == 0
    undone = ["airline.cancel", "cars.cancel", "hotels.cancel"]
    assert sorted(script.titles[-3:]) == undone


def test_a_second_start_is_refused_where_the_flow_says_so(trips: Bench) -> None:
    trip(trips, "t10")
    with pytest.raises(trips.module("runtime.starter").Refused, match="started before"):
        trip(trips, "t10")


@pytest.fixture(scope="module")
def onboarding() -> Iterator[Bench]:
    with Bench((EXAMPLES / "onboard.flow").read_text(), ONBOARD_DEFAULTS) as launched:
        yield launched


def onboard(bench: Bench, known: str, meanwhile: Any = None, **outcomes: Any) -> Any:
    version = outcomes.pop("version", 3)
    if meanwhile is None:
        meanwhile = answering(bench, "check/papers", {"passport": known})
    script = Script(**outcomes)
    bench.world.scripts["job"] = script
    given = {"id": known, **CUSTOMER}
    ending = bench.play(
        "onboard", script, instance=known, version=version, meanwhile=meanwhile, customer=given
    )
    return ending, script


@pytest.mark.parametrize("version", [2, 3])
def test_a_flow_as_a_step_gets_its_messages_through_its_parent(
    onboarding: Bench, version: int
) -> None:
    ending, script = onboard(onboarding, f"c{version}", version=version)
    assert ending["ending"] == "Completed"
    assert script.titles == [
        *("identity.screen", "render.start", "render.poll", "ledger.open", "mail.welcome")
    ]
    assert script.calls[-1][1]["url"] == "https://example.com/card"
    timers = [
        e for e in onboarding.histories[-1].events if e.HasField("timer_started_event_attributes")
    ]
    assert len(timers) == (1 if version == 2 else 0)  # a day, or until a moment that has passed


def test_a_loop_waits_between_rounds_and_its_exhaustion_is_handled(onboarding: Bench) -> None:
    poll = {"id": "job", "done": False}
    ending, script = onboard(onboarding, "slow", render__poll=[poll])
    assert ending["ending"] == "Completed"
    assert script.count("render.poll") == 60
    assert script.titles[-3:] == ["render.discard", "ledger.open", "mail.welcome"]
    assert script.calls[-1][1]["url"] == "https://example.com"


def test_a_child_s_error_is_an_error_of_its_step(onboarding: Bench) -> None:
    async def nobody(_: WorkflowHandle[Any, Any]) -> None:
        return None

    ending, script = onboard(onboarding, "silent", nobody)
    assert ending["ending"] == "Compensated"
    assert ending["error"]["name"] == "DocumentsMissing"
    assert script.calls == []


def test_a_cancel_is_passed_on_to_a_child(onboarding: Bench) -> None:
    async def cancel(handle: WorkflowHandle[Any, Any]) -> None:
        while (await handle.query("status"))["at"] != ["check"]:
            await asyncio.sleep(0.02)
        await handle.cancel()

    ending, script = onboard(onboarding, "gone", cancel)
    assert ending["ending"] == "Compensated"
    assert ending["error"]["name"] == "Cancelled"
    assert script.calls == []

    async def child() -> dict[str, Any]:
        handle = onboarding.client.get_workflow_handle("onboard/gone/check", result_type=dict)
        ended: dict[str, Any] = await handle.result()
        return ended

    assert onboarding.run(child())["error"]["name"] == "Cancelled"
