"""Expressions and the library in JSONata, held against the reference evaluator; and text that
would be code if it were not quoted."""

from __future__ import annotations

import json

import pytest

from flowc.simulate.script import Script
from flowc.targets.asl.target import Asl
from tests.support.moto_run import Moto
from tests.support.scripted import checked, inputs, reference
from tests.support.sfnx_run import Sfnx

TYPES = """\
enum Colour { Red, Green }
type Item { sku: text, n: int, price: decimal?, colour: Colour }
"""
PARAMS = (
    "t: text, n: int, m: int, d: decimal, lost: text?, found: text?, at_: time, span: duration, "
    "xs: [int], one: [int], empty: [int], words: [text], items: [Item], flags: [bool], "
    "sum: decimal, states: text, item: Item?, gone: Item?"
)
GIVEN = {
    "t": " a.b${x} {% 1 %} ",
    "n": 7,
    "m": -3,
    "d": 2.345678,
    "lost": None,
    "found": "here",
    "at_": "2024-02-28T23:30:00.000Z",
    "span": 90_500,
    "xs": [3, 1, 2, 1],
    "one": [5],
    "empty": [],
    "words": ["x", "yy"],
    "items": [
        {"sku": "a", "n": 1, "price": 1.1, "colour": "Red"},
        {"sku": "b", "n": 2, "price": None, "colour": "Green"},
    ],
    "flags": [True, False],
    "sum": 0.1,
    "states": "user's",
    "item": {"sku": "c", "n": 1, "price": 9.99, "colour": "Red"},
    "gone": None,
}
EXPRESSIONS = {
    "text": """
        t | "{n}/{d}/{at_}/{m}" | "quoted \\" 'and' \\\\ back" | "a ${n} b" | "{n}%"
        lower(found ?? "")
        upper(states) | trim(t) | slice(t, 1, 4) | slice(t, -2, 3) | slice(t, 5, 2)
        replace(t, ".", "$1") | replace(t, "", "x") | join(split(t, "."), "|") | text(d) | text(n)
        fixed(d, 2) | fixed(m, 0) | date(at_) | text(true) | join(words, "") | lost ?? "none"
        item?.sku ?? "?" | gone?.sku ?? "?" | join([i.sku for i in items when i.n > 1], ",")
        join([w for w in words], "-") | if n > 3 then "big" else "small"
        "tab\\t" | text(sum) | states | "@a @b @c" | replace("@b@b", "@b", "@c")
    """,
    "int": """
        n + m | n - m | n * m | -n | length(t) | length(xs) | length(one) | length(empty) | abs(m)
        floor(d) | ceil(d) | min(n, m) | max(n, m, 9) | sum(xs) | sum(empty) | sum(one)
        min(xs) ?? 0 | max(empty) ?? (-1) | first(xs) ?? 0 | last(xs) ?? 0 | at(xs, 1) ?? 0
        at(xs, 9) ?? (-1) | at(xs, -1) ?? (-1) | first(one) ?? 0 | last(empty) ?? (-1)
        weekday(at_)
        seconds(span) | length(concat(xs, one)) | length(distinct(xs)) | length(range(1, 3))
        length(range(3, 1)) | length(split("", ",")) | first([n, m]) ?? 0
        last([i.n for i in items]) ?? 0
        length([i for i in items when i.price != none]) | at(reverse(xs), 0) ?? 0
    """,
    "decimal": """
        d + sum | d * 3 | d / 3 | d - n | d * d | n / 4 | round(d, 2) | round(2.5, 0) | sum * 3
        (d / m) ?? 0 | (sum / (n - 7)) ?? (-1) | sum([0.1, 0.2]) | max([d, sum]) ?? 0 | n * 0.000001
        123456789.123456 * 10 | first([i.price ?? 0 for i in items]) ?? 1
    """,
    "bool": """
        n > m and d < 3 | n > 3 or m > 3 | not (n == 7) | lost == none | found != none
        starts(t, " a")
        ends(t, " ") | ends(t, "something longer than it") | contains(t, ".b") | contains(xs, 3)
        contains(empty, 1) | any(flags) | all(flags) | contains(words, "yy") | found == "here"
        item != none and item.n == 1 | gone != none and gone.n == 1 | t == t | xs == [3, 1, 2, 1]
        at_ < at_ + 1h | span > 1m | at_ - (at_ - 1d) == 1d | all([i.n > 0 for i in items])
        day_start(at_) <= at_ | contains([i.colour == Red for i in items], true)
    """,
    "time": "at_ | at_ + 2d | at_ - 90m | day_start(at_) | at_ + span * 3",
    "[int]": "xs | one | empty | concat(one, empty) | reverse(one) | distinct([n, n]) | [n] | []",
    "[text]": 'split("a,b", ",") | [w for w in words when w == "x"] | split(",", ",")',
    "Item?": "item | gone | first(items) | last([i for i in items when i.n > 5])",
    "[Item]": "items | [i for i in items when i.n == 1] | [Item(sku: w, n: 1, price: none, "
    "colour: Red) for w in words]",
}


def cases() -> list[tuple[str, str]]:
    return [
        (kind, part.strip())
        for kind, parts in EXPRESSIONS.items()
        for line in parts.splitlines()
        for part in _split(line)
        if part.strip()
    ]


def _split(line: str) -> list[str]:
    return [part.replace("\0", "|") for part in line.replace('"|"', '"\0"').split(" | ")]


def flow_of(kind: str, expression: str) -> str:
    return (
        f"{TYPES}\nflow shown({PARAMS}) -> {kind} {{\n  key t on duplicate attach\n"
        f'  owner "o" runbook "https://r.example.com"\n\n  return {expression}\n}}\n'
    )


@pytest.mark.parametrize(("kind", "expression"), cases())
def test_jsonata_says_what_the_reference_says(kind: str, expression: str) -> None:
    of = checked(flow_of(kind, expression))
    flow = of.program.flows[0]
    given = inputs(flow, **GIVEN)
    wanted, _ = reference(of, flow, given, Script())
    assert Sfnx(of).play(flow, given, Script(), ordered=True).ending == wanted.ending


def test_moto_says_so_too() -> None:
    """A handful, as texts of one flow: the other oracle is slow."""
    chosen = [e for kind, e in cases() if kind == "text"][:8]
    listed = ", ".join(chosen)
    of = checked(flow_of("[text]", f"[{listed}]"))
    flow = of.program.flows[0]
    given = inputs(flow, **GIVEN)
    wanted, _ = reference(of, flow, given, Script())
    assert Moto(of).play(flow, given, Script(), ordered=True).ending == wanted.ending


def test_no_text_of_the_user_is_code_or_a_substitution() -> None:
    text = flow_of("text", '"{n}$\\{Secret\\} \\{% $error(1) %\\} \' \\" é"')
    text = text.replace("\nflow", "\n/// Reads ${Secret} {% 1 %}.\nflow")
    written = Asl().emit(checked(text).program)["shown.asl.json"]
    assert "${" not in written
    machine = json.loads(written)
    assert not machine["Comment"].startswith("{%")
