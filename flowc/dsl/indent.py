"""Indentation to the place where a missing `}` was most likely meant."""

from __future__ import annotations

from flowc.dsl.tables import WORDS
from flowc.dsl.words import DECLARATIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.dsl.lexer import Tokens

_FAR = 20_000  # tokens of one declaration in which layout is looked at
_BRACE_OPEN, _BRACE = WORDS["{"], WORDS["}"]


def unindented(tokens: Tokens, index: int) -> int | None:
    """The first token after which some block before token `index` is closed by layout alone.

    That is a line that begins no deeper than the line which opened the innermost open block. It
    is looked for in the declaration before `index`.
    """
    kinds, starts, text = tokens.kinds, tokens.starts, tokens.text
    first = index - 1
    while first > 0 and not (kinds[first] in DECLARATIONS and _indent(text, starts[first]) == 0):
        if index - first > _FAR:
            return None
        first -= 1
    open_lines: list[int] = []
    indent = 0
    for at in range(first, index):
        if at == first or begins_line(tokens, at):
            indent = _indent(text, starts[at])
            if open_lines and (
                indent < open_lines[-1] or (indent == open_lines[-1] and kinds[at] != _BRACE)
            ):
                return at
        if kinds[at] == _BRACE_OPEN:
            open_lines.append(indent)
        elif kinds[at] == _BRACE and open_lines:
            open_lines.pop()
    return None


def _indent(text: str, start: int) -> int:
    return start - text.rfind("\n", 0, start) - 1


def begins_line(tokens: Tokens, at: int) -> bool:
    """Whether a line ends between token `at` and the one before it."""
    before = tokens.ends[at - 1] if at else 0
    return "\n" in tokens.text[before : tokens.starts[at]]


def at_margin(tokens: Tokens, at: int) -> bool:
    """Whether token `at` stands in the first column."""
    start = tokens.starts[at]
    return start == 0 or tokens.text[start - 1] == "\n"
