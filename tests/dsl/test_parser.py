"""Source text to values: literals, comments, documentation, spans, and odd but legal files."""

from __future__ import annotations

from typing import Any

import pytest

from flowc.dsl import ast
from flowc.dsl.codes import SYNTAX, SyntaxCode
from flowc.dsl.parser import parse
from flowc.dsl.shape import shape
from flowc.source import Source, Span
from flowc.struct import Struct
from tests.support.damage import EXAMPLES, steps


def _module(text: str) -> ast.Module:
    parsed = parse(Source("a.flow", text))
    assert [d.finding.message for d in parsed.diagnostics] == []
    return parsed.module


def _value(expression: str) -> ast.Expr:
    (declaration,) = _module(f"const a = {expression}\n").declarations
    assert isinstance(declaration, ast.ConstDecl)
    return declaration.value


def _var(name: str) -> Any:
    return ("Var", ("Name", name))


def _get(value: Any, field: str) -> Any:
    return ("Get", value, ("Name", field), False)


def _op(sign: str, left: Any, right: Any) -> Any:
    return ("Binary", sign, left, right)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_read_whole(name: str) -> None:
    text = EXAMPLES[name]
    module = _module(text)
    assert len(steps(module)) == sum(line.lstrip().startswith("step ") for line in text.split("\n"))
    assert module.span == Span(0, len(text))


@pytest.mark.parametrize("name", EXAMPLES)
def test_spans_hold_what_they_say(name: str) -> None:
    text = EXAMPLES[name]

    def look(node: Any, start: int, end: int) -> None:
        if isinstance(node, tuple):
            for child in node:
                look(child, start, end)
        elif isinstance(node, (ast.Doc, ast.Comment)):
            assert text[node.span.start : node.span.end].startswith("//")
        elif isinstance(node, Struct) and not isinstance(node, Span):
            span = node.span  # type: ignore[attr-defined]
            assert start <= span.start < span.end <= end
            assert not text[span.start].isspace()
            assert not text[span.end - 1].isspace() or isinstance(node, ast.Module)
            if isinstance(node, ast.Name):
                assert text[span.start : span.end] == node.text
            for field in node.__match_args__:
                look(getattr(node, field), span.start, span.end)

    look(_module(text), 0, len(text))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"plain"', ("Text", ("plain",))),
        ('""', ("Text", ())),
        (r'"\" \\ \n \t \{\}"', ("Text", ('" \\ \n \t {}',))),
        ('"{a}/{b.c}"', ("Text", (_var("a"), "/", _get(_var("b"), "c")))),
        ('"{ a }"', ("Text", (_var("a"),))),
        ('"größe 🎉"', ("Text", ("größe 🎉",))),
        ("007", ("Number", "007", True)),
        ("1.50", ("Number", "1.50", False)),
        ("1d12h", ("Duration", "1d12h", 129_600_000)),
        ("1m30s500ms", ("Duration", "1m30s500ms", 90_500)),
        ("none", ("NoneLit",)),
        ("true", ("Bool", True)),
        ("false", ("Bool", False)),
        ("-a", ("Minus", _var("a"))),
        ("not a", ("Not", _var("a"))),
        ("(a)", ("Paren", _var("a"))),
        ("[a, b,]", ("ListLit", (_var("a"), _var("b")))),
        ("[]", ("ListLit", ())),
        ("a?.b", ("Get", _var("a"), ("Name", "b"), True)),
        ("a.if", ("Get", _var("a"), ("Name", "if"), False)),
        ("a ?? b.c", ("Binary", "??", _var("a"), _get(_var("b"), "c"))),
        ("if a then b else c", ("Cond", _var("a"), _var("b"), _var("c"))),
        ("step_1", ("Var", ("Name", "step_1"))),
        ("timeout", ("Var", ("Name", "timeout"))),
        (
            "f(a, b: c,)",
            (
                "Apply",
                ("Name", "f"),
                (("Arg", None, _var("a")), ("Arg", ("Name", "b"), _var("c"))),
            ),
        ),
        (
            "[a for a in b when c]",
            ("Pick", _var("a"), ("Name", "a"), _var("b"), _var("c")),
        ),
        (
            "a - b * c == d",
            ("Binary", "==", _op("-", _var("a"), _op("*", _var("b"), _var("c"))), _var("d")),
        ),
        ("a - b - c", _op("-", _op("-", _var("a"), _var("b")), _var("c"))),
        ("a or b and c", _op("or", _var("a"), _op("and", _var("b"), _var("c")))),
        ("-a ?? b", ("Minus", _op("??", _var("a"), _var("b")))),
    ],
)
def test_expressions(written: str, meant: Any) -> None:
    assert shape(_value(written)) == meant


