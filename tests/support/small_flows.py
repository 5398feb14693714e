"""Generated bodies of small flows, and the flows that a text declares."""

from __future__ import annotations

from itertools import count

from hypothesis import strategies as st

from flowc.compiler.check import check
from flowc.compiler.flow import Flow, Program
from flowc.source import Source

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


def numbered(lines: list[str]) -> str:
    """The lines with a number of its own for each `#`."""
    numbers = count()
    text = "\n".join(lines)
    while "#" in text:
        text = text.replace("#", str(next(numbers)), 1)
    return text


def lowered(lines: list[str]) -> Flow:
    head = "flow f(k: text, c: bool, ks: [text]) -> bool {\nversion 1\n"
    return flows(f"{PRELUDE}\n{head}{numbered(lines)}\n}}\n")[1]["f"]
