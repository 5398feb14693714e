"""The examples under every single fault, on the Python target as by the reference interpreter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flowc.compiler.check import check
from flowc.compiler.flow import Flow
from flowc.simulate.invent import invent_fields
from flowc.simulate.script import Script
from flowc.source import Source
from flowc.targets.python.target import Python
from tests.support.durable import EXAMPLES
from tests.support.faults import single_faults
from tests.support.twins import Twins

# What an example asks for that a target has not got yet; nothing else may be refused.
REFUSED = "the target `python` cannot run `await`"


def example(name: str) -> str:
    """The text of an example, with waits of a fixed length."""
    return (EXAMPLES / f"{name}.flow").read_text(encoding="utf-8").replace(" jitter", "")


def kept(name: str) -> bool:
    """Whether the target keeps all of an example."""
    program = check(Source(name, example(name))).program
    target = Python()
    flows = (*program.flows, *program.older)
    gaps = {finding.message for flow in flows for finding in target.gaps(flow, program)}
    assert gaps <= {REFUSED}
    return not gaps


KEPT = [name for name in ("order", "trip", "onboard") if kept(name)]


def cases() -> Iterator[tuple[str, str, Script]]:
    for name in KEPT:
        program = check(Source(name, example(name))).program
        yield name, "nothing fails", Script()
        for fault, script in single_faults(program, main(program.flows)):
            yield name, fault, script


def main(flows: tuple[Flow, ...]) -> Flow:
    return next(flow for flow in flows if flow.key is not None)


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Twins]]:
    made: dict[str, Twins] = {}
    folder: Path = tmp_path_factory.mktemp("twins")
    for name in KEPT:
        made[name] = Twins(example(name), folder / f"{name}.db")
    yield made


def test_order_is_kept() -> None:
    assert "order" in KEPT


@pytest.mark.parametrize("name", KEPT)
def test_every_single_fault(name: str, twins: dict[str, Twins]) -> None:
    found: dict[str, list[str]] = {}
    with twins[name] as both:
        flow = main(both.program.flows)
        for number, (of, fault, script) in enumerate(cases()):
            if of == name:
                given = invent_fields(flow.params, "")
                first = flow.params[0].name
                given[first] = {**given[first], "id": f"{name}-{number}"}
                if differences := both.differences(flow, script, given):
                    found[fault] = differences
    assert found == {}
