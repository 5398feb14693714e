"""Rule 15: business keys."""

from __future__ import annotations

from typing import Any

import pytest

from flowc.simulate.instances import Instances, Taken
from flowc.simulate.interpret import Story
from tests.support.stories import GIVEN, program, script


def start(instances: Instances, made: Any, said: str = "", **given: Any) -> Story:
    xs = {"xs": ("x",)}
    return instances.start(made.flows[-1], {**GIVEN, **xs, **given}, script(said))


@pytest.mark.parametrize("said", ["", "a=Boom", "a=?"])
def test_a_key_stays_taken_however_the_instance_ended(said: str) -> None:
    body = "step a = s.do(id) with once\n  on unknown halt"
    made = program(body, 'owner "o" runbook "r"\nkey id on duplicate attach')
    instances = Instances(made)
    first = start(instances, made, said, many=1)
    assert start(instances, made, many=2) is first
    assert start(instances, made, id="j") is not first
    assert start(instances, made, id="j").ending.kind == "Completed"


def test_reject_refuses() -> None:
    made = program("wait 1s", 'owner "o" runbook "r"\nkey "{id}/{many}" on duplicate reject')
    instances = Instances(made)
    start(instances, made, many=1)
    start(instances, made, many=2)
    with pytest.raises(Taken, match="f/i/1"):
        start(instances, made, many=1)


def test_a_flow_without_a_key_is_only_called_by_flows() -> None:
    made = program("wait 1s")
    with pytest.raises(ValueError, match="has no key"):
        start(Instances(made), made)
