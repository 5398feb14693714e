"""Every construct that the target runs, on the real engine under virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.durable import Bench, Compiled, Hang, Script

DECLARATIONS = """\
error Bad(reason: text)
error Busy(after: int) transient
enum Size { S, M, L }
type Thing { id: text, size: Size, price: decimal, note: text? }

policy once { timeout 10s }
policy thrice { timeout 10s, attempts 3, backoff 1s..4s factor 2 }
policy patient { timeout 10s, attempts 3, backoff 1m }
policy short { timeout 10s, attempts unlimited, backoff 1s, within 25s }
policy paged { timeout 10s, attempts 2, backoff 1s, exhausted page "oncall" }

service s {
  action keyed(id: text) -> Thing writes things key id raises Bad | Busy
  action unkeyed(id: text) -> Thing writes things raises Bad | Busy
  action undo(id: text) writes things key id absorbing
  action undo_thing(id: text, thing: text) writes things key id
  action tell(id: text) notifies inbox raises Busy
  action quiet(id: text) writes things key id
  read look(id: text) -> Thing? raises Bad | Busy
  read happened(id: text) -> bool
}
"""


def flow(name: str, body: str, *, result: str = "", header: str = "") -> str:
    lines = "\n".join(f"  {line}" for line in body.strip().splitlines())
    top = "\n".join(f"  {line}" for line in header.strip().splitlines())
    return (
        f"flow {name}(id: text){result} {{\n"
        '  version 1\n  owner "o" runbook "r"\n  key id on duplicate reject\n'
        f"{top}\n\n{lines}\n}}\n"
    )


FLOWS = [
    flow("keyed", "step a = s.keyed(id) with thrice\n  compensate s.undo(id) with once"),
    flow(
        "blind",
        "step a = s.unkeyed(id) with thrice\n  on unknown compensate\n"
        "  compensate s.undo(id) with once",
    ),
    flow("halting", "step a = s.unkeyed(id) with once\n  on unknown halt"),
    flow(
        "looking",
        "step a = s.look(id) with thrice\nreturn a?.note",
        result=" -> text?",
    ),
    flow("telling", "step a = s.tell(id) with thrice"),
    flow("brief", "step a = s.look(id) with short"),
    flow("paging", "step a = s.look(id) with paged"),
    flow(
        "results",
        """
step a = s.keyed(id) with once
  on unknown halt
  compensate s.undo_thing(id, "{a.id}!") with once
step b = s.keyed(id) with once
  on unknown compensate
  compensate s.undo(id) with once
fail Bad(b.id)
""",
    ),
    flow(
        "asking",
        """
step a = s.quiet(id) with once
  on unknown probe s.happened(id) with once
  compensate s.undo(id) with once
fail Bad("late")
""",
    ),
    flow(
        "otherwise",
        """
step a = s.keyed(id) with once
  compensate s.undo(id) with once
  otherwise none
step b = s.keyed(id) with once
  compensate s.undo(id) with once
if a == none { return "none" }
return a.id
""",
        result=" -> text",
    ),
    flow(
        "deadline",
        """
step a = s.keyed(id) with once
  compensate s.undo(id) with once
step b = s.keyed(id) with once
  compensate s.undo(id) with once
  otherwise none
step c = s.keyed(id) with once
  compensate s.undo(id) with once
commit
step d = s.keyed(id) with once
  otherwise none
""",
        header="deadline 15s, compensate within 12s",
    ),
    flow(
        "after",
        """
step a = s.keyed(id) with once
  compensate s.undo(id) with once
commit
step b = s.keyed(id) with once
  compensate s.undo(id) with once
  on unknown compensate
""".replace("\n  compensate s.undo(id) with once\n  on unknown compensate", "\n  on unknown halt"),
    ),
    flow(
        "arms",
        """
step a = s.keyed(id) with once
  compensate s.undo(id) with once
