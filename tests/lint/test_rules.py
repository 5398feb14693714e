"""Every rule keeps what its page says: the bad example has the finding, the good one has none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flowc.compiler.check import check
from flowc.diagnostic import Diagnostic
from flowc.dsl.formatter import format_source
from flowc.lint.fixes import apply
from flowc.lint.registry import rules
from flowc.lint.rule import Rule
from flowc.source import Source
from tests.support.linting import diagnostics

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.flow"))
FAMILIES = ("SAG", "TIM", "DET", "DAT", "CTL", "VER", "OPS", "PLT", "STY")
each_rule = pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)


def weighty(found: tuple[Diagnostic, ...], but: str) -> list[str]:
    """What is said at warning or above, and under one name at any severity."""
    return [d.name for d in found if d.severity != "advice" or d.name == but]


@each_rule
def test_the_bad_example_has_this_finding_and_no_other(rule: Rule) -> None:
    found = diagnostics(rule.bad, rule.name)
    assert set(weighty(found, rule.name)) == {rule.name}
    mine = [d for d in found if d.name == rule.name]
    assert len(mine) == 1
    assert (mine[0].code, mine[0].severity) == (rule.code, rule.severity)


@each_rule
def test_the_good_example_is_clean(rule: Rule) -> None:
    assert weighty(diagnostics(rule.good, rule.name), rule.name) == []


@each_rule
def test_the_examples_are_laid_out_as_fmt_does(rule: Rule) -> None:
    for text in (rule.bad, rule.good):
        assert format_source(Source("main.flow", text)).text == text


@each_rule
def test_the_page_tells_why_how_and_when_not(rule: Rule) -> None:
    title, *rest = rule.page.split("\n\n")
    assert title.strip().endswith(".")
    assert len(rest) >= 3
    assert "How it decides:" in rule.page
    assert "When it is wrong:" in rule.page


@each_rule
def test_code_and_name_are_of_their_kind(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z]{3}\d{3}", rule.code)
    assert rule.code[:3] in FAMILIES
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert rule.severity in ("warning", "advice")


@each_rule
def test_the_finding_is_told_in_the_house_style(rule: Rule) -> None:
    for diagnostic in diagnostics(rule.bad, rule.name):
        finding = diagnostic.finding
        if diagnostic.name != rule.name:
            continue
        assert 0 <= finding.span.start < finding.span.end <= len(rule.bad)
        for text in (finding.message, finding.help or ""):
            assert not text.endswith(".")
            assert not text[:1].isupper()
            assert text.count("`") % 2 == 0
        assert finding.help
        for related in finding.related:
            source = related.source or diagnostic.source
            assert 0 <= related.span.start < related.span.end <= len(source.text)
        if rule.code[:3] in ("SAG", "TIM"):
            assert finding.story


def fixable() -> list[Rule]:
    return [
        rule
        for rule in rules()
        if any(d.name == rule.name and d.finding.fix for d in diagnostics(rule.bad, rule.name))
    ]


@pytest.mark.parametrize("rule", fixable(), ids=lambda rule: rule.name)
def test_a_fix_mends_and_keeps_the_layout(rule: Rule) -> None:
    found = [d for d in diagnostics(rule.bad, rule.name) if d.name == rule.name]
    fix = found[0].finding.fix
    assert fix is not None
    mended = apply(rule.bad, fix.edits)
    after = diagnostics(mended, rule.name)
    assert weighty(after, rule.name) == []
    assert format_source(Source("main.flow", mended)).text == mended


@pytest.mark.parametrize("rule", fixable(), ids=lambda rule: rule.name)
def test_a_fix_keeps_the_line_ends_of_its_file(rule: Rule) -> None:
    def mended(text: str) -> str:
        (found,) = (d for d in diagnostics(text, rule.name) if d.name == rule.name)
        assert found.finding.fix is not None
        return apply(text, found.finding.fix.edits)

    assert mended(rule.bad.replace("\n", "\r\n")) == mended(rule.bad).replace("\n", "\r\n")


def test_some_fixes_are_tested() -> None:
    assert len(fixable()) >= 5


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_silent(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [d for d in diagnostics(text) if d.severity != "advice"] == []


@each_rule
def test_a_rule_says_nothing_about_a_flow_with_nothing_in_it(rule: Rule) -> None:
    from flowc.simulate.study import Study

    checked = check(Source("main.flow", "flow nothing() {\n  version 1\n}\n"))
    assert checked.program.flows
    for flow in checked.program.flows:
        assert [f for f in rule.check(Study(flow, checked.program)) if rule.code[:3] == "SAG"] == []
