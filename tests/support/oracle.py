"""lark's own parser over our tokens: what the tables and the driver are held against."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from flowc.dsl.driver import Run
from flowc.dsl.lexer import ODD, Tokens
from flowc.dsl.tables import BUILDERS, NONTERMINALS, RULES, TERMINALS
from tools.make_tables import BUILD, GRAMMAR, NAME, TUPLE, compile_grammar

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc.source import Span

_BUILT = {BUILDERS[rule[3]] for rule in RULES if rule[0] == BUILD}
_NAMES = {NONTERMINALS[rule[1] >> 7] for rule in RULES if rule[0] == NAME}
_TUPLES = {NONTERMINALS[rule[1] >> 7] for rule in RULES if rule[0] == TUPLE}
Reduction = tuple[str, int, int]


@cache
def lark() -> Lark:
    """lark's parser of the grammar."""
    return compile_grammar(GRAMMAR.read_text(encoding="utf-8"))


def lark_derivation(tokens: Tokens, start: str) -> list[Reduction] | None:
    """What lark reduces, as (builder, first and last offset), or None if it refuses."""
    made: list[Reduction] = []
    interactive: Any = lark().parse_interactive(start=start)
    conf = interactive.parser_state.parse_conf
    conf.callbacks = {rule: _recorder(rule, made) for rule in conf.callbacks}
    try:
        for kind, first, last in zip(tokens.kinds, tokens.starts, tokens.ends, strict=True):
            if kind == ODD:
                return None
            name = TERMINALS[kind]
            interactive.feed_token(Token(name, "", start_pos=first, end_pos=last))
    except UnexpectedInput:
        return None
    return made


def _recorder(rule: Any, made: list[Reduction]) -> Callable[[list[Any]], Any]:
    name = str(rule.alias or rule.origin.name)
    origin = str(rule.origin.name)

    def record(children: list[Any]) -> tuple[int, int]:
        spans: list[Any] = [
            (child.start_pos, child.end_pos) if isinstance(child, Token) else child
            for child in children
        ]
        places = [span for span in spans if span != (-1, -1)]
        span = (places[0][0], places[-1][1]) if places else (-1, -1)
        if origin in _NAMES:
            made.append(("name", *span))
        elif name in _BUILT and not origin.startswith("__") and span != (-1, -1):
            made.append((name, *span))
        return span

    return record


class Recorder:
    """Builders that build nothing but a record of the reductions, and lark's shape of a tree."""

    def __init__(self) -> None:
        self.found: list[Any] = []
        self.made: list[Reduction] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def build(span: Span, *children: Any) -> Any:
            if span.end > span.start:
                self.made.append((name, span.start, span.end))
            return Built(name, [] if name == "name" else list(children))

        return build


class Built:
    """A value of the recording builders."""

    def __init__(self, name: str, children: list[Any]) -> None:
        self.name = name
        self.children = children


def our_derivation(tokens: Tokens, start: str) -> list[Reduction] | None:
    """What our driver reduces, in the form of `lark_derivation`."""
    recorder: Any = Recorder()
    run = Run(tokens, recorder, start)
    return recorder.made if run.go() else None


def our_tree(tokens: Tokens) -> Any:
    """Our tree as nested tuples of builders' names and children."""
    recorder: Any = Recorder()
    run = Run(tokens, recorder, "module")
    assert run.go()
    return _ours(run.value, tokens)


def _ours(value: Any, tokens: Tokens) -> Any:
    if isinstance(value, Built):
        return (value.name, *(_ours(child, tokens) for child in value.children))
    if isinstance(value, tuple):
        return ("*", *(_ours(child, tokens) for child in value))
    return tokens.word(value) if isinstance(value, int) else value


def lark_tree(text: str) -> Any:
    """lark's tree in the form of `our_tree`."""
    return _theirs(lark().parse(text, start="module"))


def _theirs(value: Any) -> Any:
    if isinstance(value, Tree):
        name = str(value.data)
        if name in _NAMES:
            return ("name",)
        children = (_theirs(child) for child in value.children)
        return ("*" if name in _TUPLES else name, *children)
    return str(value) if isinstance(value, Token) else value
