"""Where the rules about sagas speak, and where a naive check would cry wolf."""

from __future__ import annotations

import pytest

from flowc.diagnostic import Diagnostic
from tests.support.linting import diagnostics, pointed_at, said
from tests.support.saga import HEAD, saga

PICK = 'step a = stock.pick(order, "a")\n  on unknown halt\n'
UNDONE = 'step a = stock.pick(order, "a")\n  compensate stock.release(order)\n'
CHARGE = "step pay = money.charge(order)\n  on unknown halt\n"
CHECK = "step fine = checks.ok(order)\n"


def found(name: str, body: str, *more: str) -> list[str]:
    """What the findings of a rule point at."""
    return [pointed_at(d) for d in said(saga(body, *more), name)]


def only(name: str, body: str, *more: str) -> Diagnostic:
    (diagnostic,) = said(saga(body, *more), name)
    return diagnostic


# -- uncompensated-effect ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        PICK + CHECK,
        PICK + "commit",  # a cancel can come before it
        PICK + "wait 1h",
        "if gift {\n" + PICK + "}\n" + CHECK,
        "parallel {\nbranch one {\n" + PICK + "}\nbranch two {\n" + CHECK + "}\n}",
        "for l in lines max 3 {\n  step a = stock.pick(order, l.sku)\n    on unknown halt\n}",
        "try {\n" + PICK + CHARGE + "} on CardDeclined {}",
        "try {\n" + CHARGE + "} on CardDeclined {\n" + PICK + "}\n" + CHECK,
    ],
)
def test_an_effect_is_left_behind(body: str) -> None:
    assert "a" in found("uncompensated-effect", body)


@pytest.mark.parametrize(
    "body",
    [
        PICK,  # nothing can fail afterwards
        UNDONE + CHECK,
        CHECK + PICK,
        "if gift {\n" + PICK + "} else {\n" + CHECK + "}",  # never both
        "if gift {\n" + PICK + "  return none\n}\n" + CHECK,
        "commit\n" + PICK + "step b = mail.tell(order)\n  otherwise none",  # only forward
        "step a = mail.tell(order)\n" + CHECK,  # it only tells somebody
        CHECK + "step other = stock.count(order)",
        "try {\n" + CHECK + "} on Refused {\n" + PICK + "}",
    ],
)
def test_an_effect_is_not_left_behind(body: str) -> None:
    result = "text?" if "return none" in body else ""
    text = saga(body + ("\nreturn none" if result else ""), result=result)
    assert said(text, "uncompensated-effect") == []


CHILD = """
flow child(order: text) {
  version 1
  default with quick within 5m, compensate with stubborn

  step ship = parcels.ship(order)
    compensate parcels.recall(order)
}
"""


def test_what_a_flow_has_done_stays_unless_its_caller_undoes_it() -> None:
    finding = only("uncompensated-effect", "step c = child(order)\n" + CHECK, CHILD).finding
    assert "`c` calls `child`, which changes `parcel` for good" in finding.message
    undone = "step c = child(order)\n  compensate parcels.recall(order)\n" + CHECK
    assert found("uncompensated-effect", undone, CHILD) == []
    reading = CHILD.replace("parcels.ship", "checks.ok").replace(
        "    compensate parcels.recall(order)\n", ""
    )
    assert found("uncompensated-effect", "step c = child(order)\n" + CHECK, reading) == []


def test_the_finding_says_what_fails_and_tells_the_run() -> None:
    finding = only("uncompensated-effect", CHECK + PICK + CHARGE).finding
    assert finding.message == (
        "`a` changes `stock`, and nothing undoes it when `pay` fails with `CardDeclined`"
    )
    assert finding.related[0].message == "this can fail afterwards"
    assert finding.story == (
        "fine ok",
        "a ok",
        "pay fails with CardDeclined",
        "a is left behind",
    )


def test_a_fix_is_offered_where_one_action_fits() -> None:
    finding = only("uncompensated-effect", CHARGE + CHECK).finding
    assert finding.fix is not None
    assert not finding.fix.safe
    assert finding.fix.edits[0].text.strip() == "compensate money.refund(order)"
    no_reverse = "service odd {\n  action go(order: text) writes odd key order\n}"
    body = "step a = odd.go(order)\n  on unknown halt\n" + CHECK
    assert only("uncompensated-effect", body, no_reverse).finding.fix is None


