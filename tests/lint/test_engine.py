"""The engine: every rule on every flow at every version, each finding once, no run lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowc.compiler.check import check
from flowc.diagnostic import Diagnostic, Finding
from flowc.lint import registry
from flowc.lint.engine import describe, lint, run
from flowc.lint.rule import Rule, rule
from flowc.lint.rules.uncompensated_effect import BAD, GOOD
from flowc.lint.settings import PathSettings, Settings
from flowc.source import Source, Span
from tests.support.lints import diagnose, names, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowc.simulate.study import Study

OLD_AND_NEW = (
    BAD.replace("version 1\n", "version 3 supports 1\n")
    .replace("  step room", "  until 2 {\n    step early = trains.book(trip)\n  }\n  step room")
    .replace(
        "    step early = trains.book(trip)",
        "    step early = hotels.book(trip, 1)\n      on unknown halt",
    )
)


def test_a_clean_file_is_silent() -> None:
    assert diagnose(GOOD) == ()


def test_a_finding_has_the_rule_s_code_name_and_severity() -> None:
    (found,) = diagnose(BAD)
    assert (found.code, found.name, found.severity) == (
        "SAG001",
        "uncompensated-effect",
        "warning",
    )
    (found,) = diagnose(BAD, Settings(severity=(("SAG001", "error"),)))
    assert found.severity == "error"


def test_a_finding_of_several_versions_is_said_once() -> None:
    text = BAD.replace("version 1\n", "version 3 supports 1\n")
    assert len(check(Source("trip.flow", text)).program.older) == 2
    assert names(text).count("uncompensated-effect") == 1


def test_what_only_an_older_version_has_says_so() -> None:
    found = [d for d in diagnose(OLD_AND_NEW) if d.code == "SAG001"]
    assert len(found) == 2
    early, room = found
    assert early.finding.message.endswith("(in version 1)")
    assert "(in version" not in room.finding.message


def test_rules_run_on_files_with_errors() -> None:
    text = BAD.replace('owner "team-travel"', 'owner "team-{travel}"')
    found = names(text)
    assert "uncompensated-effect" in found
    assert len(found) > 1


def test_syntax_errors_alone() -> None:
    assert all(d.code.startswith("SYN") for d in diagnose(BAD + "flow {"))


def test_the_order_is_that_of_the_file() -> None:
    text = "error Unused\n" + BAD + "\n// flowc: allow X\n"
    assert [line.split()[1] for line in said(text)] == [
        "unused-declaration",
        "uncompensated-effect",
        "unknown-rule",
    ]


def test_settings_per_path() -> None:
    settings = Settings(paths=(PathSettings("old/**", ignore=("SAG001",)),))
    assert said(BAD, settings, "old/trip.flow") == []
    assert said(BAD, settings, "new/trip.flow") != []


def _with(monkeypatch: pytest.MonkeyPatch, extra: Rule) -> None:
    everything = (*registry.rules(), extra)
    monkeypatch.setattr(registry, "_found", [everything])
    monkeypatch.setattr("flowc.lint.engine._catalogue", [])


def _rule(check: Callable[[Study], Iterator[Finding]], *, on: bool = True) -> Rule:
    return rule(code="STY999", name="made-up", bad=BAD, good=GOOD, severity="advice", on=on)(check)


def test_a_rule_that_raises_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(study: Study) -> Iterator[Finding]:
        """Break half way."""
        yield Finding(study.flow.name_span, "found before")
        raise KeyError("what now")

    _with(monkeypatch, _rule(broken))
    checked = check(Source("trip.flow", BAD))
    found = lint(checked)
    assert [d.name for d in found] == ["rule-crashed", "made-up", "uncompensated-effect"]
    crash = found[0]
    assert crash.severity == "error"
    assert "`made-up` (STY999)" in crash.finding.message
    assert "`book_trip`, version 1" in crash.finding.message
    assert crash.finding.help is not None
    assert "KeyError: 'what now'" in crash.finding.help
    assert "--ignore STY999" in crash.finding.help
    assert len(run(checked, Settings()).crashes) == 1
    assert names(BAD, Settings(ignore=("STY999",))) == ["uncompensated-effect"]


def test_a_suppression_is_not_called_unused_when_a_rule_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(study: Study) -> Iterator[Finding]:
        """Break at once."""
        raise RuntimeError(study.flow.name)
        yield

    text = BAD.replace("  step seat", '  // flowc: allow made-up because "x"\n  step seat')
    _with(monkeypatch, _rule(broken))
    assert "unused-suppression" not in names(text)


def test_off_by_default_runs_when_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    def quiet(study: Study) -> Iterator[Finding]:
        """Find the flow."""
        yield Finding(study.flow.name_span, "here it is")

    _with(monkeypatch, _rule(quiet, on=False))
    assert "made-up" not in names(BAD)
    assert "made-up" in names(BAD, Settings(severity=(("made-up", "warning"),)))
    assert names(BAD, Settings(select=("STY",))) == ["made-up"]
    assert "made-up" not in names(BAD, Settings(severity=(("STY", "warning"),)))


def test_a_rule_that_repeats_itself_is_heard_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(study: Study) -> Iterator[Finding]:
        """Say one thing twice and another at the same place."""
        for message in ("one", "one", "two"):
            yield Finding(study.flow.name_span, message)

    _with(monkeypatch, _rule(twice))
    found = [d.finding.message for d in diagnose(BAD) if d.name == "made-up"]
    assert found == ["one", "two"]


def test_gaps_of_targets_follow_settings_and_suppressions() -> None:
    text = BAD.replace("  step room", '  // flowc: allow PLT001 because "x"\n  step room')
    text = text.replace("on unknown halt\n", "compensate hotels.cancel(trip)\n", 1)
    checked = check(Source("trip.flow", text))
    at = text.index("step room")
    gap = Diagnostic(checked.source, "PLT001", "not-on-target", "error", Finding(Span(at, at), "x"))
    assert lint(checked) == ()
    linted = run(checked, Settings(), None, (gap,))
    assert linted.diagnostics == ()
    assert linted.suppressed == (gap,)
    assert [d.name for d in run(checked, Settings(), None, ()).diagnostics] == [
        "unused-suppression"
    ]
    other = check(Source("trip.flow", GOOD))
    moved = gap.replace(source=other.source)
    milder = Settings(severity=(("PLT001", "advice"),))
    assert [d.severity for d in run(other, milder, None, (moved,)).diagnostics] == ["advice"]


def test_an_exception_in_one_line() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        check(1 / 0)  # type: ignore[arg-type]
    assert describe(caught.value).startswith("ZeroDivisionError: division by zero at ")
    assert "\n" not in describe(ValueError("a\nb"))
