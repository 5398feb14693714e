"""`flowc targets`: a table that asks the targets themselves."""

from __future__ import annotations

import json

import pytest

from flowc.cli.constructs import CONSTRUCTS, Construct
from flowc.compiler.check import check
from flowc.source import Source
from flowc.targets.registry import NAMES, find
from tests.support.command import flowc

pytestmark = pytest.mark.usefixtures("here")


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=lambda construct: construct.name)
def test_a_construct_is_a_sound_file(construct: Construct) -> None:
    checked = check(Source("shown.flow", construct.text))
    assert [d.finding.message for d in checked.diagnostics if d.severity == "error"] == []
    assert [flow.name for flow in checked.program.flows] == ["child", "shown"]


def test_what_is_kept_can_be_built() -> None:
    rows = {
        row["construct"]: row["targets"]
        for row in json.loads(flowc("targets", "--format", "json").out)
    }
    assert set(rows) == {construct.name for construct in CONSTRUCTS}
    for construct in CONSTRUCTS:
        program = check(Source("shown.flow", construct.text)).program
        for name in NAMES:
            answer = rows[construct.name][name]
            target = find(name)
            assert target is not None
            if answer["kept"]:
                assert target.emit(program)
            else:
                assert name in answer["why"]


def test_the_table() -> None:
    said = flowc("targets")
    assert (said.status, said.err) == (0, "")
    assert len(said.out.splitlines()) == len(CONSTRUCTS) + 1
    assert "compensate                     yes      yes\n" in said.out
    markdown = flowc("targets", "--format", "markdown").out
    assert markdown.startswith(f"| construct | {' | '.join(NAMES)} |\n| --- |")
