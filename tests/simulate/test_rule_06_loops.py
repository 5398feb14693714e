"""Rule 6: parallel, for and repeat."""

from __future__ import annotations

import pytest

from flowc.simulate.trace import TimerEvent
from tests.support.stories import UNDO, found, play, tell, times, took

PAR = f"""parallel {{
  branch x {{
    step a = s.do(id) with once{UNDO}
  }}
  branch y when flag {{
    step b = s.do(id) with once{UNDO}
    step d = s.look(id) with once
  }}
}}
"""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", "{a | b; d} => Completed"),
        # every branch settles
        ("a=Boom", "{a Boom | b; d}; b undo => Compensated(Boom)"),
        ("a=Boom; b=ok:9s", "{a Boom | b; d}; b undo => Compensated(Boom)"),
        # the first failed branch in textual order gives the error
        ("a=Boom:5s; b=Bang", "{a Boom | b Bang} => Compensated(Boom)"),
        ("a=ok; d=Busy", "{a | b; d Busy}; {a undo | b undo} => Compensated(Busy)"),
    ],
)
def test_parallel(said: str, told: str) -> None:
    assert tell(PAR, said) == told


def test_a_branch_whose_condition_is_false_is_left_out() -> None:
    body = PAR + "return b"
    assert tell(body, result=" -> text?", given={"flag": False}) == "a => Completed"
    assert tell(body, 'b="v"', result=" -> text?") == '{a | b; d} => Completed("v")'


def test_branches_take_as_long_as_the_longest() -> None:
    assert took(play(PAR, "a=ok:5s; b=ok:3s; d=ok:1s")) == 5


FOR = f"for x in xs max 4, {{}} at once {{{{\n  step a = s.do(x) with once{UNDO}\n}}}}"


@pytest.mark.parametrize(
    ("width", "said", "told"),
    [
        (1, "", "a[0]; a[1]; a[2] => Completed"),
        (2, "", "{a[0] | a[1]}; a[2] => Completed"),
        (3, "", "{a[0] | a[1] | a[2]} => Completed"),
        # the next batch starts only if none failed
        (1, "a[1]=Boom", "a[0]; a[1] Boom; a[0] undo => Compensated(Boom)"),
        (2, "a[0]=Boom", "{a[0] Boom | a[1]}; a[1] undo => Compensated(Boom)"),
        # the first one in item order gives the error
        (
            3,
            "a[1]=Boom:9s; a[2]=Bang",
            "{a[0] | a[1] Boom | a[2] Bang}; a[0] undo => Compensated(Boom)",
        ),
    ],
)
def test_for(width: int, said: str, told: str) -> None:
    assert tell(FOR.format(width), said) == told


def test_a_list_longer_than_max_fails_first() -> None:
    given = {"xs": list("abcde")}
    assert tell(FOR.format(2), given=given) == "=> Compensated(LimitReached 4)"
    assert tell(FOR.format(2), given={"xs": list("abcd")}).endswith("=> Completed")
    assert tell(FOR.format(2), given={"xs": []}) == "=> Completed"


def test_without_a_width_one_round_runs_at_a_time() -> None:
    body = "for x in xs max 4 {\n  step a = s.look(x) with once\n}"
    assert list(times(play(body, "a=ok:2s")).values()) == [0, 2, 4]


def test_collect_is_in_item_order_and_leaves_out_what_failed() -> None:
    body = f"""for x in xs max 4, 3 at once {{
  step b = s.do(x) with once{UNDO}
  step a = s.do(x) with once{UNDO}
}} collect a as got, failure as lost
let g = join(got, "+")
let l = join([e.name for e in lost], "+")
return "{{g}} {{l}}"
"""
    told = tell(body, 'a[0]="p":9s; a[1]=Boom; a[2]="q"', result=" -> text")
    assert told == '{b[0]; a[0] | b[1]; a[1] Boom; b[1] undo | b[2]; a[2]} => Completed("p+q Boom")'


def test_a_round_that_failed_is_undone_by_itself_and_the_others_are_kept() -> None:
    body = f"""for x in xs max 4 {{
  step b = s.do(x) with once{UNDO}
  step a = s.do(x) with once{UNDO}
}} collect failure as lost
step z = s.look(id) with once"""
    told = tell(body, "a[1]=Boom; z=Boom", given={"xs": ["x", "y"]})
    assert told == (
        "b[0]; a[0]; b[1]; a[1] Boom; b[1] undo; z Boom; a[0] undo; b[0] undo => Compensated(Boom)"
    )


def test_for_carries_from_round_to_round() -> None:
    body = """for x in xs max 4 as i carry t: text = "" {
  step a = s.look("{t}{i}") with once
  next t = "{t}{x}"
}
return t"""
    story = play(body, result=" -> text")
    assert [call.split()[0] for call in times(story)] == ["a[0]", "a[1]", "a[2]"]
    assert tell(body, result=" -> text").endswith('Completed("xyz")')


REPEAT = """repeat max 3 as i, every 5s {
  step a = s.look(id) with once
} until i == many"""


@pytest.mark.parametrize(
    ("n", "told", "seconds"),
    [
        (0, "a[0] => Completed", 0),
        (1, "a[0]; a[1] => Completed", 5),
        (2, "a[0]; a[1]; a[2] => Completed", 10),
        (3, "a[0]; a[1]; a[2] => Compensated(LimitReached 3)", 10),
    ],
)
def test_repeat_runs_the_body_and_then_reads_until(n: int, told: str, seconds: int) -> None:
    assert tell(REPEAT, given={"many": n}) == told
    story = play(REPEAT, given={"many": n})
    assert took(story) == seconds
    pauses = found(story, TimerEvent)
    assert [(p.kind, p.end - p.at) for p in pauses] == [("every", 5000)] * (seconds // 5)


def test_exhausted_has_a_clause() -> None:
    body = REPEAT + "\n  on exhausted {\n    step z = s.look(id) with once\n  }"
    assert tell(body, given={"many": 3}) == "a[0]; a[1]; a[2]; z => Completed"
    assert tell(body, given={"many": 2}) == "a[0]; a[1]; a[2] => Completed"


def test_repeat_keeps_the_last_rounds_names() -> None:
    body = REPEAT + '\nreturn a ?? "none"'
    assert tell(body, 'a[0]="p"; a[1]="q"', result=" -> text", given={"many": 1}).endswith('("q")')


def test_an_arm_that_the_last_round_did_not_take_binds_none() -> None:
    body = """repeat max 3 as i {
  if i == 0 {
    let was = "first"
  }
} until i == 1
return was"""
    assert tell(body, result=" -> text?") == "=> Completed"


def test_carried_values_are_constant_within_a_round() -> None:
    body = """repeat max 9 carry k: int = 0 {
  next k = k + 1
  step a = s.look("{k}") with once
} until k == 2
return k"""
    assert tell(body, result=" -> int") == "a[0]; a[1]; a[2] => Completed(3)"


def test_next_that_is_not_reached_carries_the_same_on() -> None:
    body = """repeat max 3 as i carry k: int = 7 {
  if i == 9 {
    next k = 0
  }
} until i == 1
return k"""
    assert tell(body, result=" -> int") == "=> Completed(7)"