def test_a_finding_can_be_allowed_with_a_reason() -> None:
    allow = '// flowc: allow uncompensated-effect because "a log is kept"\n'
    assert found("uncompensated-effect", allow + PICK + CHECK) == []


# -- compensation-reads-changed-data ----------------------------------------------------------

SHELF = """
service shelf {
  read level(order: text) -> int
  action add(order: text, by: int) writes level key order, by
  action take(order: text, by: int) writes level key order, by absorbing
  action set(order: text, to: int) writes level key order, to
  action reset(order: text, to: int) writes level key order absorbing
}
"""
READ = "step before = shelf.level(order)\n"
ADD = "step more = shelf.add(order, 1)\n  compensate shelf.take(order, 1)\n"
SET = "step put = shelf.set(order, 9)\n  compensate shelf.reset(order, before)\n"


def test_a_value_from_before_another_change_is_put_back() -> None:
    name = "compensation-reads-changed-data"
    finding = only(name, READ + ADD + SET + CHECK, SHELF).finding
    assert finding.message == (
        "`shelf.reset` puts back what `before` read, but `more` has changed `level` since"
    )
    through = READ + ADD + "let old = before + 0\n" + SET.replace("before", "old") + CHECK
    assert found(name, through, SHELF) == ["old"]
    nested = READ + "if gift {\n" + ADD + "}\n" + SET + CHECK
    assert found(name, nested, SHELF) == ["before"]


@pytest.mark.parametrize(
    "body",
    [
        ADD + READ + SET + CHECK,  # read after the change
        READ + SET + ADD + CHECK,  # undone in reverse: the change goes first
        READ + ADD.replace("order", '"other"') + SET + CHECK,  # another thing
        READ + "step on = stock.pick(order, \"a\")\n  compensate stock.release(order)\n" + SET
        + CHECK,  # another resource
        READ + SET + SET.replace("put", "again").replace("9", "8") + CHECK,  # puts back the same
        READ + "if gift {\n" + ADD + "} else {\n" + SET + "}\n" + CHECK,  # never both
    ],
)  # fmt: skip
def test_a_value_that_holds_is_put_back(body: str) -> None:
    assert found("compensation-reads-changed-data", body, SHELF) == []


# -- compensation-not-absorbing ---------------------------------------------------------------


def test_a_blind_compensation_must_be_absorbing() -> None:
    body = (
        "step a = stock.reserve(order)\n"
        "  on unknown compensate\n  compensate stock.unreserve(order)\n"
    )
    finding = only("compensation-not-absorbing", body + CHECK).finding
    assert "`stock.unreserve` is called even if `a` never took effect" in finding.message
    assert finding.related[0].message == "declared here"
    assert only("compensation-not-absorbing", body).finding.story is not None  # its own unknown
    for answer in ("halt", "probe stock.find(order)"):
        other = body.replace("unknown compensate", f"unknown {answer}")
        assert found("compensation-not-absorbing", other + CHECK) == []
    assert found("compensation-not-absorbing", body.replace("unreserve", "release") + CHECK) == []
    assert found("compensation-not-absorbing", "commit\n" + body) == []  # it never runs
    tried_for_ever = body.replace("reserve(order)\n", "reserve(order) with forever\n", 1)
    assert found("compensation-not-absorbing", tried_for_ever + CHECK) == []  # never unknown


# -- compensation-without-policy --------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "fault"),
    [
        ("", "names nobody to page"),
        (" with once", "is tried only once"),
        (" with slow", "has no `timeout` for a single attempt"),
        (" with beating", None),
        (" with stubborn", None),
        (" with forever", None),  # it never gives up
    ],
)
def test_a_compensation_is_patient(policy: str, fault: str | None) -> None:
    more = (
        'policy slow { within 1h, attempts 9, exhausted page "x" }\n'
        'policy beating { within 1h, heartbeat 30s, attempts 9, exhausted page "x" }\n'
    )
    body = UNDONE.replace("release(order)", "release(order)" + policy) + CHECK
    head = HEAD.replace(", compensate with stubborn", "")
    diagnostics = said(saga(body, more, head=head), "compensation-without-policy")
    assert [fault in d.finding.message for d in diagnostics if fault] == [True] * bool(fault)
    assert len(diagnostics) == bool(fault)


