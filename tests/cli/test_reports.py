"""Each report is read back by what will read it, or held against its schema."""

from __future__ import annotations

import json
import random
from pathlib import Path
from textwrap import dedent
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from junitparser import Error, Failure, JUnitXml

from flowc.cli.palette import PLAIN
from flowc.cli.report import FORMATS, ordered, write
from flowc.diagnostic import Diagnostic, Edit, Finding, Fix, Related
from flowc.source import Source, Span
from tests.support.findings import at, found

SCHEMA = json.loads((Path(__file__).parent / "data/sarif-2.1.0-rtm.5.json").read_text())
A = Source("flows/a.flow", 'step pay = card.charge("日本", id)\nstep ship = post.send(id)\n')
B = Source("flows/b, 100%:<&>.flow", "until yesterday\n")

FINDINGS = (
    found(
        A,
        "pay",
        '`pay` <is> left & behind: 100%, "really"\nin two lines',
        help="undo it",
        related=(
            Related(at(A, "ship"), "this can fail"),
            Related(at(B, "until"), "and so says this", B),
        ),
        fix=Fix("undo it", (Edit(Span(33, 33), "\n  compensate card.refund(id)"),), safe=False),
        story=("pay ok", "ship fails"),
    ),
    found(A, "ship", "no runbook", code="OPS001", name="missing-owner", severity="advice"),
    found(B, "yesterday", "unknown", code="REF001", name="unknown-name", severity="error"),
)
FILES = ("flows/a.flow", "flows/b, 100%:<&>.flow", "flows/clean.flow")


def report(format: str, findings: tuple[Diagnostic, ...] = FINDINGS) -> str:
    return write(format, ordered(findings), FILES, PLAIN)


def sarif(findings: tuple[Diagnostic, ...]) -> Any:
    log = json.loads(report("sarif", findings))
    Draft4Validator(SCHEMA).validate(log)
    return log["runs"][0]


def test_concise() -> None:
    assert report("concise") == dedent(
        """\
        flows/a.flow:1:6: warning[SAG001] uncompensated-effect: `pay` <is> left & behind: 100%, \
"really"\\nin two lines
        flows/a.flow:2:6: advice[OPS001] missing-owner: no runbook
        flows/b, 100%:<&>.flow:1:7: error[REF001] unknown-name: unknown
        """
    )


def test_json_has_the_promised_shape() -> None:
    first, second, third = json.loads(report("json"))
    assert first == {
        "file": "flows/a.flow",
        "line": 1,
        "column": 6,
        "end_line": 1,
        "end_column": 9,
        "code": "SAG001",
        "name": "uncompensated-effect",
        "severity": "warning",
        "message": '`pay` <is> left & behind: 100%, "really"\nin two lines',
        "help": "undo it",
        "url": "https://flowc.dev/rules/uncompensated-effect",
        "related": [
            {
                "file": "flows/a.flow",
                "line": 2,
                "column": 6,
                "end_line": 2,
                "end_column": 10,
                "message": "this can fail",
            },
            {
                "file": "flows/b, 100%:<&>.flow",
                "line": 1,
                "column": 1,
                "end_line": 1,
                "end_column": 6,
                "message": "and so says this",
            },
        ],
        "fix": {
            "safe": False,
            "edits": [{"start": 33, "end": 33, "text": "\n  compensate card.refund(id)"}],
        },
        "story": ["pay ok", "ship fails"],
    }
    assert second["severity"] == "advice"
    assert third["fix"] is None
    assert third["story"] is None
    assert third["related"] == []


def test_json_without_findings_is_an_empty_array() -> None:
    assert json.loads(report("json", ())) == []


def test_json_columns_count_code_points() -> None:
    source = Source("wide.flow", "日本🎉 oops")
    (row,) = json.loads(write("json", (found(source, "oops"),), (), PLAIN))
    assert (row["column"], row["end_column"]) == (5, 9)


