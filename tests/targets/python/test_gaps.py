"""What the target refuses, at the user's line."""

from __future__ import annotations

import pytest

from flowc.compiler.check import check
from flowc.source import Source
from flowc.targets.python.target import Python
from tests.support.durable import EXAMPLES

HEAD = """\
policy p { timeout 10s }
service s {
  read look(id: text) -> text
}
flow f(id: text) -> text {
  version 1
  owner "o" runbook "r"
  key id on duplicate attach

"""


def gaps(text: str) -> list[tuple[int, str]]:
    source = Source("t.flow", text)
    checked = check(source)
    assert not checked.failed, [d.finding.message for d in checked.diagnostics]
    return [
        (source.position(finding.span.start).line, finding.message)
        for flow in (*checked.program.flows, *checked.program.older)
        for finding in Python().gaps(flow, checked.program)
    ]


@pytest.mark.parametrize("name", ["order", "trip", "onboard"])
def test_the_examples_have_no_gaps(name: str) -> None:
    assert gaps((EXAMPLES / f"{name}.flow").read_text()) == []


@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        ("  let x = " + " + ".join(["1"] * 80) + '\n  return "{x}"', 10, "60 levels"),
        (
            "".join(f'  {"  " * n}if id != "{n}" {{\n' for n in range(20))
            + "  return id\n"
            + "}" * 20
            + "\n  return id",
            25,
            "nest",
        ),
    ],
)
def test_what_python_cannot_hold_is_refused(body: str, line: int, said: str) -> None:
    found = gaps(f"{HEAD}{body}\n}}\n")
    assert [at for at, message in found if said in message] == [line]
