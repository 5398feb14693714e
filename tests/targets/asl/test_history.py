"""The events that an execution's history is counted to have, held against those that moto writes
down; and what does not fit into a history."""

from __future__ import annotations

from typing import Any

import pytest

from flowc.cli.constructs import CONSTRUCTS
from flowc.compiler.flow import Flow
from flowc.simulate.script import Script, Scripted
from flowc.targets.asl.bindings import NONE
from flowc.targets.asl.history import EVENTS, least, most
from flowc.targets.asl.target import Asl
from tests.support.durable import EXAMPLES
from tests.support.moto_run import Moto
from tests.support.scripted import checked, inputs

TEXTS = {construct.name: construct.text for construct in CONSTRUCTS}
HEAD = """\
error Busy transient
policy p {{ timeout 10s{policy} }}
service s {{
  read look(id: text) -> text
  action hold(id: text) -> text writes r key id raises Busy
  action drop(id: text) writes r key id absorbing
}}
flow f(id: text, xs: [text]) -> text {{
  version 1
  owner "o" runbook "r"
  key id on duplicate attach
  deadline 2d, compensate within 1h
  default with p, compensate with p

"""


def seen(of: Any, flow: Flow, script: Script, **given: Any) -> int:
    """How many events moto writes down."""
    machine = Moto(of)
    machine.play(flow, inputs(flow, **given), script, ordered=True)
    return len(machine.history)


def well(name: str) -> tuple[Any, Flow]:
    of = checked((EXAMPLES / f"{name}.flow").read_text())
    return of, of.program.flows[-1]


def test_an_order_that_goes_well_has_as_many_events_as_counted() -> None:
    of, flow = well("order")
    assert seen(of, flow, Script()) == least(flow) == 59


@pytest.mark.parametrize(
    "construct",
    [
        "compensate",
        "otherwise",
        "commit",
        "let, expressions",
        "match",
        "repeat, until",
        "for, collect, failure",
        "parallel",
        "wait",
        "try, on",
        "fail, return",
    ],
)
def test_the_least_is_what_moto_writes_when_all_goes_well(construct: str) -> None:
    of = checked(TEXTS[construct])
    flow = of.program.find("shown")
    assert flow is not None
    given = inputs(flow, names=[], order="o")
    assert seen(of, flow, Script(), **given) == least(flow)


@pytest.mark.parametrize(
    ("policy", "attempts"),
    [
        (", attempts 4, backoff 1s", 4),
        (", attempts 4", 4),
        (", attempts 9, backoff 10s, within 35s", 4),
        (", attempts unlimited, backoff 1s..4s factor 2, within 20s", 7),
    ],
)
def test_the_most_of_a_call_is_what_moto_writes_when_it_is_always_busy(
    policy: str, attempts: int
) -> None:
    """Every attempt answers at once with a transient error; then nothing is left to undo."""
    body = "  step a = s.hold(id)\n    on unknown halt\n  return a\n}\n"
    of = checked(HEAD.format(policy=policy) + body)
    flow = of.program.flows[0]
    busy = Scripted("fail", takes=0, error="Busy")
    found = seen(of, flow, Script(steps={"a": (busy,)}), id="x")
    waits = 0 if "backoff" not in policy else attempts - 1
    # started, start, guard; attempts; page, halted, failed
    assert found == 1 + 2 + 2 + attempts * 9 + waits * 2 + 5 + 1 + 1
    # at most it also returned, failed, looked for what is stuck, and ended by a state with an exit
    assert most(flow, NONE).events == found + 3 * 2 + 1


def test_no_story_has_more_events_than_the_most() -> None:
    of, flow = well("order")
    lost = (Scripted("unknown", takes=0),)
    found = seen(of, flow, Script(steps={"payment": lost, "parcel": lost}))
    assert least(flow) < found <= most(flow, NONE).events <= EVENTS


def gaps(body: str, policy: str = "") -> list[tuple[int, str]]:
    of = checked(HEAD.format(policy=policy) + body)
    return [
        (gap.span.start and flow.source.position(gap.span.start).line, gap.message)
        for flow in of.program.flows
        for gap in Asl().gaps(flow, of.program)
    ]


@pytest.mark.parametrize(
    ("body", "policy", "line", "said"),
    [
        (
            "  repeat max 3000 {\n    step a = s.look(id)\n  } until a == id\n  return id\n}\n",
            "",
            16,
            "may need 45,02",
        ),
        ("  step a = s.look(id)\n  return a\n}\n", ", attempts unlimited", 15, "without end"),
        ("  wait 366d\n  return id\n}\n", "", 15, "more than a year"),
        ("  await a: text within 9000h\n  return a\n}\n", "", 15, "more than a year"),
        ("  step a = s.look(id) within 366d\n  return a\n}\n", "", 15, "more than a year"),
        (
            "  for x in xs max 50, 41 at once {\n    step a = s.look(x)\n  }\n  return id\n}\n",
            "",
            15,
            "at most 40 rounds at once",
        ),
        ("  step a = s.look(id)\n  return a\n}\n", ", attempts 5, backoff 1s", 0, ""),
    ],
)
def test_what_an_execution_cannot_hold_is_refused_at_its_line(
    body: str, policy: str, line: int, said: str
) -> None:
    found = gaps(body, policy)
    assert [at for at, _ in found] == ([line] if line else [])
    assert all(said in message for _, message in found), found


def test_too_many_parameters_are_refused() -> None:
    names = [f"a{n}" for n in range(200)]
    actions = "\n".join(f"  read {name}(id: text) -> text" for name in names)
    steps = "\n".join(f"  step x{n} = s.{name}(id)" for n, name in enumerate(names))
    text = HEAD.format(policy="").replace("  read look", f"{actions}\n  read look")
    of = checked(f"{text}{steps}\n  return id\n}}\n")
    found = [gap.message for gap in Asl().gaps(of.program.flows[0], of.program)]
    assert [message[:40] for message in found] == ["the template would have 202 parameters, "]
