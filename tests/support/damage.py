"""The examples to copies with one fault each: a token or a character lost, doubled or put in."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from flowc.dsl import ast
from flowc.dsl.lexer import tokenize
from flowc.dsl.tables import WORDS as TABLE
from flowc.struct import Struct

EXAMPLES = {
    path.name: path.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parents[2] / "examples").glob("*.flow"))
}
WORDS = tuple('foo } { ( ) step 42 = : , . "x" 30s if -> [ ] on with'.split())  # noqa: SIM905
CHARACTERS = "\"{}()[];'x=.,?1#/é\0"
_SIGNS = '"{}()[].,:=|-?'


class Copy(NamedTuple):
    """One damaged copy, and the offset in the original at which it was damaged."""

    name: str
    kind: str
    at: int
    text: str


def damaged(random: Random) -> Copy:
    """One copy of an example with one fault; it may happen to be valid all the same."""
    name = random.choice(sorted(EXAMPLES))
    text = EXAMPLES[name]
    tokens = tokenize(text)
    index = random.randrange(len(tokens.kinds) - 1)
    start, end = tokens.starts[index], tokens.ends[index]
    kind = random.choice(("lose", "double", "swap", "put in", "lose sign", "lose char", "add char"))
    match kind:
        case "lose":
            new = text[:start] + text[end:]
        case "double":
            new = text[:end] + " " + text[start:end] + text[end:]
        case "swap":
            new = text[:start] + random.choice(WORDS) + text[end:]
        case "put in":
            new = text[:start] + random.choice(WORDS) + " " + text[start:]
        case "lose sign":
            start = random.choice([at for at, char in enumerate(text) if char in _SIGNS])
            new = text[:start] + text[start + 1 :]
        case "lose char":
            start = random.randrange(start, end)
            new = text[:start] + text[start + 1 :]
        case _:
            start = random.randrange(start, end + 1)
            new = text[:start] + random.choice(CHARACTERS) + text[start:]
    return Copy(name, kind, start, new)


def soup(random: Random) -> str:
    """A short text that is no program: characters, words, or pieces of the examples."""
    match random.randrange(4):
        case 0:
            kinds = (random.randrange(128) for _ in range(random.randrange(50)))
            return "".join(chr(code if random.random() < 0.9 else code * 97) for code in kinds)
        case 1:
            return " ".join(random.choice(_SOUP) for _ in range(random.randrange(40)))
        case 2:
            text = random.choice(list(EXAMPLES.values()))
            start = random.randrange(len(text))
            return text[start : start + random.randrange(500)]
        case _:
            text = random.choice(list(EXAMPLES.values()))
            start = random.randrange(len(text) - 300)
            text = text[start : start + 300]
            for _ in range(random.randrange(1, 6)):
                at = random.randrange(len(text))
                text = text[:at] + random.choice(_SOUP) + text[at + random.randrange(4) :]
            return text


_ODD = 'foo|1|2.5|30s|5%|"a{b}"|"|\\|é|\0|#|\r|\n|\'|;|// x\n|/// d\n|&&|/*|1.5h|9x|\ufeff'
_SOUP = (*sorted(TABLE), *_ODD.split("|"))


def steps(node: Any) -> list[ast.Step]:
    """Every step of a tree."""
    if isinstance(node, tuple):
        return [step for child in node for step in steps(child)]
    if not isinstance(node, Struct):
        return []
    here = [node] if isinstance(node, ast.Step) else []
    return here + [step for name in node.__match_args__ for step in steps(getattr(node, name))]
