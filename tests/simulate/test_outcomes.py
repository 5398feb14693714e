"""What lies ahead of each step: the nearest failure that unwinds it, and the story of that run."""

from __future__ import annotations

import pytest

from flowc.compiler.check import check
from flowc.compiler.expr import Lit
from flowc.compiler.flow import Await, Block, Flow, Handler, If, Node, Step, Try
from flowc.compiler.types import ANY_ERROR, BOOL
from flowc.simulate.outcomes import Outcomes
from flowc.source import Source, Span
from tests.support.saga import saga


def outcomes(text: str, name: str = "sell") -> Outcomes:
    checked = check(Source("main.flow", text))
    assert [d.finding.message for d in checked.diagnostics if d.severity == "error"] == []
    flow = checked.program.find(name)
    assert flow is not None
    return Outcomes(flow, checked.program)


def step(found: Outcomes, name: str) -> Step:
    return next(step for step in found.flow.steps if step.name == name)


def after(body: str, name: str, *more: str) -> str | None:
    """What fails first once a step is passed: `how node error`, or None."""
    found = outcomes(saga(body, *more))
    failure = found.first_failure_after(step(found, name))
    if failure is None:
        return None
    return f"{failure.how} {called(failure.node)} {failure.error}"


def called(node: Node) -> str:
    return node.name if isinstance(node, Step | Await) else type(node).__name__


def story(body: str, name: str, *more: str) -> tuple[str, ...]:
    found = outcomes(saga(body, *more))
    failure = found.first_failure_after(step(found, name))
    assert failure is not None
    return found.story(step(found, name), failure, "the end")


PICK = 'step a = stock.pick(order, "a")\n  on unknown halt\n'
CHARGE = "step pay = money.charge(order)\n  on unknown halt\n"
CHECK = "step fine = checks.ok(order)\n"


# -- which failure ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (PICK, None),
        (PICK + "let x = 1", None),
        (PICK + CHARGE, "fail pay CardDeclined"),
        (PICK + CHECK, "unknown fine Unknown"),
        (PICK + "commit", "cancel Commit Cancelled"),
        (PICK + "wait 1h", "cancel WaitFor Cancelled"),
        (PICK + "wait until at", "cancel WaitUntil Cancelled"),
        (PICK + "wait 1h\n" + CHARGE, "fail pay CardDeclined"),
        (PICK + "await word: bool within 1h", "timeout word TimedOut"),
        (PICK + "await word: bool", "cancel word Cancelled"),
        (PICK + "await word: bool within 1h\n  on timeout {}", "cancel word Cancelled"),
        (PICK + "await word: bool within 1h\n  on timeout fail Refused", "fail Fail Refused"),
        (PICK + "commit\n" + CHARGE, "cancel Commit Cancelled"),
        (PICK + "fail Refused", "fail Fail Refused"),
        (PICK + "if gift { fail Refused }", "fail Fail Refused"),
        (PICK + 'step b = stock.pick(order, "b")\n  on unknown halt', "cancel b Cancelled"),
        (PICK + "step b = stock.pick(order, \"b\") with forever", "cancel b Cancelled"),
        (PICK + "step b = checks.ok(order)\n  otherwise none", "cancel b Cancelled"),
        (PICK + "for l in lines max 3 {}", "limit ForEach LimitReached"),
        (PICK + "repeat max 3 {\n  step b = mail.tell(order)\n    otherwise none\n} until gift",
         "limit Repeat LimitReached"),
    ],
)  # fmt: skip
def test_what_can_fail_afterwards(body: str, expected: str | None) -> None:
    assert after(body.replace(" with forever", " with forever\n  on unknown halt"), "a") == expected


def test_a_call_that_is_tried_for_ever_cannot_fail() -> None:
    assert after(PICK + "step b = checks.ok(order) with forever", "a") == "cancel b Cancelled"


def test_a_transient_error_stands_where_there_is_one_attempt_or_nothing_to_lose() -> None:
    assert after(PICK + "step b = checks.busy(order)", "a") == "fail b Busy"
    more = "service other {\n  action go(order: text) writes other key order raises Busy\n}"
    one = PICK + "step b = other.go(order) with once\n  on unknown halt"
    several = PICK + "step b = other.go(order) with quick\n  on unknown halt"
    assert after(one, "a", more) == "fail b Busy"
    assert after(several, "a", more) == "cancel b Cancelled"  # it counts as unknown, and halts


