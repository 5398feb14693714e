"""Whatever the file holds: diagnostics with places inside it, never an exception."""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowc.dsl import ast
from flowc.dsl.depth import MAX_BLOCKS, MAX_LEVELS
from flowc.dsl.lexer import END, tokenize
from flowc.dsl.parser import Parsed, parse
from flowc.dsl.shape import shape
from flowc.source import Source
from tests.support.damage import damaged, soup

SOUP = int(os.environ.get("FLOWC_SOUP", "1500"))  # inputs; 100,000 before a release


def _check(text: str) -> Parsed:
    parsed = parse(Source("a.flow", text))
    for diagnostic in parsed.diagnostics:
        finding = diagnostic.finding
        edits = finding.fix.edits if finding.fix else ()
        spans = [finding.span, *(r.span for r in finding.related), *(e.span for e in edits)]
        assert all(0 <= span.start <= span.end <= len(text) for span in spans), finding
        assert finding.message
        assert not finding.message.endswith(".")
        assert not any(sign in finding.message for sign in ("LBRACE", "RPAR", "NAME", "__ANON"))
    assert all(
        0 <= comment.span.start < comment.span.end <= len(text)
        for comment in parsed.module.comments
    )
    return parsed


@pytest.mark.parametrize("seed", range(4))
def test_seeded_soup(seed: int) -> None:
    random = Random(seed)
    for _ in range(SOUP // 4):
        _check(soup(random))


def test_damaged_copies() -> None:
    random = Random(4)
    for _ in range(200):
        copy = damaged(random)
        _check(copy.text + damaged(random).text)


@given(st.text())
def test_any_text(text: str) -> None:
    _check(text)


@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    _check(data.decode("utf-8", errors="replace"))
    _check(data.decode("latin-1"))


@given(st.text())
def test_tokens_lie_side_by_side(text: str) -> None:
    tokens = tokenize(text)
    assert tokens.kinds[-1] == END
    edge = 0
    marks = sorted(
        [*zip(tokens.starts, tokens.ends, strict=True), *((a, b) for a, b, _ in tokens.remarks)]
    )
    for start, end in marks:
        assert start >= edge
        assert not text[edge:start].strip(" \t\r\n")
        edge = end
    assert edge == len(text)


def _flow(line: str) -> str:
    return f"flow f(x: int) {{\n  {line}\n  step z = a.b()\n}}\n"


DEEP: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: _flow("let a = " + "(" * n + "1" + ")" * n),
    "lists": lambda n: _flow("let a = " + "[" * n + "]" * n),
    "not": lambda n: _flow("let a = " + "not " * n + "x"),
    "minus": lambda n: _flow("let a = " + "-" * n + "x"),
    "sum": lambda n: _flow("let a = " + "x + " * n + "x"),
    "fields": lambda n: _flow("let a = x" + ".x" * n),
    "calls": lambda n: _flow("let a = " + "f(" * n + ")" * n),
    "conditions": lambda n: _flow("let a = " + "if x then 1 else " * n + "1"),
    "hole": lambda n: _flow('let a = "{' + "(" * n + "1" + ")" * n + '}"'),
    "blocks": lambda n: _flow("if x {" * n + "}" * n),
    "loops": lambda n: _flow("for x in xs max 3 {" * n + "}" * n),
    "else if": lambda n: _flow("if x {}" + " else if x {}" * n),
    "types": lambda n: "type T { a: " + "[" * n + "x" + "]" * n + " }\n",
}


@pytest.mark.parametrize("name", DEEP)
@pytest.mark.parametrize("levels", [MAX_LEVELS + 20, 10_000])
def test_deep_nesting_is_one_error_and_a_shallow_tree(name: str, levels: int) -> None:
    parsed = _check(DEEP[name](levels))
    assert [d.code for d in parsed.diagnostics] == ["SYN008"]
    shape(parsed.module)  # recurses
    repr(parsed.module)
    hash(parsed.module)
    if name != "types":
        flow = parsed.module.declarations[0]
        assert isinstance(flow, ast.FlowDecl)
        assert isinstance(flow.body.statements[-1], ast.Step)


