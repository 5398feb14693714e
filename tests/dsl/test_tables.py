"""The tables are fresh, and the driver on them does what lark does on the grammar."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowc.dsl.lexer import NAME, Tokens, tokenize
from flowc.dsl.tables import TERMINALS
from tests.support.damage import EXAMPLES, damaged
from tests.support.oracle import lark_derivation, lark_tree, our_derivation, our_tree
from tests.support.programs import programs
from tools.make_tables import TABLES, compile_grammar, generate


def test_the_tables_are_fresh() -> None:
    assert TABLES.read_text(encoding="utf-8") == generate(), "run `python tools/make_tables.py`"


def test_a_grammar_that_is_not_lalr1_is_refused() -> None:
    ambiguous = 'module: expression\nexpression: "a" | expression "+" expression\n'
    with pytest.raises(ValueError, match="not LALR"):
        compile_grammar(ambiguous)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_give_lark_s_trees(name: str) -> None:
    text = EXAMPLES[name]
    assert our_tree(tokenize(text)) == lark_tree(text)
    assert our_derivation(tokenize(text), "module") == lark_derivation(tokenize(text), "module")


@given(programs())
def test_generated_programs_give_lark_s_trees(program: str) -> None:
    text = program.removeprefix("\ufeff")
    assert our_tree(tokenize(text)) == lark_tree(text)
    assert our_derivation(tokenize(text), "module") == lark_derivation(tokenize(text), "module")


@st.composite
def mutated(draw: st.DrawFn) -> Tokens:
    """The tokens of an example with some of them lost, doubled, swapped or changed in kind."""
    tokens = tokenize(EXAMPLES[draw(st.sampled_from(sorted(EXAMPLES)))])
    for _ in range(draw(st.integers(1, 3))):
        last = len(tokens.kinds) - 1
        at = draw(st.integers(0, last - 1))
        here = (tokens.kinds[at], tokens.starts[at], tokens.ends[at])
        match draw(st.integers(0, 3)):
            case 0:
                tokens.edit(at, 1, [])
            case 1:
                tokens.edit(at, 0, [here])
            case 2:
                other = draw(st.integers(0, last - 1))
                tokens.edit(at, 1, [(tokens.kinds[other], *here[1:])])
            case _:
                kind = draw(st.integers(1, len(TERMINALS) - 1))
                tokens.edit(at, 1, [(kind, *here[1:])])
    return tokens


@given(mutated())
def test_mutated_token_sequences_are_derived_or_refused_alike(tokens: Tokens) -> None:
    assert our_derivation(tokens, "module") == lark_derivation(tokens, "module")


def test_keywords_become_names_and_names_keywords_alike() -> None:
    random = Random(1)
    refused = 0
    for _ in range(300):
        tokens = tokenize(random.choice(list(EXAMPLES.values())))
        words = [at for at in range(len(tokens.kinds) - 1) if tokens.word(at).isalpha()]
        at, other = random.choice(words), random.choice(words)
        tokens.kinds[at] = random.choice((NAME, tokens.kinds[other]))
        ours = our_derivation(tokens, "module")
        assert ours == lark_derivation(tokens, "module")
        refused += ours is None
    assert 30 < refused < 270  # both outcomes were seen


def test_damaged_copies_are_refused_alike() -> None:
    random = Random(2)
    for _ in range(300):
        tokens = tokenize(damaged(random).text)
        assert our_derivation(tokens, "module") == lark_derivation(tokens, "module")


@pytest.mark.parametrize(
    "text",
    [
        "a or b and not c == d + -e * f ?? g.h?.i",
        "if a then b else if c then d else e",
        "[x.y for x in xs when x.ok]",
        'T(a: 1, if: 2, "t", [1, 2,],)',
        "(a - b) - c / d",
    ],
)
def test_expressions_are_derived_alike(text: str) -> None:
    ours = our_derivation(tokenize(text), "expression")
    assert ours is not None
    assert ours == lark_derivation(tokenize(text), "expression")


def test_the_grammar_names_no_file_of_this_machine() -> None:
    assert str(Path.cwd()) not in TABLES.read_text(encoding="utf-8")