def test_what_a_handler_catches_further_inside_leaves_the_step_alone() -> None:
    body = PICK + "try {\n" + CHARGE + "} on CardDeclined {}"
    assert after(body, "a") == "cancel pay Cancelled"
    assert after(body.replace("CardDeclined {}", "Error {}"), "a") == "cancel pay Cancelled"
    body = PICK + "try {\n" + CHECK + CHARGE + "} on CardDeclined {}"
    assert after(body, "a") == "unknown fine Unknown"


def test_what_a_handler_catches_around_the_step_unwinds_it() -> None:
    assert after("try {\n" + PICK + CHARGE + "} on CardDeclined {}", "a") == "fail pay CardDeclined"


def test_a_handler_can_fail_itself() -> None:
    body = PICK + "try {\n" + CHARGE + "} on CardDeclined { fail Refused }"
    assert after(body, "a") == "fail Fail Refused"


def test_a_handler_for_what_never_comes_counts_for_nothing() -> None:
    body = PICK + "try {\n" + CHARGE + "} on Refused {\n  step sorry = checks.ok(order)\n}"
    found = outcomes(saga(body))
    assert not found.reachable(step(found, "sorry"))
    assert after(body, "a") == "fail pay CardDeclined"


def test_branches_fail_each_other() -> None:
    body = "parallel {\nbranch one {\n" + PICK + "}\nbranch two {\n" + CHARGE + "}\n}"
    assert after(body, "a") == "fail pay CardDeclined"
    assert after(body, "pay") == "cancel a Cancelled"


def test_only_the_arm_taken_counts() -> None:
    body = "if gift {\n" + PICK + "} else {\n" + CHARGE + "}"
    assert after(body, "a") is None


def test_a_return_ends_what_lies_ahead() -> None:
    assert after("if gift {\n" + PICK + "  return none\n}\n" + CHARGE, "a") is None


def test_the_next_round_can_fail_the_step() -> None:
    body = "for l in lines max 3 {\n" + CHECK + PICK + "}"
    assert after(body, "a") == "unknown fine Unknown"
    assert after(body.replace("max 3", "max 1"), "a") is None


def test_a_failing_round_that_is_collected_unwinds_only_itself() -> None:
    body = "for l in lines max 3 {\n" + CHECK + PICK + "} collect failure as errors"
    assert after(body, "a") == "cancel fine Cancelled"
    body = "for l in lines max 3 {\n" + PICK + CHECK + "} collect failure as errors"
    assert after(body, "a") == "unknown fine Unknown"


def test_rounds_that_run_out_unwind_them_all() -> None:
    body = "repeat max 3 {\n" + PICK + "} until gift"
    assert after(body, "a") == "limit Repeat LimitReached"
    late = "repeat max 1 {\n" + PICK + "} until gift\n  on exhausted fail Refused"
    assert after(late, "a") == "fail Fail Refused"
    assert after("repeat max 1 {\n" + PICK + "} until gift\n  on exhausted {}", "a") is None


def test_a_length_that_was_checked_is_no_limit() -> None:
    loop = "for l in lines max 3 {\n  step b = checks.ok(order)\n    otherwise none\n}"
    for guard in (
        "if length(lines) > 3 { fail Refused }",
        "if 3 < length(lines) { fail Refused }",
        "if gift or length(lines) >= 4 { fail Refused }",
        "if not (length(lines) <= 3) { fail Refused }",
    ):
        assert after(guard + "\n" + PICK + loop, "a") == "cancel b Cancelled"
    for guard in (
        "if length(lines) > 4 { fail Refused }",
        "if gift and length(lines) > 3 { fail Refused }",
        "if length(lines) > 3 { wait 1m }",
    ):
        assert after(guard + "\n" + PICK + loop, "a") == "limit ForEach LimitReached"
    assert after("if length(lines) <= 3 {\n" + PICK + loop + "\n}", "a") == "cancel b Cancelled"


