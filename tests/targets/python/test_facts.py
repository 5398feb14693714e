"""What a state remembers of a flow is enough to check an answer without the flow's file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowc.targets.python.support import facts
from flowc.targets.python.support.values import WrongType, decode, encode
from tests.support.durable import Compiled

TEXT = """
enum Word { Yes, No }
type Part { name: text, at: time? }
type Tree { label: text, word: Word, parts: [Part], length: duration, price: decimal, under: Part? }

service s {
  read look(id: text) -> int
}
flow inner(id: text) {
  version 1
  deadline 1h, compensate within 1h
  await paper: [int] from id within 1m
}
flow outer(id: text) {
  version 1
  owner "o" runbook "r"
  key id on duplicate attach
  deadline 1h, compensate within 1h
  await tree: Tree? from id within 1m
  repeat max 3 {
    await ruling: bool from id within 1m
    step deep = inner(id)
  } until ruling
}
"""
TREE = {
    "label": "a",
    "word": "No",
    "parts": [{"name": "b", "at": "2024-01-01T00:00:00.000Z"}, {"name": "c", "at": None}],
    "length": 1500,
    "price": 1.25,
    "under": {"name": "d", "at": None},
}


@pytest.fixture(scope="module")
def known() -> dict[str, facts.Facts]:
    """The flows as a state has them: through JSON."""
    flows = Compiled(TEXT).module("flows").FLOWS
    rows = [json.loads(json.dumps(facts.describe(flow))) for flow in flows]
    return {row["name"]: facts.read(row) for row in rows}


def awaited(known: dict[str, facts.Facts], path: str) -> Any:
    return facts.awaited(known["outer"], path, known.get)


def test_an_answer_is_read_as_the_flow_would_read_it(known: dict[str, facts.Facts]) -> None:
    kind = awaited(known, "tree")
    assert encode(decode(kind, TREE, closed=True)) == TREE
    assert decode(kind, None, closed=True) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"word": "Perhaps"}, "word: expected Word (one of Yes, No), found the text 'Perhaps'"),
        ({"parts": [{"at": None}]}, "parts[0].name: expected text, found nothing"),
        ({"length": "1s"}, "length: expected duration, found the text '1s'"),
        ({"more": 1}, "more: expected no such field in Tree, found one"),
        ({"under": {"name": 1}}, "under.name: expected text, found the number 1"),
    ],
)
def test_one_that_does_not_fit_is_refused_at_its_place(
    known: dict[str, facts.Facts], change: dict[str, Any], said: str
) -> None:
    with pytest.raises(WrongType) as caught:
        decode(awaited(known, "tree"), TREE | change, closed=True)
    assert str(caught.value) == said


def test_awaits_in_loops_and_sub_flows_are_found_by_their_whole_path(
    known: dict[str, facts.Facts],
) -> None:
    assert awaited(known, "ruling[2]") is bool
    assert awaited(known, "deep[0]/paper") == tuple[int, ...]
    assert facts.paths(known["outer"], known.get) == ("tree", "ruling[n]", "deep[n]/paper")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("ruling", "has no await `ruling`; did you mean `ruling[n]`?"),
        ("ruling[1][2]", "did you mean `ruling[n]`?"),
        ("tree[0]", "did you mean `tree`?"),
        ("deep/paper", "did you mean `deep[n]/paper`?"),
        ("other", "there is `tree`, `ruling[n]`, `deep[n]/paper`"),
        ("", "there is `tree`"),
    ],
)
def test_a_path_at_which_nobody_waits_is_refused(
    known: dict[str, facts.Facts], path: str, said: str
) -> None:
    with pytest.raises(facts.NoSuchAwait) as caught:
        awaited(known, path)
    assert said in str(caught.value)
