"""Limits that really pass on the time-skipping server: of attempts, steps, flows, undoings."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from temporalio import activity
from temporalio.api.enums.v1 import TimeoutType

from tests.support.durable import Script
from tests.support.temporal import Bench, Meanwhile

SOURCE = """\
policy once { timeout 10s, attempts 1 }
policy whole { timeout 1h, attempts 1, within 20s }
policy long { timeout 3h, attempts 1 }
policy beating { timeout 1h, attempts 1, heartbeat 3s }
policy patient { timeout 3h, attempts unlimited, backoff 1s..1m }

service shop {
  action first(id: text) writes stock key id
  action unfirst(id: text) writes stock key id absorbing
  action second(id: text) writes account key id
  action unsecond(id: text) writes account key id absorbing
  action third(id: text) writes parcel key id
  action unthird(id: text) writes parcel key id absorbing
}
"""
FLOW = """
flow {name}(id: text) {{
  version 1
  owner "o" runbook "r"
  key id on duplicate attach
  deadline 1h, compensate within 1h
  default with once, compensate with patient

  step one = shop.first(id) compensate shop.unfirst(id)
{rest}
}}
"""
SECOND = "  step two = shop.second(id) with {} compensate shop.unsecond(id)"
THIRD = "  step three = shop.third(id) compensate shop.unthird(id)"
FLOWS = {
    "cut": SECOND.format("once"),
    "bounded": SECOND.format("whole"),
    "late": f"{SECOND.format('long')}\n{THIRD}",
    "asking": "  await said: text from id",
    "waiting": "  wait 5h",
    "polling": "  repeat max 100, every 7m {\n    let x = 1\n  } until x == 2",
    "alive": SECOND.format("beating"),
}


class Clock(Bench):
    """Plays flows, and lets the server's time pass within their attempts."""

    def after(self, span: timedelta) -> Meanwhile:
        """An attempt that takes so long."""

        async def last(_: Script) -> None:
            await self._environment.sleep(span)

        return Meanwhile(last, None)

    def story(self, flow: str, **outcomes: Any) -> tuple[dict[str, Any], Script]:
        script = Script(**outcomes)
        instance = f"{flow}-{len(self.histories)}"
        return self.play(flow, script, instance=instance, id=instance), script

    @property
    def lasted(self) -> timedelta:
        """How long the last instance was under way, by the server's clock."""
        events = self.histories[-1].events
        span: timedelta = events[-1].event_time.ToDatetime() - events[0].event_time.ToDatetime()
        return span

    def cut(self) -> Counter[str]:
        """The limits that the server enforced on the last instance's activities."""
        found: Counter[str] = Counter()
        for event in self.histories[-1].events:
            if event.HasField("activity_task_timed_out_event_attributes"):
                info = event.activity_task_timed_out_event_attributes.failure.timeout_failure_info
                found[TimeoutType.Name(info.timeout_type).removeprefix("TIMEOUT_TYPE_")] += 1
        return found


@pytest.fixture(scope="module")
def clock() -> Iterator[Clock]:
    made = (FLOW.format(name=name, rest=rest) for name, rest in FLOWS.items())
    with Clock(SOURCE + "".join(made), {}) as launched:
        yield launched


UNKNOWN = {"name": "Unknown", "message": "Unknown", "fields": {"step": "two"}}


def test_an_attempt_is_cut_at_its_timeout(clock: Clock) -> None:
    ending, script = clock.story("cut", shop__second=[clock.after(timedelta(seconds=11))])
    assert clock.cut() == {"START_TO_CLOSE": 1}
    assert (ending["ending"], ending["error"]["fields"]) == ("Compensated", {"step": "two"})
    assert script.titles == ["shop.first", "shop.second", "shop.unsecond", "shop.unfirst"]


def test_a_step_is_cut_at_its_total(clock: Clock) -> None:
    ending, script = clock.story("bounded", shop__second=[clock.after(timedelta(seconds=21))])
    assert sum(clock.cut().values()) == 1
    assert timedelta(seconds=20) <= clock.lasted < timedelta(minutes=30)
    assert (ending["ending"], ending["error"]["fields"]) == ("Compensated", {"step": "two"})
    assert script.titles == ["shop.first", "shop.second", "shop.unsecond", "shop.unfirst"]


def test_a_deadline_never_cuts_a_step_and_is_heeded_before_the_next(clock: Clock) -> None:
    ending, script = clock.story("late", shop__second=[clock.after(timedelta(hours=2))])
    assert clock.cut() == {}
    assert (ending["ending"], ending["error"]["name"]) == ("Compensated", "DeadlineExceeded")
    assert script.titles == ["shop.first", "shop.second", "shop.unsecond", "shop.unfirst"]


@pytest.mark.parametrize("flow", ["asking", "waiting", "polling"])
def test_a_deadline_ends_whatever_waits(clock: Clock, flow: str) -> None:
    ending, script = clock.story(flow)
    assert (ending["ending"], ending["error"]["name"]) == ("Compensated", "DeadlineExceeded")
    assert timedelta(hours=1) <= clock.lasted < timedelta(hours=1, minutes=5)
    assert script.titles == ["shop.first", "shop.unfirst"]


def test_no_compensation_begins_when_the_time_for_it_is_over(clock: Clock) -> None:
    ending, script = clock.story(
        "cut",
        shop__second=[RuntimeError("lost")],
        shop__unsecond=[clock.after(timedelta(minutes=90))],
    )
    assert clock.cut() == {}  # the one that runs is never cut
    assert (ending["ending"], ending["stuck"]) == ("Incomplete", ["one"])
    assert script.titles == ["shop.first", "shop.second", "shop.unsecond"]


def test_an_attempt_without_a_heartbeat_is_cut(clock: Clock) -> None:
    ending, script = clock.story("alive", shop__second=[clock.after(timedelta(seconds=4))])
    assert clock.cut() == {"HEARTBEAT": 1}
    assert (ending["ending"], ending["error"]["fields"]) == ("Compensated", {"step": "two"})
    assert script.titles == ["shop.first", "shop.second", "shop.unsecond", "shop.unfirst"]


def test_heartbeats_keep_an_attempt_alive(clock: Clock) -> None:
    """It lasts until the server has heard a sign of life after the limit had passed once."""

    async def beat(_: Script) -> None:
        heartbeat = import_module(f"{clock.package}.runtime.invoking").heartbeat
        info = activity.info()
        assert info.workflow_id is not None and info.heartbeat_timeout is not None
        handle = clock.client.get_workflow_handle(info.workflow_id)
        heard = timedelta()
        while heard <= info.heartbeat_timeout:
            heartbeat()
            await asyncio.sleep(0.1)
            (pending,) = (await handle.describe()).raw_description.pending_activities
            if pending.HasField("last_heartbeat_time"):
                last = pending.last_heartbeat_time.ToDatetime()
                heard = last - info.started_time.replace(tzinfo=None)

    ending, script = clock.story("alive", shop__second=[Meanwhile(beat, None)])
    assert clock.cut() == {}
    assert ending["ending"] == "Completed"
    assert script.count("shop.second") == 1