def test_a_list_from_a_loop_is_as_long_as_the_loop() -> None:
    body = (
        "for l in lines max 3 {\n  step c = checks.ok(order)\n} collect c as cs\n"
        + PICK
        + "for c in [x for x in cs when x] max 3 {\n"
        + "  step b = mail.tell(order)\n    otherwise none\n}"
    )
    assert after(body, "a") == "cancel b Cancelled"


def test_a_long_chain_of_names_is_followed_only_so_far() -> None:
    chain = "let n0 = lines\n" + "".join(f"let n{i + 1} = n{i}\n" for i in range(2000))
    guard = "if length(lines) > 3 { fail Refused }\n"
    loop = "for l in {} max 3 {{\n  step b = mail.tell(order)\n    otherwise none\n}}"
    assert after(guard + chain + PICK + loop.format("n20"), "a") == "cancel b Cancelled"
    assert after(guard + chain + PICK + loop.format("n2000"), "a") == "limit ForEach LimitReached"


def test_lists_that_double_are_not_followed_for_ever() -> None:
    chain = "let n0 = [1]\n" + "".join(f"let n{i + 1} = concat(n{i}, n{i})\n" for i in range(38))
    loop = "for l in {} max 8 {{\n  step b = mail.tell(order)\n    otherwise none\n}}"
    assert after(chain + PICK + loop.format("n3"), "a") == "cancel b Cancelled"
    assert after(chain + PICK + loop.format("n4"), "a") == "limit ForEach LimitReached"
    assert after(chain + PICK + loop.format("n38"), "a") == "limit ForEach LimitReached"


# -- sub-flows --------------------------------------------------------------------------------

CHILD = """
flow child(order: text) {
  version 1
  default with quick within 5m, compensate with stubborn
  deadline 1h, compensate within 2h

  step ship = parcels.ship(order)
    compensate parcels.recall(order)
  step told = mail.tell(order)

  commit

  step count = stock.count(order)
    otherwise none
}
"""


def test_a_child_fails_with_what_leaves_it_before_its_commit() -> None:
    found = outcomes(saga("step c = child(order)", CHILD), "child")
    assert set(found.errors) == {"Refused", "Unknown", "DeadlineExceeded"}
    assert after(PICK + "step c = child(order)", "a", CHILD) == "fail c Refused"
    caught = PICK + "try {\n  step c = child(order)\n} on Error {}"
    assert after(caught, "a", CHILD) == "cancel c Cancelled"


def test_a_child_changes_what_it_and_its_children_change() -> None:
    outer = "flow outer(order: text) {\n  version 1\n  step inner = child(order)\n}\n"
    found = outcomes(saga("step c = outer(order)", CHILD, outer))
    assert found.changes(step(found, "c")) == {"parcel"}


# -- after commit -----------------------------------------------------------------------------


def uncaught(body: str) -> dict[str, list[str]]:
    found = outcomes(saga(body))
    return {
        called(node): [error for error, _ in errors]
        for node, errors in found.uncaught_after_commit()
    }


def test_what_reaches_the_top_after_commit() -> None:
    assert uncaught("commit\n" + CHECK + CHARGE) == {"fine": ["Unknown"], "pay": ["CardDeclined"]}
    assert uncaught(CHECK + "commit") == {}
    assert uncaught("commit\ntry {\n" + CHECK + CHARGE + "} on CardDeclined {}") == {
        "fine": ["Unknown"]
    }
    assert uncaught("commit\ntry {\n" + CHECK + CHARGE + "} on Error {}") == {}
    assert uncaught("commit\nfor l in lines max 3 {\n" + CHECK + "} collect failure as f") == {
        "ForEach": ["LimitReached"]
    }


def test_after_commit_only_a_try_undoes() -> None:
    undone = "\n  compensate stock.release(order)\n"
    pick = 'step a = stock.pick(order, "a")\n  on unknown halt' + undone
    for body, expected in (
        ("commit\n" + pick + CHARGE, False),
        ("commit\ntry {\n" + pick + CHARGE + "} on CardDeclined {}", True),
        ("commit\ntry {\n" + pick + CHARGE + "} on Refused {}", False),
        ("commit\ntry {\n" + pick + "} on Error {}\n" + CHARGE, False),
        (pick + "commit", True),
        (pick, False),
        ('step a = stock.pick(order, "a")' + undone, True),
    ):
        found = outcomes(saga(body))
        assert found.may_be_undone(step(found, "a")) is expected, body