def test_one_finding_speaks_for_all_under_a_policy() -> None:
    head = HEAD.replace(", compensate with stubborn", "")
    several = "".join(UNDONE.replace("step a", f"step a{n}").replace('"a"', f'"{n}"')
                      for n in range(5))  # fmt: skip
    (diagnostic,) = said(saga(several + CHECK, head=head), "compensation-without-policy")
    assert [r.message for r in diagnostic.finding.related] == [
        "the same holds for `a1`",
        "the same holds for `a2`",
        "the same holds for `a3`",
    ]


def test_a_compensation_that_never_runs_needs_no_patience() -> None:
    head = HEAD.replace(", compensate with stubborn", "")
    body = "commit\n" + UNDONE.replace("  comp", "  on unknown halt\n  comp")
    assert said(saga(body, head=head), "compensation-without-policy") == []


# -- compensation-writes-elsewhere ------------------------------------------------------------


def test_a_compensation_changes_what_its_step_changed() -> None:
    name = "compensation-writes-elsewhere"
    body = "step a = money.charge(order)\n  compensate stock.release(order)\n" + CHECK
    message = only(name, body).finding.message
    assert message == "`a` changes `account`, but its compensation changes `stock`"
    assert found(name, body.replace("stock.release", "money.refund")) == []
    child = "step a = child(order)\n  compensate {}(order)\n" + CHECK
    assert found(name, child.format("parcels.recall"), CHILD) == []
    assert found(name, child.format("stock.release"), CHILD) == ["stock.release(order)"]


def test_contracts_that_name_no_resource_are_not_compared() -> None:
    odd = (
        "service odd {\n  action go(order: text) key order\n"
        "  action back(order: text) key order absorbing\n}"
    )
    for step, back in (("odd.go", "stock.release"), ("stock.reserve", "odd.back")):
        body = f"step a = {step}(order)\n  compensate {back}(order)\n" + CHECK
        assert found("compensation-writes-elsewhere", body, odd) == []


# -- fallible-after-commit --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("step note = mail.tell(order)", "without anybody knowing its outcome"),
        (CHECK, "`fine` can still fail after `commit`"),
        (CHARGE, "with `CardDeclined`"),
        ("step busy = checks.busy(order)", "with `Busy` or without anybody knowing"),
        ("await word: bool within 1h", "can time out after `commit`"),
        ("for l in lines max 3 {}", "more than 3 items"),
        ("repeat max 3 {\n  wait 1m\n} until gift", "3 rounds are not enough"),
        ("if gift {\n" + CHECK + "}", "`fine` can still fail"),
        ("try {\n" + CHECK + CHARGE + "} on CardDeclined {}", "`fine` can still fail"),
        ("step c = child(order)", "with `Refused`"),
        (
            "step h = stock.reserve(order)\n  on unknown probe stock.find(order)",
            "with `Unknown` when the probe finds nothing",
        ),
    ],
)
def test_what_can_fail_after_commit(body: str, words: str) -> None:
    more = CHILD if "child" in body else ""
    finding = only("fallible-after-commit", "commit\n" + body, more).finding
    assert words in finding.message
    assert finding.story is not None
    assert (finding.story[0], finding.story[-1]) == ("commit", "ends Incomplete")


@pytest.mark.parametrize(
    "body",
    [
        CHARGE.replace("charge", "refund"),  # a change of unknown outcome halts
        "step note = mail.tell(order)\n  otherwise none",
        "step note = mail.tell(order) with forever",
        "try {\n" + CHECK + CHARGE + "} on Error {}",
        "try {\n" + CHARGE + "} on CardDeclined | Unknown {}",
        "await word: bool within 1h\n  on timeout {}",
        "await word: bool",
        "for l in [1, 2, 3] max 3 {}",
        "repeat max 3 {\n  wait 1m\n} until gift\n  on exhausted {}",
        "step c = child(order)\n  otherwise none",
        "wait 1h",  # cancel and deadline are ignored
    ],
)
def test_what_cannot_fail_after_commit(body: str) -> None:
    assert found("fallible-after-commit", "commit\n" + body, CHILD if "child" in body else "") == []


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        ("on unknown probe checks.ok(order)", "drop the probe"),
        ("on unknown compensate\n  compensate stock.release(order)", "do not compensate"),
    ],
)
def test_after_commit_an_answer_that_fails_is_one_too_many(clause: str, words: str) -> None:
    step = f'commit\nstep p = stock.pick(order, "a")\n  {clause}\n'
    way_out = only("fallible-after-commit", step).finding.help or ""
    assert way_out.startswith(words)
    assert "`on unknown halt`" in way_out
    assert found("fallible-after-commit", step.replace(clause, "on unknown halt")) == []


