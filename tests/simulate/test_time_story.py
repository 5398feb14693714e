"""The stories of times: their parts add up to what they explain."""

from __future__ import annotations

from hypothesis import given, settings

from flowc.compiler.flow import Program
from flowc.simulate.time_story import Leg, longest_unwinding, soonest_to, told, way_to
from flowc.simulate.times import Times
from tests.support.small_flows import blocks, lowered


@settings(max_examples=100)
@given(blocks(2, True))
def test_the_longest_way_adds_up(lines: list[str]) -> None:
    flow = lowered(lines)
    times = Times(flow, Program((flow,), (), ()))
    for node in flow.nodes:
        passed = [n for seat in times.ancestors(node) for n in seat.block.nodes[: seat.index]]
        if not all(times.costs.of(other).goes_on for other in passed):
            continue  # never reached
        assert sum(leg.ms for leg in way_to(times, node)) == times.before(node).worst
        assert sum(leg.ms for leg in soonest_to(times, node)) == times.before(node).best


@settings(max_examples=100)
@given(blocks(2, True))
def test_the_longest_unwinding_adds_up(lines: list[str]) -> None:
    flow = lowered(lines)
    times = Times(flow, Program((flow,), (), ()))
    legs = longest_unwinding(times.costs, flow.body)
    assert sum(leg.ms for leg in legs) == times.unwind_worst()


def test_a_short_story_is_told_in_full() -> None:
    legs = [Leg(f"leg {n}", n * 1000) for n in range(8)]
    assert told(legs, "end") == (*(f"leg {n}" for n in range(1, 8)), "end")


def test_of_a_long_story_the_longest_parts_are_told_in_order() -> None:
    legs = [Leg(f"leg {n}", (n % 10 + 1) * 1000) for n in range(40)]
    lines = told(legs, "end")
    assert len(lines) == 8
    assert lines[0] == "... 34 shorter ones, together 2m42s"
    assert lines[1:] == ("leg 8", "leg 9", "leg 18", "leg 19", "leg 29", "leg 39", "end")
