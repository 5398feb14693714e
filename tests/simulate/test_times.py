"""The time algebra against every run of small flows, and against sums made by hand."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings

from flowc.compiler.check import check
from flowc.compiler.flow import Program, Step, bodies
from flowc.simulate.cost import Cost
from flowc.simulate.times import Bounds, Times
from flowc.source import Source
from tests.support.runs import Way, block_ways
from tests.support.small_flows import PRELUDE, blocks, flows, lowered

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000


def timed(body: str, head: str = "", more: str = "") -> Times:
    lines = textwrap.indent(textwrap.dedent(body), "  ")
    text = (
        f"{PRELUDE}\n{textwrap.dedent(more)}\n"
        f"flow f(k: text, c: bool, ks: [text]) {{\n  version 1\n{head}\n{lines}\n}}\n"
    )
    checked = check(Source("main.flow", text))
    errors = [d.finding.message for d in checked.diagnostics if d.severity == "error"]
    assert errors == []
    (flow,) = (flow for flow in checked.program.flows if flow.name == "f")
    return Times(flow, checked.program)


def step(times: Times, name: str) -> Step:
    return next(step for step in times.flow.steps if step.name == name)


# -- every run of small flows ------------------------------------------------------------------


def figures(cost: Cost) -> dict[str, float | None]:
    return {
        "best": cost.best if cost.goes_on else None,
        "worst": cost.worst if cost.goes_on else None,
        "latest": cost.latest,
        "entered": cost.entered if cost.goes_on else None,
        "failing": cost.failing,
    }


def figures_of(ways: set[Way]) -> dict[str, float | None]:
    well = [way for way in ways if way.kind == "ok"]
    badly = [way for way in ways if way.kind in ("fail", "cancel")]
    return {
        "best": min((way.time for way in well), default=None),
        "worst": max((way.time for way in well), default=None),
        "latest": max(way.time for way in ways),
        "entered": max((way.ledger for way in well), default=None),
        "failing": max((way.ledger for way in badly), default=None),
    }


@settings(max_examples=200)
@given(blocks(2, True))
def test_the_algebra_says_what_all_runs_say(lines: list[str]) -> None:
    flow = lowered(lines)
    times = Times(flow, Program((flow,), (), ()))
    said, seen = figures(times.costs.body), figures_of(block_ways(flow.body))
    if not any(line.startswith(("try", "} on")) for line in lines):
        assert said == seen
        return
    # a `try` may fail late with little to undo, or early with much: the algebra takes both
    for name in ("worst", "latest", "entered", "failing"):
        assert seen[name] is None or said[name] is not None
        assert (said[name] or 0) >= (seen[name] or 0)
    assert (said["best"] or 0) <= (seen["best"] or 0)


@settings(max_examples=150)
@given(blocks(2, True))
def test_before_and_between_agree_along_a_row(lines: list[str]) -> None:
    """In one row, the way from one statement to another is what the statements between take."""
    flow = lowered(lines)
    times = Times(flow, Program((flow,), (), ()))
    for block in [flow.body, *(b for node in flow.nodes for b in bodies(node))]:
        for i, a in enumerate(block.nodes):
            for j in range(i + 1, len(block.nodes)):
                taken = times.between(a, block.nodes[j])
                assert taken == sum(times.of(node).worst or 0 for node in block.nodes[i + 1 : j])
                assert times.before(block.nodes[j]).best >= times.before(a).best


# -- by hand -----------------------------------------------------------------------------------


def test_a_call_takes_its_attempts_its_waits_and_its_probe() -> None:
    times = timed(
        """
        step done = s.do(k) with five
          on unknown probe s.look(k) with p7
          compensate s.undo(k) with patient
        step seen = s.look(k) with patient
        """
    )
    attempts_and_waits = 5 * 10 * SECOND + (1 + 2 + 4 + 4) * SECOND
    assert times.of(step(times, "done")) == Bounds(0, attempts_and_waits + 7 * SECOND)
    assert times.of(step(times, "seen")) == Bounds(0, 2 * HOUR)
    assert times.before(step(times, "seen")) == Bounds(0, 68 * SECOND)
    assert times.after(step(times, "seen")) == Bounds(0, 68 * SECOND + 2 * HOUR)
    assert times.unwind_worst() == 2 * HOUR
    assert times.total == Bounds(0, 68 * SECOND + 2 * HOUR)
    assert times.ending == Bounds(0, 68 * SECOND + 4 * HOUR)


def test_loops_multiply() -> None:
    times = timed(
        """
        for one in ks max 5, 2 at once {
          wait 1h
          step in_batch = s.look(one) with p1
        }
        repeat max 4, every 10s {
          step in_round = s.look(k) with p1
        } until in_round
          on exhausted {
            step too_late = s.look(k) with p3
          }
        """
    )
    batches = 3 * (HOUR + SECOND)
    assert times.before(step(times, "in_batch")) == Bounds(HOUR, 2 * (HOUR + SECOND) + HOUR)
    assert times.before(step(times, "in_round")) == Bounds(0, batches + 3 * 11 * SECOND)
    rounds = 4 * SECOND + 3 * 10 * SECOND
    assert times.before(step(times, "too_late")) == Bounds(30 * SECOND, batches + rounds)
    assert times.total.worst == batches + rounds + 3 * SECOND


def test_an_await_lets_its_running_reminder_settle() -> None:
    times = timed(
        """
        await paid: bool within 10h
          every 3h as n {
            step nag = s.tell(k) with patient
              otherwise none
          }
          on timeout {
            step late = s.look(k) with p1
          }
        """
    )
    # reminders after 3h, 6h and 9h; the last one runs until 11h
    assert times.before(step(times, "nag")) == Bounds(3 * HOUR, 9 * HOUR)
    assert times.before(step(times, "late")) == Bounds(10 * HOUR, 11 * HOUR)


def test_a_timeout_beats_a_reminder_due_at_the_same_moment() -> None:
    times = timed(
        """
        await paid: bool within 9h
          every 3h as n {
            step nag = s.tell(k) with patient
              otherwise none
          }
        """
    )
    assert times.before(step(times, "nag")).worst == 6 * HOUR
    assert times.total.worst == 9 * HOUR


def test_nothing_bounds_an_await_without_within() -> None:
    times = timed("await paid: bool\nstep seen = s.look(k) with p1\nwait 1h")
    assert times.before(step(times, "seen")) == Bounds(0, None)
    assert times.total == Bounds(HOUR, None)
    (paid, seen, wait) = times.flow.body.nodes
    assert times.between(paid, wait) == SECOND
    assert times.since_start(paid, seen) is None


@pytest.mark.parametrize(
    ("duration", "best", "worst"),
    [
        ("1h", HOUR, HOUR),
        ("pause", 90 * MINUTE, 90 * MINUTE),
        ("pause + 30m", 2 * HOUR, 2 * HOUR),
        ("1h * 3", 3 * HOUR, 3 * HOUR),
        ("if c then 1h else 2h", HOUR, 2 * HOUR),
        ("given", 0, 0),
        ("given + 1h", HOUR, HOUR),
    ],
)
def test_what_a_wait_is_known_to_take(duration: str, best: int, worst: int) -> None:
    text = (
        f"const pause = 1h30m\nflow f(k: text, c: bool, given: duration) {{\n  version 1\n"
        f"  wait {duration}\n}}\n"
    )
    program, found = flows(text)
    times = Times(found["f"], program)
    assert times.total == Bounds(best, worst)


def test_a_handler_runs_after_the_unwinding() -> None:
    times = timed(
        """
        try {
          step done = s.do(k) with p1
            compensate s.undo(k) with p7
          wait 1h
          fail Boom
        } on Boom {
          step seen = s.look(k) with p1
        }
        """
    )
    assert times.before(step(times, "seen")).worst == HOUR + SECOND + 7 * SECOND


def test_between_climbs_out_of_blocks_and_into_them() -> None:
    times = timed(
        """
        parallel {
          branch quick { step a = s.look(k) with p1 }
          branch slow { await paid: bool within 2d }
        }
        if c {
          wait 1h
          step b = s.look(k) with p1
        }
        repeat max 3, every 1h {
          step d = s.look(k) with p3
          wait 1m
        } until d
          on exhausted {}
        step e = s.look(k) with p1
        """
    )
    a, b, d, e = (step(times, name) for name in "abde")
    # `a` may end at once, then its sibling takes all its time
    assert times.between(a, b) == 2 * DAY + HOUR
    assert times.since_start(a, b) == SECOND + 2 * DAY + HOUR
    rounds = 3 * (3 * SECOND + MINUTE) + 2 * HOUR
    assert times.between(b, d) == rounds - 3 * SECOND - MINUTE
    assert times.between(d, e) == MINUTE + 2 * (HOUR + 3 * SECOND + MINUTE)
    assert times.between(e, a) == 0
    assert times.since_start(a, a) == 0


def test_between_over_a_long_row_sums_once() -> None:
    times = timed("\n".join(f"wait {n}s" for n in range(1, 101)) + "\nawait paid: bool\nwait 1s")
    nodes = times.flow.body.nodes
    assert times.between(nodes[0], nodes[99]) == sum(range(2, 100)) * SECOND
    assert times.between(nodes[49], nodes[59]) == sum(range(51, 60)) * SECOND
    assert times.between(nodes[0], nodes[101]) is None


CHILD = """
flow child(k: text) {
  version 1
  deadline 1d, compensate within 1h
  step done = s.do(k) with p7
    compensate s.undo(k) with patient
  await paid: bool within 9d
  wait 2m
}
"""


def test_a_sub_flow_ends_by_its_deadline_and_its_unwinding() -> None:
    times = timed("step called = child(k)", more=CHILD)
    # the deadline cuts no step (7s), `compensate within` no compensation (2h) that has begun
    called = step(times, "called")
    assert times.of(called) == Bounds(2 * MINUTE, DAY + 7 * SECOND)
    assert times.longest(called) == DAY + 7 * SECOND + 2 * HOUR


def test_without_a_deadline_it_takes_what_it_takes() -> None:
    more = CHILD.replace("  deadline 1d, compensate within 1h\n", "")
    times = timed("step called = child(k)", more=more)
    well = 9 * DAY + 2 * MINUTE + 7 * SECOND
    assert times.of(step(times, "called")) == Bounds(2 * MINUTE, well)
    assert times.longest(step(times, "called")) == well + 2 * HOUR


def test_after_its_commit_its_deadline_is_not_looked_at() -> None:
    more = CHILD.replace("  wait 2m\n", "  commit\n  wait 7d\n")
    times = timed("step called = child(k)", more=more)
    assert times.of(step(times, "called")).worst == DAY + 7 * DAY


def test_flows_that_call_each_other_are_bounded_by_their_deadlines() -> None:
    more = """
    flow ping(k: text) {
      version 1
      deadline 1h, compensate within 1m
      step other = pong(k)
    }
    flow pong(k: text) {
      version 1
      deadline 2h, compensate within 2m
      step other = ping(k)
    }
    """
    program, found = flows(PRELUDE + textwrap.dedent(more))
    for flow in found.values():
        worst = Times(flow, program).total.worst
        assert worst is not None
        assert HOUR + MINUTE <= worst <= HOUR + 2 * MINUTE


def test_a_deadline_is_passed_on() -> None:
    """A parent that is out of time ends its child at the child's next step."""
    more = CHILD.replace("deadline 1d", "deadline 30d")
    parent = """
    flow parent(k: text) {
      version 1
      deadline 2h, compensate within 1h
      step called = child(k)
    }
    """
    times = timed("step called = parent(k)", more=more + textwrap.dedent(parent))
    assert times.of(step(times, "called")).worst == 2 * HOUR + 7 * SECOND + 2 * HOUR


