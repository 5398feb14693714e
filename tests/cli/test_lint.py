"""`flowc lint` as it is used: what it prints where, and how it ends."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from junitparser import JUnitXml

from flowc.cli.report import FORMATS
from flowc.diagnostic import Edit, Finding, Fix
from flowc.lint import registry
from flowc.lint.registry import rules
from flowc.simulate.study import Study
from tests.support.command import flowc
from tests.support.flows import BROKEN, CLEAN, LEFT_BEHIND, MENDED


@pytest.fixture
def files(here: Path) -> Path:
    (here / "clean.flow").write_text(CLEAN)
    (here / "left.flow").write_text(LEFT_BEHIND)
    (here / "broken.flow").write_text(BROKEN)
    return here


def test_a_clean_file_is_silent_on_standard_output(files: Path) -> None:
    assert flowc("lint", "clean.flow") == (0, "", "no findings in 1 file\n")
    assert flowc("lint", "clean.flow", "--quiet") == (0, "", "")


def test_findings(files: Path) -> None:
    said = flowc("lint", ".")
    assert said.status == 1
    assert said.out.count("error[SYN") == 1
    assert said.out.count("warning[SAG001] uncompensated-effect: ") == 1
    assert said.out.index("broken.flow:") < said.out.index("left.flow:")
    assert said.err == (
        "1 error, 1 warning in 2 files; 2 can be fixed with `--fix --unsafe-fixes`\n"
    )


def test_a_second_run_says_the_same_from_its_cache(files: Path) -> None:
    assert flowc("lint", ".") == flowc("lint", ".") == flowc("lint", "--no-cache", ".")


def test_advice_alone_is_clean(files: Path) -> None:
    (files / "flowc.toml").write_text('[severity]\n"uncompensated-effect" = "advice"\n')
    said = flowc("lint", "left.flow")
    assert said.status == 0
    assert said.out.startswith("advice[SAG001]")
    assert said.err.startswith("1 piece of advice in 1 file")


def test_concise(files: Path) -> None:
    said = flowc("lint", "--format", "concise", "left.flow")
    assert said.out == (
        "left.flow:22:8: warning[SAG001] uncompensated-effect: `room` changes `rooms`, and "
        "nothing undoes it when `seat` fails with `Closed`\n"
    )


def test_select_and_ignore(files: Path) -> None:
    assert flowc("lint", "--ignore", "uncompensated-effect", "left.flow").status == 0
    assert flowc("lint", "--select", "TIM,DET", "left.flow").status == 0
    assert flowc("lint", "--select", "SAG", "left.flow").status == 1
    said = flowc("lint", "--select", "SAG0001", "left.flow")
    assert said.status == 2
    assert "SAG001" in said.err


def test_statistics(files: Path) -> None:
    said = flowc("lint", "--statistics", "--format", "concise", "-q", "left.flow")
    assert said.out.endswith("1  SAG001  uncompensated-effect (warning)\n")


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_sees_the_same_findings(files: Path, format: str) -> None:
    said = flowc("lint", "--format", format, ".")
    assert said.status == 1
    assert "SAG001" in said.out
    assert "broken.flow" in said.out


@pytest.mark.parametrize(
    ("format", "empty"), [("json", "[]\n"), ("gitlab", "[]\n"), ("github", ""), ("concise", "")]
)
def test_a_report_without_findings_is_still_one(files: Path, format: str, empty: str) -> None:
    assert flowc("lint", "-q", "--format", format, "clean.flow") == (0, empty, "")


def test_junit_lists_clean_files(files: Path) -> None:
    report = JUnitXml.fromstring(flowc("lint", "--format", "junit", ".").out.encode())
    assert [suite.name for suite in report] == ["broken.flow", "clean.flow", "left.flow"]


def test_fix(files: Path) -> None:
    assert flowc("lint", "--fix", "left.flow").status == 1  # the fix is an unsafe one
    assert (files / "left.flow").read_text() == LEFT_BEHIND
    said = flowc("lint", "--fix", "--unsafe-fixes", "left.flow")
    assert (said.status, said.out) == (0, "")
    assert said.err.startswith("mended left.flow: 1 finding\n  left.flow:22: SAG001 ")
    assert (files / "left.flow").read_text() == MENDED


def test_diff(files: Path) -> None:
    said = flowc("lint", "--diff", "--unsafe-fixes", "left.flow")
    assert said.status == 1
    assert said.out.startswith("--- a/left.flow\n+++ b/left.flow\n@@ ")
    assert "\n+    compensate hotels.cancel(trip)\n" in said.out
    assert said.err.startswith("would mend left.flow: 1 finding\n")
    assert (files / "left.flow").read_text() == LEFT_BEHIND


def test_baseline(files: Path) -> None:
    assert flowc("lint", "--write-baseline", "known.json", "left.flow").status == 0
    said = flowc("lint", "--baseline", "known.json", "left.flow")
    assert said == (0, "", "no findings in 1 file (1 more in the baseline)\n")


@pytest.mark.usefixtures("here")
def test_standard_input() -> None:
    said = flowc("lint", "--format", "concise", "-", stdin=LEFT_BEHIND.encode())
    assert said.status == 1
    assert said.out.startswith("<stdin>:22:8: warning[SAG001]")
    named = flowc("lint", "--stdin-filename", "a/b.flow", "-", stdin=LEFT_BEHIND.encode())
    assert "--> a/b.flow:22:8" in named.out


@pytest.mark.usefixtures("here")
def test_standard_input_is_mended_to_standard_output() -> None:
    said = flowc("lint", "--fix", "--unsafe-fixes", "-", stdin=LEFT_BEHIND.encode())
    assert (said.status, said.out) == (0, MENDED)
    assert flowc("lint", "--fix", "-", stdin=CLEAN.encode()).out == CLEAN
    unfixed = flowc("lint", "--fix", "-", stdin=LEFT_BEHIND.encode())
    assert (unfixed.status, unfixed.out) == (1, LEFT_BEHIND)
    assert "SAG001" in unfixed.err
    assert flowc("lint", "--fix", "-", stdin=b"\xff\xfe").out == ""


def test_what_cannot_be_read(files: Path) -> None:
    (files / "folder.flow").mkdir()
    (files / "latin.flow").write_bytes(CLEAN.replace("hello", "h\xe9llo").encode("latin-1"))
    os.mkfifo(files / "pipe.flow")
    said = flowc("lint", "gone.flow", "clean.flow", "latin.flow", "pipe.flow", "*.flw")
    assert (said.status, said.out) == (2, "")
    assert said.err.count("error[FIL") == 4
    for code, name in (("001", "gone.flow"), ("001", "*.flw"), ("004", "latin.flow:7:10")):
        assert f"error[FIL{code}]" in said.err
        assert f" --> {name}\n" in said.err
    assert said.err.endswith("4 errors in 4 files\n")
    only = flowc("lint", "folder.flow")
    assert only == (2, "", "flowc: there is no .flow file in `folder.flow`\n")


def test_findings_are_told_beside_what_cannot_be_read(files: Path) -> None:
    said = flowc("lint", "left.flow", "gone.flow")
    assert said.status == 2
    assert "warning[SAG001]" in said.out
    assert "error[FIL001]" in said.err
    rows = json.loads(flowc("lint", "--format", "json", "left.flow", "gone.flow").out)
    assert [row["code"] for row in rows] == ["FIL001", "SAG001"]


def test_a_file_name_cannot_play_tricks(here: Path) -> None:
    name = "\x1b[2Jevil\n::error::.flow"
    (here / name).write_text(LEFT_BEHIND)
    for format in ("text", "concise", "github", "junit"):
        said = flowc("lint", "--format", format, ".")
        assert said.status == 1
        assert "\x1b" not in said.out.replace(name, "") or format == "github"
        assert "\n::error::" not in said.out


def test_colours(files: Path) -> None:
    assert "\x1b[" not in flowc("lint", "left.flow").out
    assert "\x1b[" in flowc("lint", "--color", "always", "left.flow").out
    assert "\x1b[" in flowc("lint", "left.flow", env={"FORCE_COLOR": "1"}).out
    both = {"FORCE_COLOR": "1", "NO_COLOR": "1"}
    assert "\x1b[" not in flowc("lint", "left.flow", env=both).out
    assert "\x1b[" not in flowc("lint", "--format", "json", "--color", "always", "left.flow").out


def test_a_fix_that_would_break_the_file_is_not_made_and_told(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaking(study: Study) -> Iterator[Finding]:
        for finding in rule.check(study):
            edit = Edit(finding.span.replace(end=finding.span.start), "}")
            yield finding.replace(fix=Fix("close it", (edit,)))

    rule = next(rule for rule in rules() if rule.name == "uncompensated-effect")
    others = tuple(other for other in rules() if other is not rule)
    monkeypatch.setattr(registry, "_found", [(rule.replace(check=breaking), *others)])
    said = flowc("lint", "--fix", "--no-cache", "left.flow")
    assert "SAG001 uncompensated-effect: left alone, because the file could not be read" in said.err
    assert (files / "left.flow").read_text() == LEFT_BEHIND
