"""Try, loops, branches, waits and sub-flows on the real engine under virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.durable import Bench, Compiled, Hang, Script

COMPOUND = Path(__file__).parent / "data" / "compound.flow"


class Full(Exception):  # noqa: N818
    what = "x"


class Bad(Exception):  # noqa: N818
    reason = "why"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    state = tmp_path_factory.mktemp("state") / "run.db"
    look = {"id": "t", "price": 2.5, "done": True}
    with Bench(Compiled(COMPOUND.read_text()), state, {"s.look": look}) as launched:
        yield launched


_ids = iter(range(10_000))


def holding(**lost: Any) -> Callable[[dict[str, Any]], Any]:
    """Every hold succeeds, but those that begin with one of these words."""

    def hold(given: dict[str, Any]) -> Any:
        for word, outcome in lost.items():
            if given["what"].startswith(word):
                return outcome
        return {"id": given["what"], "price": 1.5}

    return hold


def play(
    bench: Bench, name: str, hold: Any = None, *, free: Any = None, look: Any = None, **more: Any
) -> tuple[dict[str, Any], list[str], list[str]]:
    """Run an instance; give its ending, what it held and what it freed, in order."""
    ident = f"{name}-{next(_ids)}"
    outcomes = {"s__hold": [hold or holding()]}
    if free is not None:
        outcomes["s__free"] = [free]
    if look is not None:
        outcomes["s__look"] = look
    script = Script(**outcomes)
    given = {"trip": {"id": ident, **more}} if "legs" in more else {"id": ident, **more}
    ending = bench.play(name, script, instance=ident, **given)
    held = [given["what"] for title, given in script.calls if title == "s.hold"]
    freed = [given["what"] for title, given in script.calls if title == "s.free"]
    return ending, held, freed


# -- try (rule 7) ----------------------------------------------------------------------------


def test_a_body_that_ends_well_keeps_its_entries(bench: Bench) -> None:
    ending, _, freed = play(bench, "trying")
    assert ending["value"] == "a b 1.5"
    assert freed == []
    ending, _, freed = play(bench, "trying", holding(last=Bad()))
    assert ending["error"]["name"] == "Bad"
    assert freed == ["b", "a", "first"]


def test_a_handled_error_unwinds_the_body_alone(bench: Bench) -> None:
    ending, held, freed = play(bench, "trying", holding(b=Full("x")))
    assert ending["value"] == "none none 1.5"
    assert held == ["first", "a", "b", "c x", "last"]
    assert freed == ["a"]


def test_a_handlers_entries_belong_outside(bench: Bench) -> None:
    ending, _, freed = play(bench, "trying", holding(b=Full("x"), last=Bad()))
    assert ending["ending"] == "Compensated"
    assert freed == ["a", "c", "first"]


def test_unknown_is_handled_by_name_and_returns(bench: Bench) -> None:
    ending, _, freed = play(bench, "trying", holding(b=Hang))
    assert ending["value"] == "Unknown"
    assert freed == ["b", "a"]


def test_a_handlers_error_belongs_outside(bench: Bench) -> None:
    ending, _, freed = play(bench, "trying", holding(b=Full("x"), c=Bad("no")))
    assert ending["error"]["name"] == "Bad"
    assert freed == ["a", "first"]


def test_error_catches_all_and_a_wait_inside_is_no_failure(bench: Bench) -> None:
    ending, _, freed = play(bench, "rescued")
    assert ending["value"] == "b"
    ending, _, freed = play(bench, "rescued", holding(b=Hang))
    assert ending["error"]["fields"] == {"reason": "rescued"}
    assert freed == ["b", "a"]


def test_stuck_in_a_handled_body_ends_incomplete_but_goes_on(bench: Bench) -> None:
    ending, held, _ = play(bench, "trying", holding(b=Full("x")), free=RuntimeError("down"))
    assert ending["ending"] == "Incomplete"
    assert ending["stuck"] == ["a"]
    assert held[-1] == "last"


# -- repeat ----------------------------------------------------------------------------------


def thing(price: float, done: bool) -> dict[str, Any]:
    return {"id": "t", "price": price, "done": done}


def test_rounds_carry_and_keep_the_last_names(bench: Bench) -> None:
    looks = [thing(1, False), thing(2, False), thing(4, True)]
    ending, held, _ = play(bench, "repeating", look=looks)
    assert held == ["0 x 0", "1 x0 1", "2 x01 3"]
    assert ending["value"] == "4 2 x01 3 7 x012"


def test_exhausted_rounds_unwind_in_reverse(bench: Bench) -> None:
    ending, held, freed = play(bench, "repeating", look=[thing(1, False)])
    assert ending["error"] == {"name": "Full", "message": "Full", "fields": {"what": "rounds"}}
    assert len(held) == 4
    assert freed == ["3", "2", "1", "0"]


def test_without_a_clause_exhausted_is_limit_reached(bench: Bench) -> None:
    ending, _, _ = play(bench, "limited", look=[thing(1, False)])
    assert ending["error"]["name"] == "LimitReached"
    assert ending["error"]["fields"] == {"limit": 3}


def test_the_deadline_ends_a_pause_at_once(bench: Bench) -> None:
    # looks take 4 s: the second pause would end at 48 s, the deadline is at 45 s
    ending, _, _ = play(bench, "limited", look=[(4, thing(1, False))])
    assert ending["error"]["name"] == "DeadlineExceeded"


# -- for -------------------------------------------------------------------------------------


def test_one_by_one_with_carry_leaves_out_rounds_that_bound_nothing(bench: Bench) -> None:
    ending, held, _ = play(bench, "one_by_one", legs=["a", "skip", "b"], car=False)
    assert ending["value"] == "2 4 a0 1+b2 2.5"
    assert held == ["a0 1", "b2 2.5"]


def test_a_list_that_is_too_long_fails_first(bench: Bench) -> None:
    ending, held, _ = play(bench, "one_by_one", legs=list("abcde"), car=False)
    assert ending["error"]["fields"] == {"limit": 4}
    assert held == []


def test_rounds_unwind_in_reverse(bench: Bench) -> None:
    ending, _, freed = play(bench, "one_by_one", holding(c=Bad()), legs=list("abc"), car=False)
    assert ending["ending"] == "Compensated"
    assert freed == ["b", "a"]


def test_batches_collect_in_item_order(bench: Bench) -> None:
    ending, held, _ = play(bench, "batches", legs=list("abcde"), car=False)
    assert ending["value"] == "a+b+c+d+e 7.5"
    assert set(held[:2]) == {"a", "b"} and set(held[2:4]) == {"c", "d"}
    ending, _, _ = play(bench, "batches", legs=[], car=False)
    assert ending["value"] == " 0"


def test_the_next_batch_starts_only_if_none_failed(bench: Bench) -> None:
    ending, held, freed = play(
        bench, "batches", holding(c=Bad("no")), legs=list("abcde"), car=False
    )
    assert ending["error"]["name"] == "Bad"
    assert sorted(held) == ["a", "b", "c", "d"]
    assert freed[0] == "d" and set(freed[1:]) == {"a", "b"}


def test_failed_rounds_are_collected_and_undone_by_themselves(bench: Bench) -> None:
    lost = {"more b": Full("x"), "more d": Hang, "again a": Bad()}
    ending, _, freed = play(bench, "failing_rounds", holding(**lost), legs=list("abcd"), car=False)
    assert ending["value"] == "2 Full,Unknown 3 1"
    assert set(freed) == {"b", "d", "more d"}


# -- parallel (rules 5 and 6) ----------------------------------------------------------------


def test_branches_bind_their_names(bench: Bench) -> None:
    ending, held, _ = play(bench, "abreast", legs=[], car=True)
    assert ending["value"] == "flight seat flight 1.5 car"
    assert set(held) == {"first", "flight", "seat flight", "hotel", "car", "last"}
    ending, _, _ = play(bench, "abreast", legs=[], car=False)
    assert ending["value"] == "flight seat flight 1.5 none"


def test_every_branch_settles_and_the_first_in_text_gives_the_error(bench: Bench) -> None:
    lost = {"hotel": Bad("late"), "seat": Full("x")}
    ending, held, freed = play(bench, "abreast", holding(**lost), legs=[], car=True)
    assert ending["error"]["name"] == "Full"
    assert "car" in held
    assert set(freed[:2]) == {"flight", "car"}
    assert freed[2:] == ["first"]


def test_branches_unwind_side_by_side_and_each_in_reverse(bench: Bench) -> None:
    ending, _, freed = play(bench, "abreast", holding(last=Bad()), legs=[], car=True)
    assert ending["ending"] == "Compensated"
    assert set(freed) == {"seat", "flight", "hotel", "car", "first"}
    assert freed.index("seat") < freed.index("flight")
    assert freed[-1] == "first"


def test_stuck_branches_do_not_hold_up_the_others(bench: Bench) -> None:
    def free(given: dict[str, Any]) -> Any:
        return Hang if given["what"] in ("seat", "hotel") else None

    ending, _, freed = play(bench, "abreast", holding(last=Bad()), free=free, legs=[], car=True)
    assert ending["ending"] == "Incomplete"
    assert sorted(ending["stuck"]) == ["hotel", "seat"]
    assert "flight" in freed and "first" in freed


def test_branches_take_as_long_as_the_longest(bench: Bench) -> None:
    # 9 s and 8 s beside 9 s: unwinding begins at 17 s plus first and last
    hold = holding(flight=(9, {"id": "f", "price": 1}), seat=(8, {"id": "s", "price": 1}))
    before = len(bench.events)
    ending, _, _ = play(bench, "abreast", hold, legs=[], car=True)
    assert ending["ending"] == "Completed"
    took = [e.took for e in bench.events[before:] if e.kind == "attempt" and e.path == "seat"]
    assert took == [8000]


@pytest.mark.parametrize("lost", ["a", "b", "c a", "x", "z", "last"])
def test_nested_branches_unwind_everything(bench: Bench, lost: str) -> None:
    legs = ["x", "y", "z"]
    ending, held, freed = play(bench, "nested", holding(**{lost: Bad("no")}), legs=legs, car=False)
    assert ending["ending"] == "Compensated", ending
    done = {what.split()[0] for what in held} - {lost[0] if len(lost) == 3 else lost}
    assert set(freed) == done


def test_nested_branches_with_a_try_inside(bench: Bench) -> None:
    ending, _, freed = play(bench, "nested", legs=["x", "y", "z"], car=False)
    assert ending["value"] == "abc ab 3"
    ending, _, freed = play(bench, "nested", holding(z=Full("x")), legs=["x", "y", "z"], car=False)
    assert ending["value"] == "abc ab 0"
    assert set(freed) == {"x", "y"}


# -- sub-flows (rule 8) ----------------------------------------------------------------------


def test_a_sub_flow_is_one_step(bench: Bench) -> None:
    ending, held, freed = play(bench, "parent")
    assert ending["value"] == "a b1"
    assert held == ["a", "a more", "b0", "b0 more", "b1", "b1 more", "last"]
    assert freed == []


def test_a_childs_failure_is_unwound_and_is_the_parents_error(bench: Bench) -> None:
    ending, _, freed = play(bench, "parent", holding(**{"a more": Bad("no")}))
    assert ending["error"] == {"name": "Bad", "message": "no", "fields": {"reason": "why"}}
    assert freed == ["a"]


def test_a_childs_success_is_undone_by_its_callers_compensation_alone(bench: Bench) -> None:
    ending, _, freed = play(bench, "parent", holding(last=Bad("no")))
    assert ending["ending"] == "Compensated"
    assert freed == ["child a"]


def test_otherwise_takes_a_childs_error(bench: Bench) -> None:
    ending, _, freed = play(bench, "parent", holding(**{"b1 more": Bad("no")}))
    assert ending["value"] == "a none"
    assert freed == ["b1"]


def test_a_childs_own_deadline_is_an_ordinary_error(bench: Bench) -> None:
    slow = (9, {"id": "b1", "price": 1})
    hold = holding(b1=slow)
    ending, _, _ = play(bench, "parent", hold)
    assert ending["value"] == "a b1"
    ending, _, _ = play(bench, "parent", holding(a=(9, Bad("x"))))
    assert ending["error"]["name"] == "Bad"


def test_a_child_that_halts_halts_its_parent(bench: Bench) -> None:
    ending, _, _ = play(bench, "parent", holding(**{"a more": Bad("x")}), free=Hang)
    assert ending["ending"] == "Halted"
    assert ending["step"] == "a"


# -- wait ------------------------------------------------------------------------------------


def test_waits_take_their_time_and_no_more(bench: Bench) -> None:
    # started 2023-11-14T22:13:20
    ending, _, _ = play(bench, "waiting", until_time="2023-11-15T06:00:00Z")
    assert ending["value"] == "2023-11-15T06:00:00.000Z 2023-12-15T06:00:00.000Z"
    ending, _, _ = play(bench, "waiting", until_time="2020-01-01T00:00:00Z")
    assert ending["value"] == "2023-11-15T00:13:20.000Z 2023-12-15T00:13:20.000Z"


def test_the_deadline_ends_a_wait(bench: Bench) -> None:
    ending, _, freed = play(bench, "waiting", until_time="2024-01-01T00:00:00Z")
    assert ending["error"]["name"] == "DeadlineExceeded"
    assert freed == ["a"]


def test_a_lone_branch_is_taken_or_left(bench: Bench) -> None:
    assert play(bench, "lone", legs=[], car=True)[0]["value"] == "car"
    assert play(bench, "lone", legs=[], car=False)[0]["value"] == "none"