def test_a_length_checked_before_commit_is_no_failure_after_it() -> None:
    loop = "commit\nfor l in lines max 3 {}"
    assert found("fallible-after-commit", loop) == ["for l in lines max 3 {}"]
    assert found("fallible-after-commit", "if length(lines) > 3 { fail Refused }\n" + loop) == []


# -- dead-compensation ------------------------------------------------------------------------


def test_a_compensation_nothing_leads_to() -> None:
    halting = UNDONE.replace("  comp", "  on unknown halt\n  comp")
    finding = only("dead-compensation", halting).finding
    assert finding.message == "this compensation never runs: nothing can fail once `a` is done"
    late = only("dead-compensation", "commit\n" + halting + CHECK)
    assert "nothing is undone after `commit`" in late.finding.message
    assert late.severity == "advice"


@pytest.mark.parametrize(
    "body",
    [
        UNDONE,  # its own outcome can stay unknown
        UNDONE + "commit",  # a cancel can come before it
        UNDONE + "wait 1m",
        "parallel {\nbranch one {\n" + UNDONE + "}\nbranch two {\n" + CHECK + "}\n}",
        "for l in lines max 2 {\n" + UNDONE.replace('"a"', "l.sku") + "}",
        "commit\ntry {\n" + UNDONE + CHARGE + "} on CardDeclined {}",
        'commit\nstep a = stock.pick(order, "a")\n  on unknown compensate\n'
        "  compensate stock.release(order)\n  otherwise none",
    ],
)
def test_a_compensation_that_can_run(body: str) -> None:
    assert found("dead-compensation", body) == []


# -- double-compensation ----------------------------------------------------------------------

PUT = (
    'step a = stock.reserve(order)\n  on unknown halt\n  compensate stock.put_back(order, "undo")\n'
)
BY_HAND = 'step back = stock.put_back(order, "by hand")\n  on unknown halt\n'


@pytest.mark.parametrize(
    "body",
    [
        PUT + BY_HAND + CHECK,
        PUT + "if gift {\n" + BY_HAND + "}\n" + CHECK,
        "try {\n" + PUT + CHARGE + "} on CardDeclined {\n" + BY_HAND + "}",
        "try {\n" + PUT + CHECK + CHARGE + "} on CardDeclined {\n" + BY_HAND + "}",
    ],
)
def test_a_step_undone_by_hand_and_by_unwinding(body: str) -> None:
    assert found("double-compensation", body) == ["back"]


@pytest.mark.parametrize(
    "body",
    [
        PUT + BY_HAND.replace('"by hand"', '"undo"') + CHECK,  # one key: the second does nothing
        PUT.replace('put_back(order, "undo")', "release(order)")
        + "step back = stock.release(order)\n  on unknown halt\n"
        + CHECK,  # absorbing
        PUT + "commit\n" + BY_HAND,  # nothing unwinds any more
        PUT + BY_HAND,  # nothing can fail afterwards
        PUT + BY_HAND.replace("order", '"other"', 1) + CHECK,  # another order
        BY_HAND + PUT + CHECK,  # undone before it was done
        "if gift {\n" + PUT + "} else {\n" + BY_HAND + "}\n" + CHECK,  # never both
        "try {\n" + CHARGE + "} on CardDeclined {\n" + BY_HAND + "}\n" + PUT + CHECK,
        "try {\n" + CHARGE + PUT + "} on CardDeclined {\n" + BY_HAND + "}",  # nothing to unwind
    ],
)
def test_a_step_undone_once(body: str) -> None:
    assert found("double-compensation", body) == []


# -- lease-outlived ---------------------------------------------------------------------------

LEASE = """
service seats {
  action hold(order: text) -> Hold writes seats key order lease 24h
  action drop(order: text) writes seats key order absorbing
  action take(order: text, hold: text) writes seats key order, hold
}
"""
HOLD = "step seat = seats.hold(order)\n  compensate seats.drop(order)\n"
TAKE = "step taken = seats.take(order, seat.id)\n  on unknown halt\n"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (HOLD + "wait 2d\ncommit", "`commit` can come as late as 2d after it"),
        (HOLD + "wait 2d\n" + TAKE, "`taken` can come as late as 2d after it"),
        (HOLD + "commit\nwait 2d\n" + TAKE, "`taken` can come as late as 2d after it"),
        (HOLD + "await word: bool within 3d\ncommit", "as late as 3d after it"),
        (HOLD + "repeat max 30, every 1h {\n  wait 1m\n} until gift\ncommit", "`commit` can come"),
        ("parallel {\nbranch one {\n" + HOLD + "}\nbranch two { wait 2d }\n}\ncommit",
         "`commit` can come as late as 2d"),
    ],
)  # fmt: skip
def test_a_lease_runs_out(body: str, words: str) -> None:
    finding = only("lease-outlived", body, LEASE).finding
    assert finding.message.startswith("`seat` holds for 1d, but ")
    assert words in finding.message


