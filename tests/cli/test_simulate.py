"""`flowc simulate`: the story, its exit status, and every way to ask for an impossible one."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from flowc.cli.console import Console
from flowc.cli.main import main

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ORDER, TRIP, ONBOARD = (EXAMPLES / f"{name}.flow" for name in ("order", "trip", "onboard"))
ENDLESS = """\
policy p { timeout 1s }
service s { read look() -> bool }
flow f() { version 1
  await word: bool
  step a = s.look() with p
}
"""


def flowc(*words: object) -> tuple[int, str, str]:
    """Status, standard output and standard error of `flowc simulate`."""
    out, err = io.StringIO(), io.StringIO()
    status = main(["simulate", *map(str, words)], Console(out, err, {}))
    return status, out.getvalue(), err.getvalue()


def told(*words: object) -> dict[str, Any]:
    """The story in JSON."""
    _, out, err = flowc(*words, "--format", "json")
    assert err == ""
    story: dict[str, Any] = json.loads(out)
    return story


@pytest.mark.parametrize(
    ("words", "status", "last"),
    [
        ([ORDER], 0, "Completed after 5s"),
        ([ORDER, "--fail", "payment"], 1, 'Compensated after 4s: CardDeclined(code: "code")'),
        ([ORDER, "--fail", "hold=OutOfStock"], 1, 'Compensated after 1s: OutOfStock(sku: "sku")'),
        ([ORDER, "--cancel-after", "hold"], 1, "Compensated after 2s: Cancelled"),
        ([ORDER, "--cancel-after", "parcel"], 1, "Compensated after 7s: Cancelled"),
        ([ORDER, "--cancel-after", "note"], 0, "Completed after 5s"),
        ([ORDER, "--version", "1"], 0, "Completed after 4s"),
        (
            [ORDER, "--unknown", "payment", "--unknown", "payment probe"],
            1,
            "Halted at payment after 2m12s: no answer in time; and its probe gave no answer; "
            "kept: hold",
        ),
        ([ORDER, "--slow", "hold=9s"], 0, "Completed after 13s"),
        ([TRIP, "--fail", "ruling"], 1, "Compensated after 2d2s: ApprovalExpired"),
        ([TRIP, "--slow", "ruling=30h"], 0, "Completed after 1d6h3s"),
        ([ONBOARD, "--fail", "check/papers"], 1, "Compensated after 7d: DocumentsMissing"),
    ],
)
def test_the_ending(words: list[object], status: int, last: str) -> None:
    found, out, err = flowc(*words)
    assert (found, out.splitlines()[-1], err) == (status, last, "")


def test_json_tells_the_same() -> None:
    story = told(ORDER, "--fail", "payment")
    assert story["ending"] == "Compensated"
    assert story["error"]["name"] == "CardDeclined"
    calls = [(e["path"], e["role"], e["outcome"]) for e in story["events"] if e["what"] == "call"]
    assert calls == [
        ("hold", "do", "ok"),
        ("risk", "do", "ok"),
        ("payment", "do", "fail"),
        ("hold", "undo", "ok"),
    ]
    assert story["events"][1] | {"arguments": {}, "value": None} == {
        "what": "call",
        "at": 0,
        "end": 1000,
        "path": "hold",
        "role": "do",
        "attempt": 1,
        "operation": "inventory.reserve",
        "key": ["order-id"],
        "arguments": {},
        "outcome": "ok",
        "value": None,
    }


def test_input_is_used(tmp_path: Path) -> None:
    given = {"trip": {"id": "t", "legs": ["a", "b"], "nights": 1, "days": 1, "wants_car": False}}
    given["trip"] |= {"budget": 1000.5, "manager": "m"}
    file = tmp_path / "input.json"
    file.write_text(json.dumps(given))
    for written in (json.dumps(given), f"@{file}"):
        story = told(TRIP, "--input", written)
        paths = [event["path"] for event in story["events"] if event["what"] == "call"]
        assert paths == ["flight", "hotel", "paid", "ticket[0]", "ticket[1]"]


def test_a_script_says_everything(tmp_path: Path) -> None:
    script = tmp_path / "story.json"
    signal = {"to": "ruling", "at": "2h", "value": {"granted": False, "reason": "dear"}}
    script.write_text(
        json.dumps(
            {
                "start": "2024-06-01T08:00:00Z",
                "steps": {
                    "flight": [{"unknown": "gone", "takes": 5}, {"ok": {"id": "f", "price": 40}}]
                },
                "signals": [{**signal, "value": "yes"}, signal],
            }
        )
    )
    status, out, err = flowc(TRIP, "--script", script)
    assert (status, err) == (1, "")
    assert "started 2024-06-01T08:00:00.000Z" in out
    assert "unknown after 5ms: gone" in out
    assert "refuses a signal: the signal: expected Decision, found the text 'yes'" in out
    assert out.splitlines()[-1].endswith(': Rejected(reason: "trip-manager: dear")')


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--flow", "fulfill_order"], "there is no flow `fulfill_order`; did you mean"),
        (["--version", "7"], "no version 7 that may still run; known: 1, 2"),
        (["--fail", "hald"], "did you mean `hold`?"),
        (["--fail", "risk"], "`fraud.score` raises no error; `--unknown risk`"),
        (["--fail", "payment=Throttled"], "`payments.charge` raises CardDeclined"),
        (["--unknown", "order"], "no such step"),
        (["--slow", "hold"], "write it like `--slow hold=90s`"),
        (["--cancel-after", "x"], "no such step"),
        (["--input", "{"], "`--input` is no JSON"),
        (["--input", "[" * 9_999], "it is nested too deeply"),
        (["--input", "[]"], "`--input` is an object"),
        (["--input", "{}"], "`--input`: order: expected Order, found nothing"),
        (["--input", "@nowhere.json"], "cannot read `nowhere.json`"),
        (["--script", "nowhere.json"], "cannot read `nowhere.json`"),
    ],
)
def test_what_cannot_be_told(words: list[str], said: str) -> None:
    status, out, err = flowc(ORDER, *words)
    assert (status, out) == (2, "")
    assert said in err


def test_a_sub_flow_is_no_step_that_fails() -> None:
    status, _, err = flowc(ONBOARD, "--fail", "check")
    assert status == 2
    assert "it runs a flow; choose a step in it: check/check" in err


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ([], "a script is an object"),
        ({"stpes": {}}, "`stpes`: no such field; did you mean `steps`?"),
        ({"steps": {"hald": "ok"}}, "`steps.hald`: no such step; did you mean `hold`?"),
        ({"steps": {"hold": "okay"}}, '`steps.hold`: "ok", "unknown"'),
        ({"steps": {"hold": []}}, "at least one outcome"),
        (
            {"steps": {"hold": [{"ok": 1, "takes": "soon"}]}},
            "`steps.hold[0].takes`: not a duration",
        ),
        ({"steps": {"hold": {"fail": 3}}}, "`steps.hold.fail`: a text is needed"),
        ({"signals": [{"to": "nobody", "at": 0}]}, "`signals[0].to`: no such await; there is none"),
        ({"signals": {}}, "`signals`: a list is needed"),
        ({"cancel": {"after": "hald"}}, "did you mean `hold`?"),
        ({"cancel": {}}, "`cancel`: one of `at`, `after` is needed"),
        ({"records": {"x": 1}}, "`records.x`: no such record"),
        ({"start": "now"}, "`start`: not a time"),
        ({"answers": 1}, "`answers`: true or false"),
    ],
)
def test_a_script_is_read_with_care(script: object, said: str, tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    file.write_text(json.dumps(script))
    status, out, err = flowc(ORDER, "--script", file)
    assert (status, out) == (2, "")
    assert said in err


def test_a_story_that_never_ends(tmp_path: Path) -> None:
    file = tmp_path / "endless.flow"
    file.write_text(ENDLESS)
    status, _, err = flowc(file, "--fail", "word")
    assert status == 2
    assert "nobody answers `word`, and nothing else happens" in err
    file.write_text(ENDLESS.replace("timeout 1s", "timeout 1s, attempts unlimited"))
    status, _, err = flowc(file, "--unknown", "a")
    assert status == 2
    assert "`a` goes on and on" in err


def test_errors_of_the_file_are_shown(tmp_path: Path) -> None:
    file = tmp_path / "wrong.flow"
    file.write_text(ENDLESS.replace("s.look", "s.luck"))
    status, _, err = flowc(file)
    assert status == 2
    assert "luck" in err


def test_nothing_of_the_user_harms_the_terminal() -> None:
    order = {"id": "\x1b[31m", "email": "", "items": [], "total": 1}
    _, out, _ = flowc(ORDER, "--input", json.dumps({"order": order}))
    assert "\x1b" not in out
    assert "\\x1b[31m" in out
