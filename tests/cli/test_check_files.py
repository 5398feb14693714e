"""Linting as a whole: several files, settings, fixes, baselines, targets and processes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from flowc.cli.check_files import Report, lint_input, lint_paths
from flowc.cli.loader import Loader
from flowc.cli.options import Options
from flowc.compiler.check import Checked, check
from flowc.compiler.imports import Trees
from flowc.dsl.parser import Parsed, parse
from flowc.lint.fixes import Fixed, fix
from flowc.lint.rules.uncompensated_effect import BAD, GOOD
from flowc.source import Source
from tests.support.tree import put, write

UNUSED = '// flowc: allow double-compensation because "x"\n'


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWC_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def lint(*paths: str, options: Options | None = None) -> Report:
    """Lint without a cache unless options say otherwise."""
    return lint_paths(paths or (".",), options or Options(cache=False))


def said(report: Report) -> list[str]:
    """Each diagnostic in a line."""
    return [f"{d.source.name} {d.name}" for d in report.diagnostics]


def problems(report: Report) -> list[str]:
    """Each problem in a line."""
    found = []
    for d in report.problems:
        place = d.source.position(d.finding.span.start)
        found.append(f"{d.source.name}:{place.line} {d.code} {d.finding.message}")
    return found


# -- settings ------------------------------------------------------------------------------


def test_the_nearest_settings_hold() -> None:
    write("flowc.toml", 'ignore = ["SAG"]')
    write("a/pyproject.toml", "[project]", 'dependencies = ["flowc"]')
    write("b/pyproject.toml", "[tool.flowc]")
    write("c/pyproject.toml", "[tool.flowc]", 'ignore = ["SAG"]')
    write("c/flowc.toml", 'severity = { SAG001 = "advice" }')
    for folder in ("a", "b", "c", "."):
        put(f"{folder}/x.flow", BAD)
    report = lint()
    assert [(d.source.name, d.severity) for d in report.diagnostics] == [
        ("b/x.flow", "warning"),
        ("c/x.flow", "advice"),
    ]
    assert said(lint("a/x.flow", "b/x.flow")) == ["b/x.flow uncompensated-effect"]


@pytest.mark.parametrize(
    "lines",
    [
        ("[ tool . 'flowc' ]", 'ignore = ["SAG"]'),
        ("[tool]", 'flowc.ignore = ["SAG"]'),
        ("[tool] # ours", "other = 1", '"flowc" = { ignore = ["SAG"] }'),
        ('tool = { flowc = { ignore = ["SAG"] } }',),
        ('tool . flowc . ignore = ["SAG"]',),
        ('"tool"."flowc".ignore = ["SAG"]',),
    ],
)
def test_every_spelling_of_the_table_is_seen(lines: tuple[str, ...]) -> None:
    write("pyproject.toml", *lines)
    put("x.flow", BAD)
    assert said(lint()) == []


def test_settings_given_on_the_command_line_hold_everywhere() -> None:
    write("flowc.toml", 'ignore = ["SAG"]')
    write("other/mine.toml", 'severity = { SAG001 = "error" }')
    put("a.flow", BAD)
    report = lint(options=Options(config="other/mine.toml", cache=False))
    assert [d.severity for d in report.diagnostics] == ["error"]
    assert problems(lint(options=Options(config="gone.toml", cache=False))) == [
        "gone.toml:1 FIL001 no such file or folder"
    ]


def test_wrong_settings_stop_the_files_they_are_for() -> None:
    write("a/flowc.toml", "", 'select = ["SAGA"]')
    put("a/x.flow", BAD)
    put("x.flow", BAD)
    for options in (Options(), Options(), Options(cache=False)):
        report = lint(options=options)
        assert said(report) == ["x.flow uncompensated-effect"]
        assert problems(report) == [
            "a/flowc.toml:2 CFG003 no rule has the code, name or family `SAGA`"
        ]
    put("a/flowc.toml", b"select = ['\xe9']")
    assert problems(lint()) == ["a/flowc.toml:1 FIL004 byte 0xE9 (offset 11) is not UTF-8"]


def test_wrong_rules_and_targets_on_the_command_line() -> None:
    put("a.flow", BAD)
    for cache in (True, True, False):
        report = lint(options=Options(select=("SAG",), ignore=("NOPE",), cache=cache))
        assert problems(report) == [
            "command line:1 CFG003 no rule has the code, name or family `NOPE`"
        ]
        assert said(report) == []
        report = lint(options=Options(target="pyton", cache=cache))
        assert problems(report) == ["command line:1 CFG006 there is no target `pyton`"]
        assert report.problems[0].finding.help == "did you mean `python`?"


def test_what_a_target_cannot_keep() -> None:
    from flowc.cli.target_gaps import gaps
    from flowc.targets.registry import find

    text = GOOD.replace("  step room", "  wait 1m\n  step room")
    target = find("python")
    assert target is not None
    put("a.flow", text)
    expected = [d.finding for d in gaps(check(Source("a.flow", text)), target)]
    for cache in (True, True, False):
        report = lint(options=Options(target="python", cache=cache))
        assert [d.finding for d in report.diagnostics if d.code == "PLT001"] == expected
    assert all(d.code != "PLT001" for d in lint().diagnostics)


def test_no_files() -> None:
    report = lint()
    assert (report.files, report.diagnostics, report.problems) == ((), (), ())


# -- processes -----------------------------------------------------------------------------


def test_the_number_of_processes_changes_nothing() -> None:
    write("flowc.toml")
    put("common.flow", "error Closed\n")
    for n in range(12):
        text = BAD if n % 3 else 'import "common.flow"\nimport "gone.flow"\n' + BAD
        put(f"f{n:02}.flow", text + ("flow" if n % 5 == 4 else ""))
    put("latin.flow", b"\xe9")

    def told(report: Report) -> list[tuple[object, ...]]:
        return [
            (d.source.name, d.source.text, d.code, d.severity, d.finding.replace(related=()))
            for d in (*report.diagnostics, *report.problems)
        ]

    alone = lint(options=Options(jobs=1, cache=False))
    assert len({d.source.name for d in alone.diagnostics}) == 12
    for jobs in (2, 3, 40):
        assert told(lint(options=Options(jobs=jobs, cache=False))) == told(alone)
    assert told(lint(options=Options(jobs=2))) == told(alone)
    assert told(lint(options=Options())) == told(alone)


def test_many_bytes_are_worth_a_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    from flowc.cli import examine

    for n in range(4):
        put(f"{n}.flow", BAD)
    asked: list[int] = []
    monkeypatch.setattr(examine, "_in_processes", lambda tasks, n, _: asked.append(len(tasks)))
    assert len(lint().diagnostics) == 4
    assert asked == []
    monkeypatch.setattr(examine, "WORTH_A_POOL", 100)
    monkeypatch.setattr(examine.os, "sched_getaffinity", lambda _: {0, 1})  # type: ignore[attr-defined]
    assert len(lint().diagnostics) == 4
    assert asked == [4]


def test_processes_that_share_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threading.active_count", lambda: 2)
    for n in range(3):
        put(f"{n}.flow", BAD)
    assert said(lint(options=Options(jobs=2, cache=False))) == [
        f"{n}.flow uncompensated-effect" for n in range(3)
    ]


def test_a_process_that_dies_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    parent = os.getpid()

    def dying(source: Source, load: Loader, trees: Trees) -> Checked:
        if os.getpid() != parent:
            os._exit(9)
        return check(source, load, trees)

    monkeypatch.setattr("flowc.cli.examine.check", dying)
    for n in range(3):
        put(f"{n}.flow", BAD)
    assert len(said(lint(options=Options(jobs=2, cache=False)))) == 3


def test_an_interrupt_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("flowc.cli.examine._received", interrupted)
    for n in range(3):
        put(f"{n}.flow", BAD)
    with pytest.raises(KeyboardInterrupt):
        lint(options=Options(jobs=2, cache=False))


# -- faults of flowc -----------------------------------------------------------------------


def test_a_crash_is_a_problem_of_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(source, load, trees):  # type: ignore[no-untyped-def]
        if source.name == "a.flow":
            raise RuntimeError("what now")
        return check(source, load, trees)

    monkeypatch.setattr("flowc.cli.examine.check", broken)
    put("a.flow", BAD)
    put("b.flow", BAD)
    for _ in range(2):
        report = lint(options=Options())
        assert said(report) == ["b.flow uncompensated-effect"]
        (problem,) = report.problems
        assert (problem.code, problem.source.name) == ("INT002", "a.flow")
        assert "RuntimeError: what now" in (problem.finding.help or "")
    monkeypatch.setattr("flowc.cli.examine.check", check)
    assert len(lint(options=Options()).diagnostics) == 2


def test_a_flow_that_another_file_calls_needs_no_key() -> None:
    shared = "flow rest(order: text) {\n  version 1\n  wait 1m\n}\n"
    caller = GOOD.replace("  step room", "  step rested = rest(trip)\n  step room")
    put("lib/rest.flow", shared)
    write(".git/config")
    for _ in range(2):
        assert said(lint("lib/rest.flow")) == ["lib/rest.flow missing-business-key"]
    put("a/trip.flow", caller)  # calls one of that name, but imports none
    assert "lib/rest.flow missing-business-key" in said(lint("lib/rest.flow"))
    put("a/trip.flow", 'import "../lib/rest.flow"\n\n' + caller)
    assert said(lint("lib/rest.flow")) == []
    assert said(lint()) == []
    put("a/trip.flow", 'import "../lib/rest.flow"\n\n' + GOOD)
    assert said(lint("lib/rest.flow")) == ["lib/rest.flow missing-business-key"]


# -- fixes ---------------------------------------------------------------------------------

FIX = Options(fix=True, cache=False)


def test_fixes_are_written_and_the_rest_is_reported() -> None:
    put("a.flow", "\ufeff" + UNUSED.replace("\n", "\r\n") + BAD.replace("\n", "\r\n"))
    put("b.flow", GOOD)
    report = lint(options=FIX)
    assert Path("a.flow").read_bytes().decode() == "\ufeff" + BAD.replace("\n", "\r\n")
    assert said(report) == ["a.flow uncompensated-effect"]
    (fixed,) = report.fixes
    assert (fixed.name, [a.code for a in fixed.applied]) == ("a.flow", ["LNT001"])
    assert report.diagnostics[0].source.text == fixed.after
    assert Path("b.flow").read_text() == GOOD
    assert lint(options=FIX).fixes == ()


def test_unsafe_fixes_are_made_when_asked() -> None:
    put("a.flow", BAD)
    assert lint(options=FIX).fixes == ()
    report = lint(options=FIX.replace(unsafe=True))
    assert "uncompensated-effect" not in {d.name for d in report.diagnostics}
    assert "compensate hotels.cancel" in Path("a.flow").read_text()


def test_a_diff_writes_nothing() -> None:
    put("a.flow", UNUSED + BAD)
    report = lint(options=FIX.replace(diff=True))
    assert Path("a.flow").read_text() == UNUSED + BAD
    assert [f.after for f in report.fixes] == [BAD]
    assert said(report) == ["a.flow unused-suppression", "a.flow uncompensated-effect"]


def test_what_is_imported_and_linted_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 12
    for number in range(count):
        onward = f'import "f{number + 1:02}.flow"\n' if number + 1 < count else ""
        put(f"f{number:02}.flow", f"{onward}error E{number}\n")
    put("a.flow", 'import "f00.flow"\nimport "f03.flow"\nerror A\n')
    parsed: list[str] = []

    def counted(source: Source) -> Parsed:
        parsed.append(source.name)
        return parse(source)

    monkeypatch.setattr("flowc.compiler.imports.parse", counted)
    monkeypatch.setattr("flowc.compiler.check.parse", counted)
    report = lint(options=Options(cache=False, jobs=1))
    assert (len(report.files), report.diagnostics) == (count + 1, ())
    assert sorted(parsed) == ["a.flow", *(f"f{number:02}.flow" for number in range(count))]


def test_no_fix_goes_over_what_was_written_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(source: Source, *args: Any, **named: Any) -> Fixed:
        put("a.flow", UNUSED + GOOD)
        return fix(source, *args, **named)

    put("a.flow", UNUSED + BAD)
    monkeypatch.setattr("flowc.cli.mend.fix", slow)
    (problem,) = problems(lint(options=FIX))
    assert "FIL006 was written to by something else" in problem
    assert Path("a.flow").read_text() == UNUSED + GOOD


def test_a_file_that_cannot_be_written_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, before: str) -> None:
        raise PermissionError(13, "Permission denied")

    put("a.flow", UNUSED + BAD)
    monkeypatch.setattr("flowc.cli.mend.write_atomically", denied)
    report = lint(options=FIX)
    assert problems(report) == ["a.flow:1 FIL006 cannot be written: permission denied"]
    assert "a.flow unused-suppression" in said(report)


def test_standard_input() -> None:
    write("sub/flowc.toml", 'ignore = ["SAG"]')
    options = Options(cache=False)
    report = lint_input("<stdin>", BAD.encode(), options)
    assert said(report) == ["<stdin> uncompensated-effect"]
    assert report.files == ("<stdin>",)
    assert said(lint_input("sub/a.flow", BAD.encode(), options)) == []
    report = lint_input("a.flow", (UNUSED + BAD).encode(), FIX)
    assert [f.after for f in report.fixes] == [BAD]
    assert not Path("a.flow").exists()
    assert problems(lint_input("a.flow", b"\xff", options)) == [
        "a.flow:1 FIL004 byte 0xFF (offset 0) is not UTF-8"
    ]


# -- baselines -----------------------------------------------------------------------------


def test_a_baseline_hides_what_was_there() -> None:
    put("a.flow", BAD)
    put("sub/b.flow", BAD)
    report = lint(options=Options(write_baseline="known.json"))
    assert (said(report), report.known) == ([], 2)
    report = lint(options=Options(baseline="known.json"))
    assert (said(report), report.known) == ([], 2)
    put("a.flow", "// moved\n\n" + BAD)
    put("c.flow", BAD)
    report = lint(options=Options(baseline="known.json"))
    assert (said(report), report.known) == (["c.flow uncompensated-effect"], 2)


def test_a_baseline_in_the_settings() -> None:
    put("sub/a.flow", BAD)
    write("flowc.toml", 'baseline = "known.json"')
    assert problems(lint()) == ["known.json:1 FIL001 there is no such baseline"]
    lint(options=Options(write_baseline="known.json"))
    for _ in range(2):
        assert said(lint("sub", options=Options())) == []


def test_each_settings_file_has_its_own_baseline() -> None:
    for name in "ab":
        put(f"{name}/x.flow", BAD)
        write(f"{name}/flowc.toml", 'baseline = "known.json"')
        lint(name, options=Options(write_baseline=f"{name}/known.json"))
    put("c/x.flow", BAD)
    report = lint()
    assert (said(report), report.known) == (["c/x.flow uncompensated-effect"], 2)
    put("b/x.flow", GOOD)
    assert said(lint()) == ["b/known.json stale-baseline", "c/x.flow uncompensated-effect"]
    put("a/known.json", "{")
    put("b/known.json", "{")
    assert len(lint().problems) == 2


def test_stale_entries_are_findings() -> None:
    put("a.flow", BAD)
    put("b.flow", BAD)
    lint(options=Options(write_baseline="known.json"))
    known = Options(baseline="known.json")
    put("a.flow", GOOD)
    assert said(lint(options=known)) == ["known.json stale-baseline"]
    assert said(lint("b.flow", options=known)) == []
    Path("a.flow").unlink()
    assert said(lint("b.flow", options=known)) == ["known.json stale-baseline"]
    lint("b.flow", options=Options(write_baseline="known.json"))
    assert said(lint(options=known)) == []


def test_writing_a_part_keeps_the_rest() -> None:
    put("a.flow", BAD)
    put("b.flow", BAD)
    lint(options=Options(write_baseline="known.json"))
    first = Path("known.json").read_text()
    lint("a.flow", options=Options(write_baseline="known.json"))
    assert Path("known.json").read_text() == first
    assert [row["file"] for row in json.loads(first)["findings"]] == ["a.flow", "b.flow"]


def test_errors_are_never_in_a_baseline() -> None:
    put("a.flow", BAD.replace("hotels.book(trip, 2)", "hotels.book(trip)"))
    report = lint(options=Options(write_baseline="known.json"))
    assert "a.flow wrong-arguments" in said(report)
    assert "a.flow wrong-arguments" in said(lint(options=Options(baseline="known.json")))


def test_a_broken_baseline_is_a_problem() -> None:
    put("a.flow", BAD)
    put("known.json", "{")
    (problem,) = lint(options=Options(baseline="known.json")).problems
    assert problem.code == "CFG005"


def test_known_findings_are_not_mended() -> None:
    put("a.flow", UNUSED + BAD)
    lint(options=Options(write_baseline="known.json"))
    report = lint(options=Options(baseline="known.json", fix=True, unsafe=True))
    assert report.fixes == ()
    assert Path("a.flow").read_text() == UNUSED + BAD


@pytest.mark.parametrize("content", [BAD, '{"version": 1, "findings": [', "[]\n"])
def test_a_baseline_is_written_over_no_other_file(content: str) -> None:
    put("a.flow", BAD)
    put("other", content)
    (problem,) = problems(lint(options=Options(write_baseline="other")))
    assert problem == "other:1 FIL006 is there already and no baseline, so it stays as it is"
    assert Path("other").read_text() == content
    put("other", "")
    assert problems(lint(options=Options(write_baseline="other"))) == []
    assert said(lint(options=Options(baseline="other"))) == []
