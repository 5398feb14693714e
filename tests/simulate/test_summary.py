"""What a flow means to its callers, through long chains of calls and in circles."""

from __future__ import annotations

from flowc.compiler.check import check
from flowc.compiler.flow import Program
from flowc.simulate.summary import Summaries, summaries
from flowc.source import Source

HEAD = """\
error Refused
policy quick { timeout 10s, attempts 5, backoff 1s..30s }
service parcels { action ship(order: text) writes parcel key order raises Refused }
"""


def program(*flows: str) -> Program:
    text = HEAD + "\n".join(flows)
    return check(Source("main.flow", text)).program


def flow(name: str, step: str) -> str:
    return f"flow {name}(order: text) {{\n  version 1\n  default with quick\n{step}}}\n"


SHIP = "  step ship = parcels.ship(order)\n    on unknown halt\n"


def test_a_chain_of_calls_is_no_recursion() -> None:
    count = 1500
    chain = [flow(f"f{n}", f"  step next_one = f{n + 1}(order)\n") for n in range(count)]
    found = Summaries(program(*chain, flow(f"f{count}", SHIP))).of("f0")
    assert found.errors == ("Refused",)
    assert found.writes == {"parcel"}


def test_a_circle_of_calls_ends() -> None:
    circle = Summaries(
        program(flow("a", SHIP + "  step b = b(order)\n"), flow("b", "  step a = a(order)\n"))
    )
    assert circle.of("a").errors == ("Refused",)
    assert circle.of("a").writes == {"parcel"}


def test_a_flow_that_is_not_there_does_nothing() -> None:
    assert Summaries(program(flow("a", SHIP))).of("b").errors == ()


def test_the_newest_version_is_called() -> None:
    newer = flow("a", "  since 2 {\n" + SHIP + "  }\n").replace("version 1", "version 2 supports 1")
    assert Summaries(program(newer)).of("a").writes == {"parcel"}


def test_summaries_of_a_program_are_made_once() -> None:
    one, other = program(flow("a", SHIP)), program(flow("a", SHIP))
    assert summaries(one) is summaries(one)
    kept = summaries(one)
    assert summaries(other) is not kept
    assert kept.outcomes(one.flows[0]) is kept.outcomes(one.flows[0])