if a.price > 10 and a.note != none {
  let label = "dear {a.note}"
  step extra = s.keyed(id) with once
    compensate s.undo(id) with once
} else if a.price > 10 {
  let label = "dear"
} else {
  let label = "cheap"
}
match a.size {
  case S { let how = 1 }
  case M | L { let how = 2 }
}
let price = extra?.price ?? a.price
return "{label} {how} {price}"
""",
        result=" -> text",
    ),
    flow(
        "drawn",
        """
record at = now()
record ticket = uuid()
record dice = random()
step a = s.keyed(id) with once
  compensate s.undo(id) with once
return "{at} {length(ticket)} {dice >= 0 and dice < 1} {day_start(at)} {weekday(at)}"
""",
        result=" -> text",
    ),
]
THING = {"id": "t", "size": "M", "price": 12.5, "note": None}


class Bad(Exception):  # noqa: N818
    reason = "because"


class Busy(Exception):  # noqa: N818
    after = 1


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    compiled = Compiled(DECLARATIONS + "\n".join(FLOWS))
    defaults: dict[str, Any] = {f"s.{name}": THING for name in ("keyed", "unkeyed", "look")}
    state = tmp_path_factory.mktemp("state") / "run.db"
    with Bench(compiled, state, {**defaults, "s.happened": False}) as launched:
        yield launched


_ids = iter(range(10_000))


def play(bench: Bench, name: str, **outcomes: Any) -> tuple[dict[str, Any], Script]:
    script = Script(**{f"s__{title}": given for title, given in outcomes.items()})
    return bench.play(name, script, id=f"{name}-{next(_ids)}"), script


def unknown(ending: dict[str, Any]) -> Any:
    assert ending["error"]["name"] == "Unknown"
    return ending["error"]["fields"]["step"]


# -- attempts (rules 1 and 2) ---------------------------------------------------------------


def test_an_unkeyed_action_of_unknown_outcome_is_never_repeated(bench: Bench) -> None:
    ending, script = play(bench, "blind", unkeyed=[Hang, THING])
    assert unknown(ending) == "a"
    assert script.titles == ["s.unkeyed", "s.undo"]
    assert script.count("s.unkeyed") == 1


def test_an_unkeyed_action_is_repeated_after_a_transient_error(bench: Bench) -> None:
    ending, script = play(bench, "blind", unkeyed=[Busy(), Busy(), THING])
    assert ending["ending"] == "Completed"
    assert script.count("s.unkeyed") == 3


def test_attempts_count_the_first_too(bench: Bench) -> None:
    _, script = play(bench, "keyed", keyed=[Hang])
    assert script.count("s.keyed") == 3


def test_a_read_ends_with_its_last_declared_error(bench: Bench) -> None:
    ending, _ = play(bench, "looking", look=[Busy(), Hang, Hang])
    assert ending["error"]["name"] == "Busy"
    ending, _ = play(bench, "looking", look=[Hang])
    assert unknown(ending) == "a"


def test_a_transient_error_of_one_allowed_attempt_stays_itself(bench: Bench) -> None:
    ending, script = play(bench, "results", keyed=[Busy()])
    assert ending["error"]["name"] == "Busy"
    assert script.titles == ["s.keyed"]


def test_an_action_that_only_tells_just_fails(bench: Bench) -> None:
    ending, script = play(bench, "telling", tell=[Hang])
    assert ending["ending"] == "Compensated"
    assert unknown(ending) == "a"
    ending, script = play(bench, "telling", tell=[Busy()])
    assert unknown(ending) == "a"
    assert script.count("s.tell") == 3


def test_within_cuts_the_last_attempt_and_waits_for_no_more(bench: Bench) -> None:
    # 10 s, wait 1 s, 10 s, wait 1 s, 3 s of 25 s left
    before = len(bench.events)
    _, script = play(bench, "brief", look=[Hang])
    assert script.count("s.look") == 3
    took = [e.took for e in bench.events[before:] if e.kind == "attempt"]
    assert took == [10_000, 10_000, 3_000]


def test_a_retry_that_cannot_start_in_time_is_not_waited_for(bench: Bench) -> None:
    _, script = play(bench, "brief", look=[(12, Hang), (9, RuntimeError()), (4, RuntimeError())])
    assert script.count("s.look") == 3


def test_exhausted_pages(bench: Bench) -> None:
    before = len(bench.events)
    play(bench, "paging", look=[RuntimeError("x")])
    assert [e.detail for e in bench.events[before:] if e.kind == "page"] == ["oncall"]


@pytest.mark.parametrize("wrong", [{"id": "t"}, {**THING, "size": "XL"}, 5, "t", [THING]])
def test_a_value_of_the_wrong_type_is_unknown_and_not_retried(bench: Bench, wrong: Any) -> None:
    ending, script = play(bench, "keyed", keyed=[wrong])
    assert unknown(ending) == "a"
    assert script.titles == ["s.keyed", "s.undo"]
    assert script.count("s.keyed") == 1


def test_a_declared_error_with_a_missing_field_is_unknown(bench: Bench) -> None:
    class Nameless(Exception):  # noqa: N818
        pass

    Nameless.__name__ = "Bad"
    ending, script = play(bench, "keyed", keyed=[Nameless()])
    assert unknown(ending) == "a"
    assert script.count("s.keyed") == 1


# -- unknown outcomes, compensation (rules 3, 4, 12) ----------------------------------------


def test_halt_keeps_the_ledger(bench: Bench) -> None:
    ending, _ = play(bench, "halting", unkeyed=[Hang])
    assert ending["ending"] == "Halted"
    assert ending["step"] == "a"
    assert any(e.kind == "page" and e.detail == "o (r)" for e in bench.events)


def test_arguments_that_use_the_result_are_frozen_on_ok(bench: Bench) -> None:
    ending, script = play(bench, "results")
    assert ending["error"]["fields"] == {"reason": "t"}
    assert [title for title, _ in script.calls[-2:]] == ["s.undo", "s.undo_thing"]
    assert script.calls[-1][1]["thing"] == "t!"


def test_a_bool_probe_decides(bench: Bench) -> None:
    ending, script = play(bench, "asking", quiet=[Hang], happened=[True])
    assert ending["error"]["name"] == "Bad"
    assert script.titles == ["s.quiet", "s.happened", "s.undo"]
    ending, script = play(bench, "asking", quiet=[Hang], happened=[False])
    assert unknown(ending) == "a"
    assert script.titles == ["s.quiet", "s.happened", "s.undo"]
    ending, _ = play(bench, "asking", quiet=[Hang], happened=[Hang])
    assert ending["ending"] == "Halted"


def test_otherwise_undoes_a_maybe_effect_at_once(bench: Bench) -> None:
    ending, script = play(bench, "otherwise", keyed=[Hang, THING])
    assert ending["value"] == "none"
    assert script.titles == ["s.keyed", "s.undo", "s.keyed"]
    ending, script = play(bench, "otherwise", keyed=[Bad("x"), THING])
    assert ending["value"] == "none"
    assert script.titles == ["s.keyed"]
    ending, script = play(bench, "otherwise")
    assert ending["value"] == "t"


def test_a_step_with_otherwise_that_went_well_is_compensated_later(bench: Bench) -> None:
    ending, script = play(bench, "otherwise", keyed=[THING, Bad("x")])
    assert ending["error"]["name"] == "Bad"
    assert script.titles == ["s.keyed", "s.undo"]


def test_stuck_while_otherwise_undoes_ends_incomplete(bench: Bench) -> None:
    ending, _ = play(bench, "otherwise", keyed=[Hang, THING], undo=[RuntimeError("down")])
    assert ending["ending"] == "Incomplete"
    assert ending["value"] == "none"
    assert ending["stuck"] == ["a"]


# -- commit, deadline, endings (rules 9, 10, 13) --------------------------------------------


def test_after_commit_an_unknown_outcome_halts(bench: Bench) -> None:
    ending, script = play(bench, "after", keyed=[THING, Hang])
    assert ending["ending"] == "Halted"
    assert ending["ledger"] == []
    assert script.titles == ["s.keyed"]


def test_an_error_after_commit_ends_incomplete_and_undoes_nothing(bench: Bench) -> None:
    ending, script = play(bench, "after", keyed=[THING, Bad("x")])
    assert ending["ending"] == "Incomplete"
    assert ending["error"]["name"] == "Bad"
    assert script.titles == ["s.keyed"]


def test_the_deadline_is_looked_at_before_each_step(bench: Bench) -> None:
    ending, script = play(bench, "deadline", keyed=[(9, THING), (7, THING), THING])
    assert ending["error"]["name"] == "DeadlineExceeded"
    assert ending["ending"] == "Compensated"
    assert script.count("s.keyed") == 2
    assert script.count("s.undo") == 2


def test_otherwise_does_not_catch_the_own_deadline(bench: Bench) -> None:
    ending, script = play(bench, "deadline", keyed=[(9.5, THING), (9.5, THING)])
    assert script.count("s.keyed") == 2
    ending, script = play(bench, "deadline", keyed=[(9.9, RuntimeError())])
    assert unknown(ending) == "a"


def test_the_deadline_holds_before_commit_and_not_after(bench: Bench) -> None:
    ending, script = play(bench, "deadline", keyed=[(2, THING), (2, THING), (9.9, THING), THING])
    assert ending["ending"] == "Completed"
    ending, script = play(bench, "deadline", keyed=[(4, THING), (4, THING), (9.9, THING), THING])
    assert ending["error"]["name"] == "DeadlineExceeded"
    assert script.count("s.keyed") == 3
    late = [(1, THING), (1, THING), (9.9, THING), (9.9, THING)]
    ending, script = play(bench, "deadline", keyed=late)
    assert ending["ending"] == "Completed"


def test_no_compensation_starts_after_compensate_within(bench: Bench) -> None:
    hanging = [(9, None), (9, None), (9, None)]
    ending, script = play(bench, "deadline", keyed=[(1, THING), (1, THING), Bad("x")], undo=hanging)
    assert ending["ending"] == "Compensated"
    assert script.count("s.undo") == 2
    ending, script = play(
        bench, "deadline", keyed=[(1, THING), (1, THING), Hang], undo=[(7, None), (7, None), None]
    )
    # 7 s and 14 s: the third would start after 12 s
    assert ending["ending"] == "Incomplete"
    assert ending["stuck"] == ["a"]
    assert script.count("s.undo") == 2


# -- values, arms, what is drawn ------------------------------------------------------------


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        ({"price": 12.5, "note": None, "size": "M"}, "dear 2 12.5"),
        ({"price": 3, "note": "x", "size": "S"}, "cheap 1 3"),
        ({"price": 11, "note": "x", "size": "L"}, "dear x 2 11"),
    ],
)
def test_arms_bind_what_follows(bench: Bench, thing: dict[str, Any], said: str) -> None:
    ending, _ = play(bench, "arms", keyed=[{"id": "t", **thing}])
    assert ending["value"] == said


def test_what_is_drawn_is_drawn_once(bench: Bench) -> None:
    ending, _ = play(bench, "drawn")
    moment = "2023-11-14T22:13:20.000Z"
    assert ending["value"] == f"{moment} 36 true 2023-11-14T00:00:00.000Z 2"


def test_a_duplicate_is_rejected(bench: Bench) -> None:
    script = Script()
    bench.play("keyed", script, id="same")
    with pytest.raises(bench.refused, match="before and ended Completed, and duplicates are rej"):
        bench.play("keyed", script, id="same")


def test_jitter_is_the_same_at_every_replay_and_only_shortens(bench: Bench) -> None:
    policy = bench.compiled.module("runtime.calls").Policy(
        backoff=timedelta(seconds=2), cap=timedelta(minutes=1), factor=2.0, jitter=True
    )
    waits = [policy.wait(n, 1.0) for n in range(1, 9)]
    assert waits == [2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000]
    assert all(policy.wait(n, 0.0) == waits[n - 1] // 2 for n in range(1, 9))
    assert policy.wait(10_000, 1.0) == 60_000