def test_sarif() -> None:
    run = sarif(FINDINGS)
    assert run["columnKind"] == "unicodeCodePoints"
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["OPS001", "REF001", "SAG001"]
    assert [result["level"] for result in run["results"]] == ["warning", "note", "error"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    first = run["results"][0]
    region = first["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1, "startColumn": 6, "endLine": 1, "endColumn": 9}
    assert first["properties"]["story"] == ["pay ok", "ship fails"]
    assert "How it goes wrong: pay ok, then ship fails" in first["message"]["text"]
    last = run["results"][2]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(last) == B.name
    assert last == "flows/b%2C%20100%25%3A%3C%26%3E.flow"


def test_sarif_without_findings() -> None:
    assert sarif(()) | {"tool": None} == {
        "tool": None,
        "columnKind": "unicodeCodePoints",
        "results": [],
    }


def test_sarif_fingerprints_survive_new_lines_above() -> None:
    def prints(source: Source) -> list[str]:
        findings = (found(source, "pay"), found(source, "pay", code="SAG002"))
        return [r["partialFingerprints"]["flowcFinding/v1"] for r in sarif(findings)["results"]]

    before = prints(A)
    assert prints(Source(A.name, "\n\n// new\n" + A.text)) == before
    assert len(set(before)) == 2


def test_equal_findings_have_different_fingerprints() -> None:
    twice = Source("twice.flow", "step a = s.b()\nstep a = s.b()\n")
    findings = tuple(
        Diagnostic(twice, "SAG001", "x", "warning", Finding(Span(start, start + 4), "m"))
        for start in (0, 15)
    )
    issues = json.loads(report("gitlab", findings))
    assert len({issue["fingerprint"] for issue in issues}) == 2


def test_github() -> None:
    assert report("github") == dedent(
        """\
        ::warning file=flows/a.flow,line=1,endLine=1,title=SAG001 uncompensated-effect,col=6,\
endColumn=9::`pay` <is> left & behind: 100%25, "really"%0Ain two lines%0Ahow it goes wrong: \
pay ok, then ship fails%0Ahelp: undo it
        ::notice file=flows/a.flow,line=2,endLine=2,title=OPS001 missing-owner,col=6,\
endColumn=10::no runbook
        ::error file=flows/b%2C 100%25%3A<&>.flow,line=1,endLine=1,title=REF001 unknown-name,\
col=7,endColumn=16::unknown
        """
    )


def test_gitlab() -> None:
    first, second, third = json.loads(report("gitlab"))
    assert first["check_name"] == "SAG001"
    assert first["severity"] == "major"
    assert first["location"] == {"path": "flows/a.flow", "lines": {"begin": 1, "end": 1}}
    assert first["description"].startswith("uncompensated-effect: `pay` <is> left & behind")
    assert [second["severity"], third["severity"]] == ["info", "critical"]


def test_junit_is_read_back() -> None:
    suites = JUnitXml.fromstring(report("junit").encode())
    assert [suite.name for suite in suites] == list(FILES)
    assert (suites.tests, suites.failures, suites.errors) == (4, 2, 0)
    first, second, third = suites
    warning, advice = list(first)
    assert warning.name == "SAG001 uncompensated-effect (1:6)"
    (failure,) = warning.result
    assert isinstance(failure, Failure)
    assert failure.type == "warning"
    assert failure.message == '`pay` <is> left & behind: 100%, "really"\\nin two lines'
    assert 'step pay = card.charge("日本", id)' in failure.text
    assert advice.result == []
    assert "no runbook" in advice.system_out
    assert (second.tests, second.failures) == (1, 1)
    (clean,) = list(third)
    assert clean.is_passed


@pytest.mark.parametrize("format", FORMATS)
def test_the_order_of_findings_does_not_matter(format: str) -> None:
    shuffled = list(FINDINGS)
    random.Random(7).shuffle(shuffled)
    assert report(format, tuple(shuffled)) == report(format)


@settings(max_examples=60)
@given(name=st.text(min_size=1), text=st.text(min_size=1), words=st.text())
def test_no_text_breaks_a_format(name: str, text: str, words: str) -> None:
    source = Source(name.replace("\0", ""), text)
    finding = Finding(
        Span(0, 1),
        words,
        words,
        words,
        (Related(Span(0, 1), words, Source(words, text)),),
        Fix(words, (Edit(Span(0, 1), words),)),
        (words,),
    )
    findings = (Diagnostic(source, "SAG001", "rule", "error", finding),)
    Draft4Validator(SCHEMA).validate(json.loads(write("sarif", findings, (name,), PLAIN)))
    assert json.loads(write("json", findings, (), PLAIN))[0]["message"] == words
    assert len(json.loads(write("gitlab", findings, (), PLAIN))) == 1
    assert write("github", findings, (), PLAIN).count("\n") == 1
    assert write("concise", findings, (), PLAIN).count("\n") == 1
    junit = JUnitXml.fromstring(write("junit", findings, (), PLAIN).encode())
    assert (junit.failures, junit.errors) == (1, 0)
    assert not any(isinstance(r, Error) for suite in junit for case in suite for r in case.result)