def test_documentation_belongs_to_what_follows() -> None:
    module = _module(
        "/// One.\n///   Two.\n///\n/// Three.\n"
        "const a = 1\n"
        "/// Not next.\n\nconst b = 2\n"
        '/// First.\n// flowc: allow X because "y"\nconst c = 3\n'
        "const d = 4 /// behind\n"
        "//// ruler\nconst e = 5\n"
        "service s {\n  /// Op.\n  read r() -> int\n}\n"
        "flow f() {\n  /// Step.\n  step x = s.r()\n  /// Await.\n  await y: int within 1h\n"
        "  /// Let.\n  let z = 1\n  /// Last.\n}\n/// End.\n"
    )
    a, b, c, d, e, service, flow = module.declarations
    assert isinstance(a, ast.ConstDecl)
    assert a.doc is not None
    assert a.doc.text == "One.\n  Two.\n\nThree."
    assert isinstance(c, ast.ConstDecl)
    assert c.doc is not None
    assert c.doc.text == "First."
    for plain in (b, d, e):
        assert isinstance(plain, ast.ConstDecl)
        assert plain.doc is None
    assert isinstance(service, ast.ServiceDecl)
    assert service.ops[0].doc is not None
    assert isinstance(flow, ast.FlowDecl)
    step, wait, _ = flow.body.statements
    assert isinstance(step, ast.Step)
    assert step.doc is not None
    assert step.doc.text == "Step."
    assert isinstance(wait, ast.Await)
    assert wait.doc is not None
    assert [(comment.text, comment.own_line) for comment in module.comments] == [
        ("/// Not next.", True),
        ('// flowc: allow X because "y"', True),
        ("/// behind", False),
        ("//// ruler", True),
        ("/// Let.", True),
        ("/// Last.", True),
        ("/// End.", True),
    ]


def test_no_comment_is_ever_lost() -> None:
    text = EXAMPLES["order.flow"]
    module = _module(text)
    docs: list[ast.Doc] = []

    def look(node: Any) -> None:
        if isinstance(node, ast.Doc):
            docs.append(node)
        elif isinstance(node, tuple):
            for child in node:
                look(child)
        elif isinstance(node, Struct):
            for field in node.__match_args__:
                look(getattr(node, field))

    look(module.declarations)
    lines = sum(doc.text.count("\n") + 1 for doc in docs) + len(module.comments)
    assert lines == sum("//" in line.replace("://", "") for line in text.split("\n"))


def test_crlf_and_bom_change_nothing_but_places() -> None:
    text = EXAMPLES["trip.flow"]
    plain = _module(text)
    for odd in (text.replace("\n", "\r\n"), "\ufeff" + text, text.replace("  ", "\t")):
        module = _module(odd)
        assert shape(module) == shape(plain)
        assert [c.text for c in module.comments] == [c.text for c in plain.comments]
        assert [c.own_line for c in module.comments] == [c.own_line for c in plain.comments]


def test_an_empty_file_is_a_module() -> None:
    for text in ("", "\ufeff", "\n", "// only this", "/// only this"):
        assert _module(text).declarations == ()
    assert [comment.text for comment in _module("/// only this").comments] == ["/// only this"]


def test_commas_may_be_left_out_at_line_ends_in_braces_only() -> None:
    _module("type T {\n  a: int // one\n  b: int,\n\n  c: int\n}\nenum E {\n  A\n  B, C }\n")
    _module("policy p {\r\n  timeout 1s\r\n  attempts 3\r\n}\r\n")
    for text in (
        "type T { a: int b: int }",
        "enum E { A B }",
        "policy p { timeout 1s attempts 3 }",
    ):
        found = parse(Source("a.flow", text)).diagnostics
        assert [d.code for d in found] == ["SYN006"]
        fix = found[0].finding.fix
        assert fix is not None
        (edit,) = fix.edits
        assert (
            parse(
                Source("a.flow", text[: edit.span.start] + edit.text + text[edit.span.end :])
            ).diagnostics
            == ()
        )
    assert parse(Source("a.flow", "error E(a: int\nb: int)")).diagnostics
    _module("error E(a: int, b: int,)")


@pytest.mark.parametrize("entry", SYNTAX, ids=lambda entry: str(entry.name))
def test_every_code_has_a_file_that_has_it_and_one_that_has_not(entry: SyntaxCode) -> None:
    found = parse(Source("bad.flow", entry.bad)).diagnostics
    assert [(d.code, d.name) for d in found] == [(entry.code, entry.name)]
    _module(entry.good)


def test_codes_and_names_are_unique() -> None:
    assert len({entry.code for entry in SYNTAX}) == len(SYNTAX)
    assert len({entry.name for entry in SYNTAX}) == len(SYNTAX)
