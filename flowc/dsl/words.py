"""Kinds of tokens in the user's words, for messages and for what a repair writes."""

from __future__ import annotations

from flowc.dsl.lexer import END, KIND, NAME, TEXT
from flowc.dsl.tables import TERMINALS, WORDS

SPELLING = {kind: word for word, kind in WORDS.items() if kind != KIND["COMPARE"]}
_NAMED = {
    END: "the end of the file",
    NAME: "a name",
    TEXT: 'a text in `"` quotes',
    KIND["INT"]: "a whole number",
    KIND["DECIMAL"]: "a number",
    KIND["DURATION"]: "a duration like `30s`",
    KIND["PERCENT"]: "a percentage like `99%`",
    KIND["COMPARE"]: "a comparison like `==`",
}


def _kinds(words: str) -> frozenset[int]:
    return frozenset(WORDS[word] for word in words.split())


DECLARATIONS = _kinds("import const type enum error policy service flow")
STATEMENTS = _kinds(
    "step let record next if match since until parallel for repeat wait await try commit fail"
    " return"
)
HEADERS = _kinds("version owner key deadline default slo")
RESERVED = STATEMENTS | _kinds("and else false in none not or then true")
# Words that are names wherever a name may stand.
SOFT = frozenset(kind for word, kind in WORDS.items() if word.isalpha()) - RESERVED
OPENERS = {WORDS["{"]: WORDS["}"], WORDS["("]: WORDS[")"], WORDS["["]: WORDS["]"]}
CLOSERS = frozenset(OPENERS.values())
OPERATORS = _kinds("== + - * / ?? and or")
LITERALS = frozenset(KIND[kind] for kind in ("INT", "DECIMAL", "DURATION", "PERCENT")) | {TEXT}
_VALUE = frozenset({NAME, WORDS["["], WORDS["("], WORDS["none"], TEXT})
_LENGTH = frozenset({NAME, KIND["DURATION"]})
_MOST = 4  # more alternatives than this tell a reader nothing


def said(kind: int) -> str:
    """A kind in the user's words: "`}`", "a name", "a duration like `30s`"."""
    return _NAMED.get(kind) or f"`{SPELLING.get(kind, TERMINALS[kind].lower())}`"


def wanted(kind: int, kinds: set[int]) -> str:
    """What `kind` stands for where `kinds` are accepted: a name may stand for any value."""
    if kind == NAME and kinds >= _VALUE:
        return "a value"
    if kind == NAME and kinds >= _LENGTH:
        return said(KIND["DURATION"])
    return said(kind)


def expected(kinds: set[int]) -> str | None:
    """ "expected ..." for the kinds that are really accepted, or None if they are too many."""
    left = set(kinds)
    parts: list[str] = []
    if NAME in left:
        left -= SOFT
    if left >= STATEMENTS:
        left -= STATEMENTS | HEADERS
        parts.append("a statement")
    if left >= DECLARATIONS:
        left -= DECLARATIONS
        parts.append("a declaration")
    if left >= _VALUE:
        left -= _VALUE | LITERALS | _kinds("true false if not -")
        parts.append("a value")
    elif left >= _LENGTH:
        left -= _LENGTH
        parts.append(said(KIND["DURATION"]))
    elif NAME in left:
        left -= RESERVED
    if left >= OPERATORS:
        left -= OPERATORS | _kinds(". ?.")
        parts.append("an operator")
    parts += sorted((said(kind) for kind in left), key=lambda text: (text[0] == "`", text))
    if not 0 < len(parts) <= _MOST:
        return None
    return "expected " + (
        parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " or " + parts[-1]
    )
