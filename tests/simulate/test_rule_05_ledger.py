"""Rule 5: the ledger is a series-parallel term."""

from __future__ import annotations

import pytest

from tests.support.stories import play, tell, times


def step(name: str) -> str:
    return f"step {name} = s.do(id) with once\n  compensate s.undo(id) with once\n"


A, B, C = step("a"), step("b"), step("c")
Z = "step z = s.look(id) with once\n"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        # a sequence unwinds reversed
        (A + B + C, "a; b; c; z Boom; c undo; b undo; a undo"),
        # loop rounds reversed
        (
            f"for x in xs max 9 {{\n{A}{B}}}\n",
            "a[0]; b[0]; a[1]; b[1]; a[2]; b[2]; z Boom; "
            "b[2] undo; a[2] undo; b[1] undo; a[1] undo; b[0] undo; a[0] undo",
        ),
        (
            f"repeat max 2 as i {{\n{A}}} until i == 1\n",
            "a[0]; a[1]; z Boom; a[1] undo; a[0] undo",
        ),
        # only the arm that was taken
        (f"if flag {{\n{A}}} else {{\n{B}}}\n", "a; z Boom; a undo"),
        (
            f"match size {{\ncase S {{\n{A}}}\ncase M {{\n{B}}}\nelse {{\n{C}}}\n}}\n",
            "b; z Boom; b undo",
        ),
        # parallel branches unwind in parallel, each reversed
        (
            f"parallel {{\nbranch x {{\n{A}{B}}}\nbranch y {{\n{C}}}\n}}\n",
            "{a; b | c}; z Boom; {b undo; a undo | c undo}",
        ),
        # so do the rounds of a batch
        (
            f"for x in xs max 9, 2 at once {{\n{A}}}\n",
            "{a[0] | a[1]}; a[2]; z Boom; a[2] undo; {a[0] undo | a[1] undo}",
        ),
        # in place: what came before and after
        (
            f"{step('p')}parallel {{\nbranch x {{\n{A}}}\nbranch y {{\n{B}}}\n}}\n{C}",
            "p; {a | b}; c; z Boom; c undo; {a undo | b undo}; p undo",
        ),
        # a try that ends well joins the enclosing ledger in place
        (f"{A}try {{\n{B}}} on Bang {{}}\n{C}", "a; b; c; z Boom; c undo; b undo; a undo"),
    ],
)
def test_unwinding(body: str, told: str) -> None:
    assert tell(body + Z, "z=Boom") == f"{told} => Compensated(Boom)"


def test_the_order_is_not_that_of_the_clock() -> None:
    body = f"parallel {{\nbranch x {{\n{A}}}\nbranch y {{\n{B}{C}}}\n}}\n{Z}"
    told = tell(body, "a=ok:9s; b=ok:1s; c=ok:1s; z=Boom")
    assert told == "{a | b; c}; z Boom; {a undo | c undo; b undo} => Compensated(Boom)"


def test_branches_unwind_at_the_same_time() -> None:
    body = f"parallel {{\nbranch x {{\n{A}}}\nbranch y {{\n{B}}}\n}}\n{Z}"
    began = times(play(body, "a undo=ok:5s; b undo=ok:5s; z=Boom"))
    assert began["a undo"] == began["b undo"] == 0