def test_a_flow_that_calls_itself_without_a_deadline_is_unbounded() -> None:
    program, found = flows("flow f(k: text) {\n  version 1\n  step again = f(k)\n}\n")
    assert Times(found["f"], program).total.worst is None


def test_failed_rounds_are_unwound_one_by_one_and_the_loop_goes_on() -> None:
    times = timed(
        """
        for one in ks max 3 {
          step done = s.do(one) with p1
            compensate s.undo(one) with p7
          step seen = s.look(one) with p1
        } collect failure as failed
        """
    )
    assert times.total.worst == 3 * (SECOND + SECOND + 7 * SECOND)


@pytest.mark.parametrize(
    ("guard", "items", "rounds"),
    [
        ("", "ks", 100),
        ("if length(ks) > 12 { fail Boom }", "ks", 12),
        ("", '["a", "b", "c"]', 3),
        ("if length(ks) >= 8 { fail Boom }\nlet some = [each for each in ks when c]", "some", 7),
    ],
)
def test_a_guard_bounds_a_list(guard: str, items: str, rounds: int) -> None:
    times = timed(f"{guard}\nfor one in {items} max 100 {{\n  wait 1h\n}}")
    assert times.total.worst == rounds * HOUR


def test_a_long_chain_of_flows_is_followed_to_its_end() -> None:
    chain = [
        f"flow f{n}(k: text) {{\n  version 1\n  step deeper = f{n + 1}(k)\n}}" for n in range(600)
    ]
    text = "\n".join([*chain, "flow f600(k: text) {\n  version 1\n  wait 1h\n}\n"])
    program, found = flows(text)
    assert Times(found["f0"], program).total == Bounds(HOUR, HOUR)
