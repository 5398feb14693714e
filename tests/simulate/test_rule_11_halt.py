"""Rule 11: a halt is not an error."""

from __future__ import annotations

import pytest

from flowc.simulate.trace import PageEvent
from tests.support.stories import UNDO, found, line, play, tell

A = f"step a = s.do(id) with once{UNDO}\n"
H = "step h = s.do(id) with once\n  on unknown halt\n"


@pytest.mark.parametrize(
    "body",
    [
        f"{A}{H}",
        f"{A}try {{\n{H}}} on Error {{}}",
        f"try {{\n{A}{H}}} on Error {{}}",
        f"{A}{H}  otherwise none",
        f"try {{\n{A}for x in xs max 3 {{\n{H}}} collect failure as lost\n}} on Error {{}}",
    ],
)
def test_nothing_handles_it_and_nothing_unwinds(body: str) -> None:
    told = tell(body, "h=?", given={"xs": ["x"]}).replace("[0]", "")
    assert told == "a; h ? => Halted(h, kept a)"


def test_it_pages() -> None:
    story = play(H, "h=?", header='owner "team" runbook "r"\nkey id on duplicate reject')
    assert [page.whom for page in found(story, PageEvent)] == ["team"]


@pytest.mark.parametrize("said", ["h=?:1s; a=ok:9s", "h=?:9s; a=ok:1s"])
def test_siblings_settle(said: str) -> None:
    b = f"step b = s.do(id) with once{UNDO}"
    body = f"parallel {{\nbranch x {{\n{A}{b}\n}}\nbranch y {{\n{H}}}\n}}"
    assert tell(body, said) == "{a; b | h ?} => Halted(h, kept a b)"


def test_it_comes_before_all_errors() -> None:
    body = f"parallel {{\nbranch x {{\n{A}fail Bang\n}}\nbranch y {{\n{H}}}\n}}"
    assert tell(body, "h=?") == "{a | h ?} => Halted(h, kept a)"


def test_the_first_of_several_is_named() -> None:
    second = H.replace("step h", "step g")
    body = f"parallel {{\nbranch x {{\n{H}}}\nbranch y {{\n{second}}}\n}}"
    assert tell(body, "h=?:5s; g=?:1s") == "{h ? | g ?} => Halted(h, kept nothing)"


def test_a_halt_after_something_stuck_is_a_halt() -> None:
    body = f"step a = s.do(id) with once{UNDO}\n  otherwise none\n{H}"
    assert line(play(body, "a=?; a undo=?; h=?")) == "a ?; a undo ?; h ? => Halted(h, kept nothing)"
