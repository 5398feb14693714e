"""Clauses and traits are put where a person would put them, and no comment is lost."""

from __future__ import annotations

import pytest

from flowc.compiler.check import check
from flowc.compiler.flow import Flow, Step
from flowc.dsl.formatter import format_source
from flowc.lint.edits import add_clause, add_to_key, add_trait, drop_clause
from flowc.lint.fixes import apply
from flowc.source import Source
from tests.support.saga import saga


def flow_of(text: str) -> Flow:
    checked = check(Source("main.flow", text))
    assert [d.finding.message for d in checked.diagnostics if d.severity == "error"] == []
    return checked.program.flows[0]


def step(flow: Flow) -> Step:
    return next(step for step in flow.steps if step.name == "a")


def body(text: str) -> str:
    return text.split("stubborn\n\n", 1)[1].removesuffix("\n}\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("step a = mail.tell(order)", "step a = mail.tell(order)\n    NEW"),
        ("step a = mail.tell(order) // why", "step a = mail.tell(order) // why\n    NEW"),
        (
            "step a = money.charge(order)\n  on unknown halt",
            "step a = money.charge(order)\n    on unknown halt\n    NEW",
        ),
        (
            "step a = mail.tell(order)\n  // it may fail\n  otherwise none",
            "step a = mail.tell(order)\n    // it may fail\n    NEW\n    otherwise none",
        ),
        (
            "if gift {\n  step a = mail.tell(order)\n}",
            "if gift {\n    step a = mail.tell(order)\n      NEW\n  }",
        ),
    ],
)
def test_a_clause_is_added(before: str, after: str) -> None:
    flow = flow_of(saga(before))
    new = "compensate money.refund(order)"
    text = apply(flow.source.text, [add_clause(flow, step(flow), new)])
    assert body(text).strip() == after.replace("NEW", new)


def test_a_clause_is_added_on_a_crowded_line() -> None:
    flow = flow_of(saga("if gift { step a = money.charge(order) on unknown halt }"))
    edit = add_clause(flow, step(flow), "compensate money.refund(order)")
    text = apply(flow.source.text, [edit])
    assert step(flow_of(text)).compensation is not None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "step a = money.charge(order)\n  on unknown halt\n"
            "  compensate money.refund(order)\nwait 1h",
            "step a = money.charge(order)\n    on unknown halt\n  wait 1h",
        ),
        (
            "step a = money.charge(order)\n  on unknown halt\n  // back\n"
            "  compensate money.refund(\n    order,\n  )\nwait 1h",
            "step a = money.charge(order)\n    on unknown halt\n    // back\n  wait 1h",
        ),
        (
            "step a = money.charge(order)\n  on unknown halt\n"
            "  compensate money.refund(order) // x",
            None,
        ),
        ("step a = money.charge(order) compensate money.refund(order)", None),
    ],
)  # fmt: skip
def test_a_clause_is_dropped_with_its_line_alone(before: str, after: str | None) -> None:
    flow = flow_of(saga(before))
    compensation = step(flow).compensation
    assert compensation is not None
    edit = drop_clause(flow, compensation.span)
    if after is None:
        assert edit is None
    else:
        assert edit is not None
        assert body(apply(flow.source.text, [edit])).strip() == after


@pytest.mark.parametrize(
    "traits",
    ["writes x key order", "key order", "writes action", "\n    writes x // what\n    key order"],
)
def test_a_trait_is_added_behind_the_others(traits: str) -> None:
    service = f"service odd {{\n  action go(order: text) {traits}\n  read look() -> text\n}}"
    flow = flow_of(saga("step a = odd.go(order)\n  on unknown halt", service))
    operation = next(o for s in flow.services for o in s.operations if o.name == "go")
    edit = add_trait(operation, "absorbing")
    assert edit is not None
    text = apply(flow.source.text, [edit])
    mended = next(o for s in flow_of(text).services for o in s.operations if o.name == "go")
    assert mended == operation.replace(
        absorbing=True, span=mended.span, source=mended.source, params=mended.params
    )
    formatted = format_source(Source("main.flow", text)).text
    assert formatted is not None
    assert "absorbing" in formatted


def test_a_parameter_joins_the_key() -> None:
    service = "service odd {\n  action go(order: text, n: int) writes x key order // why\n}"
    flow = flow_of(saga("step a = odd.go(order, 1)\n  on unknown halt", service))
    operation = next(o for s in flow.services for o in s.operations if o.name == "go")
    edit = add_to_key(operation, "n")
    assert edit is not None
    text = apply(flow.source.text, [edit])
    mended = next(o for s in flow_of(text).services for o in s.operations if o.name == "go")
    assert mended.key == ("order", "n")
    assert "key order, n // why" in text
