"""Where an instance can stand and what is undone from there, held against the interpreter."""

from __future__ import annotations

import pytest

from flowc.compiler.flow import Program, Step
from flowc.compiler.graph import graph
from flowc.simulate.script import without_rounds
from flowc.simulate.study import Study
from flowc.simulate.trace import CallEvent
from flowc.visualize.pages.standing import Levels, Stand, stands
from tests.support.drawn import example
from tests.support.stories import found, program, run, script


def step(name: str) -> str:
    return f'step {name} = s.do("{name}") with once\n  compensate s.undo("{name}") with once\n'


BODIES = {
    "sequence": step("a") + step("b") + step("c"),
    "if": f"{step('a')} if flag {{ {step('b')} }} else {{ {step('c')} }} {step('d')}",
    "match": f"{step('a')} match size {{ case S {{ {step('b')} }} else {{ {step('c')} }} }}"
    f" {step('d')}",
    "parallel": f"{step('a')} parallel {{ branch x {{ {step('b')} {step('c')} }}"
    f" branch y when flag {{ {step('d')} }} }} {step('e')}",
    "nested": f"parallel {{ branch x {{ parallel {{ branch p {{ {step('a')} }}"
    f" branch q {{ {step('b')} }} }} {step('c')} }} branch y {{ {step('d')} }} }} {step('e')}",
    "for": f"{step('a')} for x in xs max 5 {{ {step('b')} {step('c')} }} {step('d')}",
    "batches": f"{step('a')} for x in xs max 5, 2 at once {{ {step('b')} }} {step('d')}",
    "repeat": f"{step('a')} repeat max 2 {{ {step('b')} }} until false on exhausted {{"
    f" {step('c')} }} {step('d')}",
    "try": f"{step('a')} try {{ {step('b')} {step('c')} }} on Boom {{ {step('d')} }} {step('e')}",
    "commit": f"{step('a')} {step('b')} commit step c = s.tell(id) with once otherwise none",
    "leaves": f"{step('a')} if not flag {{ {step('b')} fail Bang }} {step('c')}",
}


def of(made: Program) -> tuple[Stand, ...]:
    flow = made.flows[-1]
    return stands(flow, Study(flow, made).outcomes.changes)


def names(levels: Levels, *, sure: bool = False) -> dict[str, int]:
    """The effects that are undone, by the step, with their level; only the unconditional ones if
    `sure`."""
    return {
        effect.step.replace("[n]", ""): depth
        for depth, level in enumerate(levels)
        for effect in level
        if effect.undo is not None and not (sure and effect.when)
    }


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_cancel_undoes_what_the_page_says(name: str) -> None:
    made = program(BODIES[name])
    tried = 0
    for stand in of(made):
        if not isinstance(stand.node, Step):
            continue
        story = run(made, script(f"cancel@{stand.node.name}", pace=1000), {})
        calls = found(story, CallEvent)
        if not any(one.place.name == stand.node.name and one.role == "do" for one in calls):
            continue  # this arm was not taken
        tried += 1
        undone = [
            (one.at, without_rounds(one.place.path))
            for one in sorted(calls, key=lambda one: one.at)
            if one.role == "undo"
        ]
        if stand.committed:
            assert undone == []
            continue
        if story.ending.kind == "Completed":
            continue  # the last step: nothing looks at a cancel after it
        may, must = names(stand.during), names(stand.before, sure=True)
        assert set(must) | {stand.node.name} <= {path for _, path in undone}
        assert {path for _, path in undone} <= set(may)
        rounds = len(undone) != len(set(undone)) or "[n]" in stand.path
        if not rounds:
            assert all(
                may[first] <= may[then]
                for at, first in undone
                for later, then in undone
                if at < later
            )
    assert tried >= 2


def test_what_stands_where_in_the_trip() -> None:
    flow = example("trip", "book_trip")
    made = Program((flow,), (), ())
    found_by = {stand.path: stand for stand in stands(flow, Study(flow, made).outcomes.changes)}
    assert list(found_by) == [
        *("flight", "hotel", "car", "ruling", "nudge", "paid", "commit", "ticket[n]", "")
    ]
    ruling = found_by["ruling"].before
    assert [[effect.undo for effect in level] for level in ruling] == [
        ["airline.cancel", "hotels.cancel", "cars.cancel"]
    ]
    assert [effect.when for effect in ruling[0]] == ["", "", "if the branch ran"]
    assert not found_by["commit"].committed
    assert found_by["ticket[n]"].committed
    drawn = graph(flow)
    assert all(stand.id in drawn for stand in found_by.values() if stand.node is not None)


@pytest.mark.parametrize("name", sorted(BODIES))
def test_every_stand_is_a_node_of_the_graph(name: str) -> None:
    made = program(BODIES[name])
    drawn = graph(made.flows[-1])
    for stand in of(made):
        assert stand.node is None or stand.id in drawn
