"""Mermaid that Mermaid reads: every picture goes through the real parsers of two major versions."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from flowc.compiler.graph import graph
from flowc.visualize.difference import difference
from flowc.visualize.instance import play
from flowc.visualize.labels import Detail
from flowc.visualize.mermaid import mermaid
from flowc.visualize.picture import picture
from tests.support.drawn import example, flow_of, named
from tests.support.hostile import TEXTS, hostile
from tests.support.node import node
from tests.support.told import hostile_story

EXAMPLES = [
    ("order", "fulfil_order"),
    ("trip", "book_trip"),
    ("onboard", "onboard"),
    ("onboard", "screen_customer"),
]
DETAILS: tuple[Detail, ...] = ("low", "normal", "high")
Parsed = list[dict[str, Any]]


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Parsed]:
    """What both Mermaids say of every source; one process, because loading them is slow."""
    sources = {"broken": 'flowchart TB\n  n1["a" --> n2\n'}
    for file, name in EXAMPLES:
        for detail in DETAILS:
            shown = picture(graph(example(file, name)), detail)
            sources[f"{name} {detail}"] = mermaid(shown)
    since = difference(graph(example("order", "fulfil_order", 1)), graph(example(*EXAMPLES[0])))
    back = difference(graph(example(*EXAMPLES[0])), graph(example("order", "fulfil_order", 1)))
    sources |= {"diff": mermaid(picture(since)), "diff back": mermaid(picture(back))}
    for n, text in enumerate(TEXTS):
        sources[f"hostile {n}"] = mermaid(picture(graph(named(hostile(text), "evil")), "high"))
        told = graph(example("order", "fulfil_order"))
        play(told, hostile_story(text))
        sources[f"hostile run {n}"] = mermaid(picture(told))
    folder = tmp_path_factory.mktemp("mermaid")
    for name, source in sources.items():
        (folder / name).write_text(source, encoding="utf-8")
    done = node("mermaid.mjs", *(str(folder / name) for name in sources))
    found: dict[str, Parsed] = {name: [] for name in sources}
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        found[Path(answer["file"]).name].append(answer)
    assert all(len(answers) == 2 for answers in found.values()), done.stderr
    return found


def words(label: str) -> str:
    """A label as a reader sees it: Mermaid holds its entities back as `ﬂ°°35¶ß`."""
    entities = re.sub(r"ﬂ°°?(\w+)¶ß", r"&#\1;", label)
    return "".join(html.unescape(re.sub(r"</?(?:b|br|small)/?>", "", entities)).split())


def test_the_parsers_do_refuse(parsed: dict[str, Parsed]) -> None:
    assert [answer["ok"] for answer in parsed["broken"]] == [False, False]


@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize(("file", "name"), EXAMPLES)
def test_every_box_arrives_with_its_words(
    file: str, name: str, detail: Detail, parsed: dict[str, Parsed]
) -> None:
    shown = picture(graph(example(file, name)), detail)
    for answer in parsed[f"{name} {detail}"]:
        assert answer["ok"], answer
        assert answer["diagramType"] == "flowchart-v2"
        labels = [words(label) for label in answer["labels"]]
        assert len(labels) == len(shown.boxes)
        everything = " ".join(labels)
        for box in shown.boxes:
            title = "" if box.number is None else f"{box.number}:"
            assert title + "".join("".join(line.text.split()) for line in box.lines) in everything


def test_a_difference_says_so(parsed: dict[str, Parsed]) -> None:
    for name, word in (("diff", "added"), ("diff back", "removed")):
        for answer in parsed[name]:
            assert answer["ok"], answer
            labels = [words(label) for label in answer["labels"]]
            assert len([label for label in labels if label.endswith(word)]) == 3


@pytest.mark.parametrize("n", range(len(TEXTS)))
def test_hostile_text_stays_text(n: int, parsed: dict[str, Parsed]) -> None:
    text = TEXTS[n]
    for answer in (*parsed[f"hostile {n}"], *parsed[f"hostile run {n}"]):
        assert answer["ok"], answer
        harmless = "".join(
            "\ufffd" if char in "\u202e\u2066" else char for char in text if not char.isspace()
        )
        labels = "".join(words(label) for label in answer["labels"])
        assert labels.count(harmless) >= 2, answer["labels"]
        assert not re.search(r"<(?!/?(?:b|br|small)/?>)", "".join(answer["labels"]))


def test_it_says_the_same_each_time() -> None:
    first, second = (mermaid(picture(graph(example("trip", "book_trip")))) for _ in range(2))
    assert first == second


def test_thirty_steps_are_below_the_limits_of_renderers() -> None:
    """GitHub's renderer takes 50,000 characters and 500 edges."""
    body = "\n".join(
        f'  step n{n} = s.a("{{id}}{n}")\n    compensate s.undo("{{id}}{n}")' for n in range(30)
    )
    source = mermaid(picture(graph(flow_of(body))))
    assert len(source) < 50_000
    assert source.count("->") + source.count("=>") < 500
