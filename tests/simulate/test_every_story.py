"""What holds in every story of generated flows, whatever the script."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from flowc.compiler.check import check
from flowc.simulate.interpret import Story, interpret
from flowc.simulate.trace import (
    CallEvent,
    Event,
    Fork,
    LedgerEvent,
    Series,
    Term,
    TimerEvent,
    events,
)
from flowc.simulate.values import decode_fields
from flowc.source import Source
from tests.support.meaningful import PRELUDE, draw_script, flow, given, sub_flow


def story(random: Random) -> Story:
    subs = ("one", "two")
    text = PRELUDE + "".join(sub_flow(random, sub) for sub in subs) + flow(random, "main", subs)
    checked = check(Source("generated.flow", text))
    assert not checked.failed, text
    main = checked.program.find("main")
    assert main is not None
    values = dict(decode_fields(main.params, given(random, "i")))
    return interpret(checked.program, main, values, draw_script(random, checked.program, main))


@settings(max_examples=100, derandomize=True)
@drawn(st.randoms(use_true_random=False))
def test_every_story(random: Random) -> None:
    told = story(random)
    assert_time_goes_on(told.trace)
    assert_the_ledger_adds_up(told)
    assert_attempts_are_numbered(told)


def moments(event: Event) -> tuple[int, int]:
    end = event.end if isinstance(event, CallEvent | TimerEvent) else event.at
    return event.at, end


def assert_time_goes_on(term: Term) -> tuple[int, int]:
    """When a term begins and ends: what is in series does not overlap."""
    match term:
        case Series() | Fork():
            spans = [assert_time_goes_on(part) for part in term.parts]
            if isinstance(term, Series):
                for (_, end), (begin, _) in pairwise(spans):
                    assert end <= begin
            return min(begin for begin, _ in spans), max(end for _, end in spans)
        case _:
            return moments(term)


def assert_the_ledger_adds_up(told: Story) -> None:
    """What is entered is undone, stuck, committed, or kept: each once, and nothing else is."""
    left: list[str] = []
    stuck: list[str] = []
    for event in events(told.trace):
        if not isinstance(event, LedgerEvent):
            continue
        match event.change:
            case "enter":
                assert event.path not in left
                left.append(event.path)
            case "undone" | "stuck":
                left.remove(event.path)
                stuck += [event.path] if event.change == "stuck" else []
            case "commit":
                left = [path for path in left if not path.startswith(event.path)]
    own = [path for path in left if "/" not in path]
    committed = any(
        isinstance(e, LedgerEvent) and e.change == "commit" and not e.path
        for e in events(told.trace)
    )
    match told.ending.kind:
        case "Compensated":
            assert own == []
            assert not stuck or all("/" in path for path in stuck)
        case "Halted":
            assert sorted(told.ending.ledger) == sorted(own)
        case "Incomplete" if told.ending.error is not None and not committed:
            assert own == []
            assert set(told.ending.stuck) <= set(stuck)


def assert_attempts_are_numbered(told: Story) -> None:
    """Attempts of a call count from 1; none follows the last one."""
    seen: dict[tuple[str, str], CallEvent] = {}
    for event in events(told.trace):
        if isinstance(event, CallEvent):
            name = (event.place.path, event.role)
            before = seen.get(name)
            assert event.attempt == (1 if before is None else before.attempt + 1)
            assert before is None or not before.last
            seen[name] = event
    assert all(event.last for event in seen.values())
