"""Every flow at hand, at every version, has a page whose tables are whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.cli.docs import pages
from flowc.compiler.check import check
from flowc.lint.registry import rules
from flowc.source import Source

ROOT = Path(__file__).resolve().parents[3]
TEXTS = {
    **{path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "examples").glob("*.flow")},
    **{f"{rule.name}-bad": rule.bad for rule in rules()},
    **{f"{rule.name}-good": rule.good for rule in rules()},
}
SECTIONS = ("Picture", "Contracts", "Endings", "Times", "What each failure undoes", "Runbook")


def columns(row: str) -> int:
    return row.replace("\\|", "").count("|")


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_it_has_a_page(name: str) -> None:
    checked = check(Source(f"{name}.flow", TEXTS[name]))
    flows = (*checked.program.flows, *checked.program.older)
    files = pages([(f"{name}.flow", checked)])
    assert len(files) == len(flows) + 1
    for flow in flows:
        older = "" if flow.version == max(flow.versions) else f".v{flow.version}"
        text = files[f"{name}/{flow.name}{older}.md"]
        for section in SECTIONS:
            assert f"\n## {section}\n" in text
        assert ("\n## Versions\n" in text) == (len(flow.versions) > 1)
        head: str | None = None
        for row in text.splitlines():
            if not row.startswith("| "):
                head = None
                continue
            head = head or row
            assert columns(row) == columns(head), row
        for step in flow.steps:
            assert f"in `{step.name}" in text
            if step.compensation is not None:
                assert step.compensation.call.operation.title in text