# -- stories ----------------------------------------------------------------------------------


def test_a_story_tells_the_run_in_order() -> None:
    assert story(CHECK + PICK + CHARGE, "a") == (
        "fine ok",
        "a ok",
        "pay fails with CardDeclined",
        "the end",
    )
    assert story(PICK + CHECK, "a") == ("a ok", "fine unknown", "fails with Unknown", "the end")
    assert story(PICK + "commit", "a") == (
        "a ok",
        "cancelled before commit",
        "fails with Cancelled",
        "the end",
    )


def test_a_story_tells_the_decisions_on_its_way() -> None:
    body = "if gift {\n" + PICK + "  if kind == Sale { fail Refused }\n}"
    assert story(body, "a") == (
        "if `gift`",
        "a ok",
        "if `kind == Sale`",
        "fails with Refused",
        "the end",
    )


def test_a_story_tells_who_takes_over() -> None:
    body = "try {\n" + PICK + CHARGE + "} on CardDeclined {}"
    assert story(body, "a")[1:3] == ("pay fails with CardDeclined", "`on CardDeclined` takes over")


def test_a_story_from_a_handler_tells_how_it_got_there() -> None:
    body = "try {\n" + CHARGE + "} on CardDeclined {\n" + PICK + CHECK + "}"
    assert story(body, "a") == (
        "pay fails with CardDeclined",
        "a ok",
        "fine unknown",
        "fails with Unknown",
        "the end",
    )


def test_a_story_goes_round() -> None:
    body = (
        "for l in lines max 3 {\n"
        + CHECK
        + PICK
        + "  step b = mail.tell(order)\n    otherwise none\n}"
    )
    assert story(body, "a") == (
        "fine ok",
        "a ok",
        "… 1 step ok",
        "next round",
        "fine unknown",
        "fails with Unknown",
        "the end",
    )


def test_a_story_looks_into_the_other_branch() -> None:
    body = "parallel {\nbranch one {\n" + PICK + "}\nbranch two {\n" + CHECK + "}\n}"
    assert story(body, "a") == (
        "in `one`",
        "a ok",
        "meanwhile, in `two`",
        "fine unknown",
        "fails with Unknown",
        "the end",
    )


def test_a_story_leaves_out_a_long_middle() -> None:
    many = "".join(f"step s{n} = checks.ok(order)\n  otherwise none\n" for n in range(300))
    told = story(many + PICK + many.replace("step s", "step t") + CHARGE, "a")
    assert told == (
        "… 296 steps ok",
        "s296 ok",
        "s297 ok",
        "s298 ok",
        "s299 ok",
        "a ok",
        "… 296 steps ok",
        "t296 ok",
        "t297 ok",
        "t298 ok",
        "t299 ok",
        "pay fails with CardDeclined",
        "the end",
    )


# -- size -------------------------------------------------------------------------------------


def test_nesting_is_no_recursion() -> None:
    """Ten thousand levels of `if` and `try` are walked without a stack of calls."""
    checked = check(Source("main.flow", saga(PICK + CHARGE)))
    flow: Flow = checked.program.flows[0]
    span = Span(0, 1)
    body = flow.body
    for level in range(10_000):
        inner = (
            If(span, Lit(span, BOOL, True), body, None, ())
            if level % 2
            else Try(span, body, (Handler(span, (), None, ANY_ERROR, Block(span, ())),), ())
        )
        body = Block(span, (inner,))
    found = Outcomes(flow.replace(body=body), checked.program)
    pick = next(node for node in found.places.nodes if isinstance(node, Step))
    failure = found.first_failure_after(pick)
    assert failure is not None
    assert found.story(pick, failure, "the end")[-3:] == (
        "pay fails with CardDeclined",
        "`on Error` takes over",
        "the end",
    )