@pytest.mark.parametrize("name", DEEP)
def test_what_is_within_the_limits_is_read(name: str) -> None:
    levels = MAX_BLOCKS - 2 if name in ("blocks", "loops", "else if") else MAX_LEVELS - 2
    assert _check(DEEP[name](levels)).diagnostics == ()


@pytest.mark.parametrize(
    "text", ["(" * 10_000, "{" * 10_000, _flow("try {" * 3000), "flow f(" * 3000]
)
def test_open_brackets_without_end(text: str) -> None:
    assert _check(text).diagnostics


@pytest.mark.parametrize(
    "number", ["1" * 1_000_000, "1." + "1" * 1_000_000, "1" * 1_000_000 + "s", "1s" * 100_000]
)
def test_million_digit_numbers(number: str) -> None:
    assert [d.code for d in _check(f"const a = {number}\n").diagnostics] == ["SYN007"]


def test_large_files() -> None:
    step = "  step z{} = a.b(x, 12)\n    compensate a.c(x)\n"
    text = "flow f(x: int) {\n" + "".join(step.format(i) for i in range(20_000)) + "}\n"
    parsed = _check(text)
    assert parsed.diagnostics == ()
    flow = parsed.module.declarations[0]
    assert isinstance(flow, ast.FlowDecl)
    assert len(flow.body.statements) == 20_000
    broken = text.replace("step z10000 =", "step z10000")
    found = _check(broken).diagnostics
    assert [d.finding.message for d in found] == ["missing `=` before `a`"]


@pytest.mark.parametrize(
    "text",
    ["\0" * 100_000, '"' * 50_001, ";é" * 20_000, "/*\n" * 20_000, "foo\n" * 50_000, "} " * 50_000],
)
def test_large_rubbish(text: str) -> None:
    assert _check(text).diagnostics


def test_a_long_run_of_one_stray_sign_is_one_fault() -> None:
    """Dropped one by one, each would cost the length of the file."""
    parsed = _check("}" * 20_000 + "\nerror Full\n" + "}\n" * 20_000 + "error Gone\n")
    assert [d.finding.span.start for d in parsed.diagnostics] == [0, 20_012]
    assert len(parsed.module.declarations) == 2


def test_a_text_of_many_pieces_is_put_together() -> None:
    """Escapes and braces next to each other; time is linear in them, checked by the size."""
    written = 'const a = "' + "\\\\\\{" * 100_000 + '"\n'
    (declared,) = _check(written).module.declarations
    assert isinstance(declared, ast.ConstDecl)
    assert isinstance(declared.value, ast.Text)
    assert declared.value.parts == ("\\{" * 100_000,)


def test_a_megabyte_of_nothing_is_read_once() -> None:
    """Space at the end, carriage returns, documentation of nothing, holes never closed."""
    assert not _check("error Full\n" + " " * 1_000_000).diagnostics
    assert len(_check("\r" * 1_000_000).diagnostics) == 1
    documented = _check("/// x\n" * 50_000 + "error Full\n").module.declarations[0]
    assert isinstance(documented, ast.ErrorDecl)
    assert documented.doc is not None
    assert documented.doc.text.count("x") == 50_000
    assert len(_check('const a = "' + "{" * 20_000 + '"\n').diagnostics) == 501


@pytest.mark.parametrize("fault", ["\\q", "}", "{", "{}", "{a b}", "{1.2.3}"])
def test_of_very_many_faults_in_a_text_the_first_are_told(fault: str) -> None:
    parsed = _check(f'const a = "{fault * 3_000}"\nconst b = \nconst c = 1\n')
    assert 501 <= len(parsed.diagnostics) <= 503
    closing = [d for d in parsed.diagnostics if "more than 500 faults" in d.finding.message]
    assert [d.code for d in closing] == ["SYN001"]
    assert any(d.finding.span.start > 3_000 * len(fault) for d in parsed.diagnostics)
    assert [d.name.text for d in parsed.module.declarations if isinstance(d, ast.ConstDecl)] == [
        *"abc"
    ]
