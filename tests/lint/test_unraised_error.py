"""unraised-error: handlers that no run comes to, told from those that some run does."""

from __future__ import annotations

import pytest

from tests.support.linting import diagnostics, pointed_at, said
from tests.support.saga import HEAD, saga

RULE = "unraised-error"
CHILD = """
flow child(order: text) {
  version 1
  deadline 1h, compensate within 1h
  default with quick within 5m

  step seen = checks.busy(order)
}
"""
KEPT = """
flow keep(order: text) {
  version 1
  deadline 1h, compensate within 1h
  default with quick within 5m

  try {
    step again = keep(order)
  } on Refused {
    wait 1m
  }
  fail Refused
}
"""


def dead(body: str, *more: str, head: str = HEAD) -> list[str]:
    return [pointed_at(found) for found in said(saga(body, *more, head=head), RULE)]


def tried(body: str, handlers: str) -> str:
    return "try {\n" + body + "\n} " + handlers


CHARGE = "step paid = money.charge(order)\n  on unknown halt"


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (tried(CHARGE, "on Refused {}"), ["Refused"]),
        (tried(CHARGE, "on Refused | CardDeclined {} on OutOfStock {}"), ["Refused", "OutOfStock"]),
        (tried(CHARGE, "on Unknown {}"), ["Unknown"]),  # it halts
        (tried(CHARGE, "on Cancelled {}"), ["Cancelled"]),
        (tried(CHARGE + "\n  otherwise none", "on Error {}"), ["Error"]),
        (tried("wait 1h", "on Error {}"), ["Error"]),
        (tried(tried(CHARGE, "on Error {}"), "on CardDeclined {}"), ["CardDeclined"]),
        (tried("await word: bool within 1h\n  on timeout {}", "on TimedOut {}"), ["TimedOut"]),
        (tried("step b = checks.busy(order) with forever", "on Busy {}"), ["Busy"]),
        (tried("step c = child(order)", "on Refused {}"), ["Refused"]),
    ],
)
def test_a_handler_that_never_runs(body: str, names: list[str]) -> None:
    assert dead(body, CHILD if "child" in body else "") == names


@pytest.mark.parametrize(
    "body",
    [
        tried(CHARGE, "on CardDeclined {}"),
        tried(CHARGE, "on Error as e {}"),
        tried("step b = checks.busy(order)", "on Busy {} on Unknown {}"),
        tried("step b = checks.ok(order) with forever", "on Unknown {}"),  # a wrong-typed value
        tried("await word: bool within 1h", "on TimedOut {}"),
        tried("for l in lines max 3 {}", "on LimitReached {}"),
        tried("repeat max 3 {\n  wait 1m\n} until gift", "on LimitReached {}"),
        tried("step c = child(order)", "on Cancelled {} on DeadlineExceeded {} on Busy {}"),
        tried("step c = keep(order)", "on Refused {}"),
        tried("parallel {\nbranch a { fail Refused }\nbranch b {}\n}", "on Refused {}"),
        tried(tried(CHARGE, "on CardDeclined { fail Refused }"), "on Refused {}"),
    ],
)
def test_a_handler_that_some_run_comes_to(body: str) -> None:
    more = [text for name, text in (("child", CHILD), ("keep", KEPT)) if name in body]
    assert dead(body, *more) == []


def test_a_flow_that_calls_itself_may_fail_with_its_own_errors() -> None:
    assert said(saga("wait 1h", KEPT), RULE) == []


def test_an_error_of_an_older_version_is_one() -> None:
    body = tried("until 2 { fail Refused }\nsince 2 { wait 1h }", "on Refused {}")
    assert dead(body, head=HEAD.replace("version 1", "version 2 supports 1")) == []
    assert dead(body, head=HEAD.replace("version 1", "version 2")) == ["Refused"]


def test_what_it_could_handle_is_named() -> None:
    (found,) = said(saga(tried(CHARGE, "on Refused {}")), RULE)
    assert found.finding.help == (
        "what can come here is `CardDeclined`: handle that, or take `on Refused` away"
    )


def test_why_a_declared_error_does_not_come_is_told() -> None:
    more = "service slow {\n  action go(order: text) writes x key order raises Busy\n}"
    body = tried("step s = slow.go(order)\n  on unknown halt", "on Busy {}")
    (found,) = said(saga(body, more), RULE)
    assert [related.message for related in found.finding.related] == [
        "when its attempts run out, that counts as `Unknown`"
    ]


def test_a_file_with_an_error_hears_of_the_error_only() -> None:
    text = saga(tried("step paid = money.charg(order)", "on CardDeclined {}"))
    assert [d.name for d in diagnostics(text) if d.name != "unused-declaration"] == ["unknown-name"]
