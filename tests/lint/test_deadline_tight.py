"""deadline-tight: when the budgets of the parts add up to more than the whole."""

from __future__ import annotations

import pytest

from flowc.lint.fixes import apply
from tests.support.linting import pointed_at, said
from tests.support.saga import HEAD, saga

RULE = "deadline-tight"


def within(deadline: str, body: str, *more: str, result: str = "") -> str:
    head = HEAD.replace("deadline 60d", f"deadline {deadline}")
    return saga(body, *more, head=head, result=result)


def story(text: str) -> list[str]:
    (found,) = said(text, RULE)
    return list(found.finding.story or ())


def test_the_story_adds_up() -> None:
    text = within(
        "24h",
        """
        step hold = stock.reserve(order) within 2h
          compensate stock.release(order)
        await paid: bool within 1d
          on timeout fail Refused
        """,
    ).replace("timeout 10s, attempts 5", "timeout 10m, attempts 50")
    (found,) = said(text, RULE)
    assert pointed_at(found) == "24h"
    assert story(text) == [
        "`hold` up to 2h",
        "`paid` awaited up to 1d",
        "= 1d2h, deadline 1d",
        "DeadlineExceeded",
    ]


def test_the_fix_raises_the_deadline() -> None:
    text = within("1h", "await paid: bool within 1d\nstep told = mail.tell(order)")
    (found,) = said(text, RULE)
    fix = found.finding.fix
    assert fix is not None
    assert not fix.safe
    mended = apply(text, fix.edits)
    assert "deadline 1d, compensate" in mended
    assert said(mended, RULE) == []


def test_a_long_story_is_told_by_its_longest_parts() -> None:
    waits = [f"wait {n}h" for n in range(1, 21)]
    body = "\n".join(["await paid: bool within 9d", *waits])
    told = story(within("10d", body))
    assert told[:2] == ["`paid` awaited up to 9d", "... 15 shorter ones, together 5d"]
    assert told[2:] == [
        *(f"wait {n}h" for n in range(16, 21)),
        "= 17d18h, deadline 10d",
        "DeadlineExceeded",
    ]


@pytest.mark.parametrize(
    ("deadline", "body"),
    [
        # the last step may run past the deadline: no running step is cut
        ("5m", "step hold = stock.reserve(order) with stubborn\n  compensate stock.release(order)"),
        # what follows `commit` is not looked at
        ("5m", "commit\nawait paid: bool within 9d\n  on timeout {}"),
        # a time from the input counts as nothing
        ("5m", "wait until at\nstep told = mail.tell(order)"),
        # arms exclude each other: 3h, not 6h
        ("4h", "if gift { wait 3h } else { wait 2h }\nstep told = mail.tell(order)"),
        # an arm that fails is not on the way to what follows
        (
            "1d",
            "if gift {\n  wait 20h\n  fail Refused\n}\nawait paid: bool within 20h\n"
            "step told = mail.tell(order)",
        ),
        # branches run side by side
        (
            "3h",
            "parallel {\n  branch a { await one: bool within 2h }\n"
            "  branch b { await two: bool within 2h }\n}\nstep told = mail.tell(order)",
        ),
        # two batches of two, not four rounds
        (
            "50m",
            "for line in lines max 4, 2 at once {\n  wait 20m\n}\nstep told = mail.tell(order)",
        ),
        # what has no bound is said by another rule
        ("1h", "await paid: bool\nstep told = mail.tell(order)"),
        # `within` bounds the attempts: 5m, not 5 times 10m
        ("6m", "step one = checks.ok(order)\nstep two = checks.busy(order)"),
    ],
)
def test_what_fits_is_left_alone(deadline: str, body: str) -> None:
    assert said(within(deadline, body), RULE) == []


@pytest.mark.parametrize(
    ("deadline", "body", "worst"),
    [
        # a timeout of its own, then what comes on timeout
        (
            "2d",
            "await paid: bool within 2d\n  on timeout { step n = stock.count(order) }\n"
            "step t = mail.tell(order)",
            "2d1m5s",
        ),
        # the probe has its own budget
        (
            "1m",
            "step paid = money.charge(order)\n  on unknown probe money.charged(order)\n"
            "  compensate money.refund(order)\nstep t = mail.tell(order)",
            "2m10s",
        ),
        # rounds and the pauses between them
        (
            "1h",
            "repeat max 3, every 1h {\n  wait 1m\n} until gift\n  on exhausted {}\ncommit",
            "2h3m",
        ),
        # the longest branch
        (
            "1h",
            "parallel {\n  branch a { await one: bool within 50m }\n"
            "  branch b { await two: bool within 70m }\n}\ncommit",
            "1h10m",
        ),
        # a failed `try` is unwound before its handler runs: 1m5s and 2h
        (
            "1h",
            "try {\n  step hold = stock.reserve(order)\n    compensate stock.release(order)\n"
            "} on Error {}\nstep t = mail.tell(order)",
            "2h1m5s",
        ),
    ],
)
def test_what_does_not_fit_is_summed_up(deadline: str, body: str, worst: str) -> None:
    assert f"= {worst}, deadline {deadline}" in story(within(deadline, body))


def test_a_sub_flow_counts_with_its_deadline() -> None:
    child = """
    flow ask(order: text) -> bool {
      version 1
      deadline 2d, compensate within 5h
      default with once, compensate with stubborn

      step hold = stock.reserve(order)
        compensate stock.release(order)
      await answer: bool within 9d
      return answer
    }
    """
    text = within("1d", "step asked = ask(order)\ncommit", child)
    told = next(
        d.finding.story
        for d in said(text, RULE)
        if d.source.text[d.finding.span.start :].startswith("1d")
    )
    assert told is not None
    # the deadline ends the `await` after 2d; the step of 10s is what it would not cut
    assert told[0] == "`asked` (ask) up to 2d10s"
