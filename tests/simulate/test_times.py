"""The time algebra against every run of small flows, and against sums made by hand."""

from __future__ import annotations

import textwrap
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from flowc.compiler.check import check
from flowc.compiler.flow import Flow, Program, Step, bodies
from flowc.simulate.costs import Cost
from flowc.simulate.times import Times
from flowc.source import Source
from tests.support.runs import Way, block_ways

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
PRELUDE = """\
error Boom
policy p1 { timeout 1s }
policy p3 { timeout 3s }
policy p7 { timeout 7s }
policy five { timeout 10s, attempts 5, backoff 1s..4s factor 2 }
policy patient { timeout 1m, attempts unlimited, backoff 1s, within 2h }
service s {
  action do(k: text) writes r key k
  action undo(k: text) writes r key k absorbing
  action tell(k: text) notifies inbox key k
  read look(k: text) -> bool
  read answer(k: text) -> bool?
}
"""


def flows(text: str) -> tuple[Program, dict[str, Flow]]:
    checked = check(Source("main.flow", text))
    return checked.program, {flow.name: flow for flow in checked.program.flows}


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


def statements(depth: int, alone: bool) -> st.SearchStrategy[list[str]]:
    """Lines of one statement; `#` stands for a number that is used once. `alone`: no branch of
    a parallel and no round of a `for`, so that it may return."""
    policy = st.sampled_from(["p1", "p3", "p7"])
    leaves = [
        st.builds("step n# = s.do(k) with {} compensate s.undo(k) with {}".format, policy, policy),
        st.builds(
            "step n# = s.do(k) with {} on unknown compensate compensate s.undo(k) with {} "
            "otherwise none".format,
            policy,
            policy,
        ),
        st.builds("step n# = s.look(k) with {}".format, policy),
        st.builds("wait {}s".format, st.integers(1, 5)),
        st.builds("await n#: bool within {}s".format, st.integers(1, 9)),
        st.just("fail Boom"),
    ]
    if alone:
        leaves.append(st.just("return c"))
    leaf = st.one_of(leaves).map(lambda line: [line])
    if not depth:
        return leaf
    inner = blocks(depth - 1, alone)
    shut = blocks(depth - 1, False)
    return st.one_of(
        leaf,
        st.builds(lambda a: ["if c {", *a, "}"], inner),
        st.builds(lambda a, b: ["if c {", *a, "} else {", *b, "}"], inner, inner),
        st.builds(
            lambda a, b: ["parallel {", "branch b# {", *a, "}", "branch b# when c {", *b, "}", "}"],
            shut,
            shut,
        ),
        st.builds(
            lambda limit, width, a: [f"for n# in ks max {limit}, {width} at once {{", *a, "}"],
            st.integers(1, 3),
            st.integers(1, 2),
            shut,
        ),
        st.builds(
            lambda limit, a, b: [f"repeat max {limit}, every 2s {{", *a, "} until c", *b],
            st.integers(1, 3),
            inner,
            st.just([]) | inner.map(lambda lines: ["on exhausted {", *lines, "}"]),
        ),
        st.builds(
            lambda within, a: [f"await n#: bool within {within}s", "on timeout {", *a, "}"],
            st.integers(1, 9),
            inner,
        ),
        st.builds(lambda a, b: ["try {", *a, "} on Error {", *b, "}"], inner, inner),
    )


def blocks(depth: int, alone: bool) -> st.SearchStrategy[list[str]]:
    return st.lists(statements(depth, alone), max_size=3).map(
        lambda parts: [line for part in parts for line in part]
    )


def lowered(lines: list[str]) -> Flow:
    numbers = count()
    text = "\n".join(lines)
    while "#" in text:
        text = text.replace("#", str(next(numbers)), 1)
    found = flows(
        f"{PRELUDE}\nflow f(k: text, c: bool, ks: [text]) -> bool {{\nversion 1\n{text}\n}}\n"
    )
    return found[1]["f"]


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


@settings(max_examples=200, deadline=None)
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


@settings(max_examples=150, deadline=None)
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
