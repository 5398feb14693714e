"""No rule fails on any flow, whatever stands in it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from flowc.compiler.check import check
from flowc.diagnostic import Diagnostic
from flowc.lint.engine import run
from flowc.lint.fixes import apply
from flowc.lint.settings import Settings
from flowc.source import Source
from tests.support.small_flows import PRELUDE, blocks, numbered

HEADS = (
    "",
    '  owner "a"\n  key k on duplicate attach\n',
    "  key now() on duplicate reject\n  deadline 3s, compensate within 2s\n",
    "  deadline 0s\n  default with five within 0s, compensate with patient\n",
)
ALL = Settings(select=("ALL",))


@settings(max_examples=120)
@given(blocks(2, True), st.sampled_from(HEADS))
def test_every_rule_comes_to_an_end_and_every_fix_can_be_read(lines: list[str], head: str) -> None:
    text = (
        f"{PRELUDE}\nflow f(k: text, c: bool, ks: [text]) -> bool {{\n  version 1\n{head}\n"
        f"{numbered(lines)}\n}}\n"
    )
    linted = run(check(Source("main.flow", text)), ALL)
    assert linted.crashes == ()
    for diagnostic in linted.diagnostics:
        assert_fix_reads(text, diagnostic)


def assert_fix_reads(text: str, diagnostic: Diagnostic) -> None:
    fix = diagnostic.finding.fix
    if fix is None:
        return
    after = check(Source("main.flow", apply(text, fix.edits)))
    assert not [d for d in after.diagnostics if d.code.startswith("SYN")]