@pytest.mark.parametrize(
    "body",
    [
        HOLD + "wait 23h\ncommit",
        "wait 5d\n" + HOLD + "commit",  # held after the wait
        HOLD + "commit\nwait 5d",  # not needed any more
        HOLD + TAKE + "wait 5d",
        HOLD + "if gift { wait 2d }\n",  # nothing to last for
        HOLD + "wait until at\ncommit",  # nobody knows how long that is
    ],
)
def test_a_lease_lasts(body: str) -> None:
    assert found("lease-outlived", body, LEASE) == []


def test_the_round_that_succeeds_is_the_last() -> None:
    loop = """\
repeat max 20 {
  try {
    step seat = seats.hold(order)
      compensate seats.drop(order)
    step fine = checks.ok(order)
  } on Unknown {
    wait 2h
  }
} until %s
  on exhausted fail OutOfStock
commit
"""
    assert found("lease-outlived", loop % "seat != none", LEASE) == []
    assert found("lease-outlived", loop % "gift", LEASE) == ["seat"]


def test_a_deadline_keeps_a_lease() -> None:
    body = HOLD + "await word: bool within 3d\ncommit"
    head = HEAD.replace("deadline 60d", "deadline 23h")
    assert said(saga(body, LEASE, head=head), "lease-outlived") == []


# -- what is wrong already is not said twice --------------------------------------------------


@pytest.mark.parametrize(
    ("body", "head"),
    [
        ('step a = stock.pick(order, "a")\n  compensate stock.relese(order)\n', HEAD),
        ('step a = stock.pick(order, "a")\n  compensate stock.release(ordr)\n', HEAD),
        (UNDONE.replace("release(order)", "release(order) with nosuch"), HEAD),
        (UNDONE.replace("order, ", "ordr, "), HEAD),
        (UNDONE, HEAD.replace("compensate with stubborn", "compensate with nosuch")),
        ("for l in liness max 3 {\n" + UNDONE.replace('"a"', "l.sku") + "}\n", HEAD),
        ("try {\n" + UNDONE + "} on Nosuch {}\n", HEAD),
        ("commit\ntry {\n  step b = mail.tell(order)\n} on Nosuch {}\n", HEAD),
    ],
)
def test_an_error_is_not_followed_by_findings_about_it(body: str, head: str) -> None:
    found = diagnostics(saga(body + "wait 1h", head=head))
    assert [d.severity for d in found if d.severity == "error"] == ["error"]
    assert [d.name for d in found if d.code[:3] in ("SAG", "DAT") and d.severity != "error"] == []


# -- effect-always-undone ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        UNDONE + "fail Refused",
        "if gift {\n" + UNDONE + "fail Refused\n}",
        "if gift {\n" + UNDONE + "}\nif not gift { fail OutOfStock } else { fail Refused }",
        "try {\n" + UNDONE + "fail Refused\n} on Refused {}",
        "for l in lines max 3 {\n" + UNDONE.replace('"a"', "l.sku") + "fail Refused\n}",
    ],
)
def test_an_effect_that_no_run_keeps(body: str) -> None:
    finding = only("effect-always-undone", body).finding
    assert finding.story is not None
    assert finding.story[-1] == "stock.release undoes a"


@pytest.mark.parametrize(
    "body",
    [
        UNDONE,
        UNDONE + "if gift { fail Refused }",
        UNDONE + "if gift { return none }\nfail Refused",
        UNDONE + "commit",
        "if gift {\n" + UNDONE + "} else { fail Refused }",
        UNDONE + "try { fail Refused } on Refused {}",
        "try {\n" + CHARGE + "} on CardDeclined {\n" + UNDONE + "}",
        'step a = stock.pick(order, "a")\n  on unknown halt\nfail Refused',  # SAG001 tells it
    ],
)
def test_an_effect_that_some_run_keeps(body: str) -> None:
    assert found("effect-always-undone", body) == []
