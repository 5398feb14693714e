"""Rule 14: an instance runs under the version that it started under."""

from __future__ import annotations

import pytest

from flowc.compiler.check import check
from flowc.source import Source
from tests.support.stories import line, program, run, script

LOOK = "step {} = s.look(id) with once"
BODY = f"""since 2 {{
  {LOOK.format("a")}
}}
until 3 {{
  {LOOK.format("b")}
}}
since 3 {{
  {LOOK.format("c")}
}}"""


@pytest.mark.parametrize(("version", "told"), [(1, "b"), (2, "a; b"), (3, "a; c")])
def test_since_and_until(version: int, told: str) -> None:
    made = program(BODY)
    source = made.flows[-1].source.text.replace("version 1", "version 3 supports 1")
    made = check(Source("f.flow", source)).program
    flow = made.find("f", version)
    assert line(run(made, script(), {}, flow)) == f"{told} => Completed"


def test_neither_is_a_scope() -> None:
    made = program("since 1 {\nlet x = 1\n}\nuntil 1 {\nlet y = 1\n}\nreturn x", result=" -> int")
    assert line(run(made, script(), {})) == "=> Completed(1)"
