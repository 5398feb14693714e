"""What lowering makes of a file: defaults spelled out, versions told apart, imports connected."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.compiler import flow as ir
from flowc.compiler.check import Checked, check
from flowc.compiler.imports import ImportProblem
from flowc.source import Source

EXAMPLES = Path(__file__).parents[2] / "examples"


def checked(text: str, **files: str) -> Checked:
    def load(importer: str, path: str) -> Source | ImportProblem:
        name = path.removesuffix(".flow")
        return Source(path, files[name]) if name in files else ImportProblem("absent")

    return check(Source("main.flow", text), load)


@pytest.mark.parametrize("name", ["order", "trip", "onboard"])
def test_the_examples_are_clean(name: str) -> None:
    path = EXAMPLES / f"{name}.flow"
    assert check(Source(path.name, path.read_text())).diagnostics == ()


def order() -> ir.Program:
    return check(Source("order.flow", (EXAMPLES / "order.flow").read_text())).program


def test_versions_are_ordinary_flows() -> None:
    program = order()
    newest, older = program.find("fulfil_order"), program.find("fulfil_order", 1)
    assert newest is not None
    assert older is not None
    assert [step.name for step in newest.steps] == ["hold", "risk", "payment", "parcel", "note"]
    assert [step.name for step in older.steps] == ["hold", "payment", "parcel", "note"]
    assert newest.versions == older.versions == (1, 2)


def test_policies_are_merged() -> None:
    steps = {step.name: step for step in order().flows[0].steps}
    minute = 60_000
    hold, parcel, note = steps["hold"], steps["parcel"], steps["note"]
    assert isinstance(hold.call, ir.Call)
    assert hold.call.policy.within == 5 * minute  # the default's
    assert (hold.call.policy.timeout, hold.call.policy.attempts) == (10_000, 5)
    assert hold.compensation is not None
    assert hold.compensation.call.policy.name == "stubborn"
    assert hold.compensation.call.policy.within == 120 * minute
    assert hold.compensation.call.policy.attempts is None
    assert isinstance(parcel.call, ir.Call)
    assert parcel.call.policy.within == 10 * minute  # its own
    assert isinstance(note.call, ir.Call)
    assert note.call.policy.within == 120 * minute  # a named policy takes nothing from the default


def test_unknown_is_answered_by_rule_three() -> None:
    steps = {step.name: step for step in order().flows[0].steps}
    assert isinstance(steps["hold"].unknown, ir.CompensateBlind)
    assert not steps["hold"].unknown_written
    assert isinstance(steps["payment"].unknown, ir.Probe)
    assert steps["payment"].unknown_written
    assert steps["risk"].unknown is None
    assert steps["note"].unknown is None
    assert [step.after_commit for step in steps.values()] == [False] * 4 + [True]


def test_a_flow_mentions_what_its_targets_need() -> None:
    flow = order().flows[0]
    assert [s.name for s in flow.services] == ["inventory", "fraud", "payments", "shipping", "mail"]
    assert [r.name for r in flow.records][:2] == ["Item", "Order"]  # inner ones first
    assert {e.name for e in flow.errors} == {
        "OutOfStock", "Throttled", "FraudSuspected", "CardDeclined",
    }  # fmt: skip


LIBRARY = """\
type Thing { id: text }
service shop { read look(thing: text) -> Thing? }
policy quick { timeout 1s }
flow inner(id: text) -> int {
  version 2 supports 1

  return 1
}
"""


def test_imports_bring_declarations_and_flows() -> None:
    main = """\
import "lib.flow"
flow outer(thing: Thing) -> int {
  step seen = shop.look(thing.id) with quick
  step n = inner(thing.id)
  return n
}
"""
    made = checked(main, lib=LIBRARY)
    assert made.diagnostics == ()
    assert [source.name for source in made.imports] == ["lib.flow"]
    assert [(f.name, f.version) for f in made.program.imported] == [("inner", 1), ("inner", 2)]
    assert made.program.find("inner", 1) is not None


def test_imports_are_not_passed_on() -> None:
    main = 'import "middle.flow"\nflow f(thing: Thing) {}\n'
    made = checked(main, middle='import "lib.flow"\n', lib=LIBRARY)
    assert [d.name for d in made.diagnostics] == ["unknown-name"]


def test_a_circle_is_reported_at_the_import_that_leads_to_it() -> None:
    made = checked('import "a.flow"\nflow f() {}\n', a='import "b.flow"\n', b='import "a.flow"\n')
    assert [d.name for d in made.diagnostics] == ["import-cycle"]
    assert "a.flow -> b.flow -> a.flow" in made.diagnostics[0].finding.message


def test_errors_of_an_imported_file_show_at_the_import() -> None:
    main = 'import "a.flow"\nflow f(t: T) {}\n'
    made = checked(main, a="type T { a: Nope }\n")
    assert [d.name for d in made.diagnostics] == ["bad-import"]
    assert made.diagnostics[0].finding.help == "line 1: there is no type `Nope`"


def test_a_name_that_two_imports_bring() -> None:
    main = 'import "a.flow"\nimport "b.flow"\nflow f() {}\n'
    made = checked(main, a="error E\n", b="error E\n")
    assert [d.name for d in made.diagnostics] == ["duplicate-declaration"]
    related = made.diagnostics[0].finding.related
    assert [r.source.name for r in related if r.source] == ["a.flow", "b.flow"]


def test_an_import_with_syntax_errors() -> None:
    made = checked('import "a.flow"\nflow f() {}\n', a="policy {")
    assert [d.name for d in made.diagnostics] == ["bad-import"]
    assert "syntax errors" in made.diagnostics[0].finding.message
