"""An engine that is closed, not killed: nothing is taken for an ending, everything goes on."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.support.durable import Compiled

TEXT = """\
policy once { timeout 60s }
service s {
  action keyed(id: text) -> text writes things key id
  action unkeyed(id: text) -> text writes money
  action undo(id: text) writes money key id absorbing
}
flow keyed(id: text) -> text {
  version 1
  owner "o" runbook "r"
  key id on duplicate attach

  step a = s.keyed(id) with once
    compensate s.undo(id) with once
  return a
}
flow unkeyed(id: text) -> text {
  version 1
  owner "o" runbook "r"
  key id on duplicate attach

  step a = s.unkeyed(id) with once
    on unknown compensate
    compensate s.undo(id) with once
  return a
}
flow beside(id: text) -> text {
  version 1
  owner "o" runbook "r"
  key id on duplicate attach

  parallel {
    branch one {
      step a = s.keyed(id) with once
        compensate s.undo(id) with once
    }
    branch two { wait 2s }
  }
  return a
}
"""


class Gate:
    """Services that answer when the gate is open."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()
        self.calls: list[str] = []
        self.s = self

    def _pass(self, name: str) -> str:
        self.calls.append(name)
        self.reached.set()
        self.open.wait(30)
        return "done"

    def keyed(self, id: str) -> str:  # noqa: A002
        return self._pass(f"keyed {id}")

    def unkeyed(self, id: str) -> str:  # noqa: A002
        return self._pass(f"unkeyed {id}")

    def undo(self, id: str) -> None:  # noqa: A002
        self.calls.append(f"undo {id}")


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return Compiled(TEXT)


def engine(compiled: Compiled, gate: Gate, state: str) -> Any:
    services = compiled.module("runtime.attempt").Services(gate)
    flows = compiled.module("flows").FLOWS
    return compiled.module("runtime.engine").Engine(flows, services, state)


@pytest.mark.parametrize(
    ("name", "ending", "calls"),
    [
        ("keyed", "Completed", ["keyed x", "keyed x"]),
        ("unkeyed", "Compensated", ["unkeyed x", "undo x"]),
        ("beside", "Completed", ["keyed x", "keyed x"]),
    ],
)
def test_closed_in_an_attempt_it_goes_on_when_opened_again(
    compiled: Compiled, state: str, name: str, ending: str, calls: list[str]
) -> None:
    flow = next(f for f in compiled.module("flows").FLOWS if f.name == name)
    gate = Gate()
    first = engine(compiled, gate, state)
    first.launch()
    ident = first.start(flow, {"id_": "x"})
    assert gate.reached.wait(20)
    first.close()
    gate.open.set()
    second = engine(compiled, gate, state)
    second.launch()
    assert [instance.id for instance in second.resumed] == [ident]
    assert second.ending(ident)["ending"] == ending
    second.close()
    assert gate.calls == calls


def test_an_unfinished_instance_needs_the_code_it_began_with(
    compiled: Compiled, state: str
) -> None:
    flow = next(f for f in compiled.module("flows").FLOWS if f.name == "keyed")
    gate = Gate()
    first = engine(compiled, gate, state)
    first.launch()
    first.start(flow, {"id_": "x"})
    assert gate.reached.wait(20)
    first.close()
    gate.open.set()
    changed = Compiled(TEXT.replace("  return a\n}\nflow unkeyed", '  return "b"\n}\nflow unkeyed'))
    with pytest.raises(Exception, match="was started under another text of keyed@1"):
        engine(changed, gate, state).launch()
    newer = Compiled(TEXT.replace("version 1", "version 2"))
    with pytest.raises(Exception, match="runs 'keyed@1', which this program does not have"):
        engine(newer, gate, state).launch()
    both = Compiled(TEXT.replace("version 1", "version 2 supports 1"))
    last = engine(both, gate, state)
    last.launch()
    assert last.ending("keyed/x")["version"] == 1
    last.close()
