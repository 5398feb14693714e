"""nondeterministic-expression: where values are drawn, and where a `record` may stand instead."""

from __future__ import annotations

import textwrap

import pytest

from flowc.compiler.check import check
from flowc.dsl.formatter import format_source
from flowc.lint.fixes import apply
from flowc.source import Source
from tests.support.linting import diagnostics, pointed_at, said
from tests.support.saga import saga

RULE = "nondeterministic-expression"


def body_of(text: str) -> str:
    """The body of the flow, without its head."""
    body = text[text.index("compensate with stubborn\n\n") :].split("\n\n", 1)[1]
    return textwrap.dedent(body[: body.rindex("}")]).strip()


def mended(body: str) -> str:
    """The body after the fixes, which leave nothing to find and nothing to lay out."""
    text = saga(body)
    for _ in range(5):
        found = said(text, RULE)
        if not found:
            break
        fix = found[0].finding.fix
        assert fix is not None
        assert fix.safe
        text = apply(text, fix.edits)
    assert said(text, RULE) == []
    assert not [d for d in check(Source("main.flow", text)).diagnostics if d.severity == "error"]
    laid_out = format_source(Source("main.flow", text)).text
    assert body_of(laid_out) == body_of(text)
    return body_of(text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("let x = now()\nwait until x", "record x = now()\nwait until x"),
        (
            "wait until now() + 1d",
            "record moment = now()\nwait until moment + 1d",
        ),
        (
            "if now() > at {\n  wait 1h\n}",
            "record moment = now()\nif moment > at {\n  wait 1h\n}",
        ),
        # inside a block that has lines of its own
        (
            "if gift {\n  wait until now()\n}",
            "if gift {\n  record moment = now()\n  wait until moment\n}",
        ),
        # each round draws anew, where the condition did
        (
            "repeat max 3 {\n  wait 1h\n} until now() > at\n  on exhausted {}",
            "repeat max 3 {\n  wait 1h\n  record moment = now()\n} until moment > at\n"
            "  on exhausted {}",
        ),
        # two in one line
        (
            "let x = [now(), now()]\nwait until first(x) ?? at",
            "record moment = now()\nrecord moment2 = now()\nlet x = [moment, moment2]\n"
            "wait until first(x) ?? at",
        ),
        # a name that is taken
        (
            "let moment = at\nwait until now()\nwait until moment",
            "let moment = at\nrecord moment2 = now()\nwait until moment2\nwait until moment",
        ),
    ],
)
def test_a_record_takes_its_place(before: str, after: str) -> None:
    assert mended(before) == after


def test_the_record_stands_above_documentation() -> None:
    body = "/// Which one.\nawait paid: bool from uuid() within 1d"
    assert mended(body) == (
        "record token = uuid()\n/// Which one.\nawait paid: bool from token within 1d"
    )


@pytest.mark.parametrize(
    "body",
    [
        "await paid: bool within 9d\n  every 1d as n {\n"
        "    step t = mail.tell(order)\n      otherwise none\n"
        "    step u = stock.put_back(order, uuid())\n      otherwise none\n  }",
        'let place = env("PLACE")\nawait paid: bool from place within 1d',  # nothing to record
    ],
)
def test_some_places_are_left_to_people(body: str) -> None:
    found = [d for d in diagnostics(saga(body)) if d.name in (RULE, "unstable-key")]
    assert found
    assert all(d.finding.fix is None for d in found)


def test_an_inline_block_is_drawn_for_in_front() -> None:
    assert mended("if gift { wait until now() }") == (
        "record moment = now()\nif gift { wait until moment }"
    )


def test_what_is_recorded_is_silent() -> None:
    body = "record a = now()\nrecord b = uuid()\nrecord c = random()\nwait until a"
    assert said(saga(body), RULE) == []


def test_every_place_is_found() -> None:
    body = """
        fail Late(uuid())
    """
    found = said(saga(body, "error Late(why: text)"), RULE)
    assert [pointed_at(d) for d in found] == ["uuid()"]
