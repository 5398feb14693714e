"""A refused token and its repair to a finding in the user's words."""

from __future__ import annotations

from flowc.diagnostic import Edit, Finding, Fix, Related
from flowc.dsl.habits import habit
from flowc.dsl.indent import at_margin, begins_line
from flowc.dsl.lexer import END, NAME, ODD, TEXT
from flowc.dsl.odd import odd_finding
from flowc.dsl.tables import WORDS
from flowc.dsl.words import (
    CLOSERS,
    DECLARATIONS,
    HEADERS,
    OPENERS,
    RESERVED,
    SPELLING,
    STATEMENTS,
    expected,
    said,
    wanted,
)
from flowc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.dsl.lexer import Tokens
    from flowc.dsl.recovery import Repair, Search

_ASSIGN, _COMPARE = WORDS["="], WORDS["=="]
_QUOTE = 24  # code points of a user's word that a message quotes


def fault(search: Search, repair: Repair) -> tuple[str, Finding]:
    """The code and the finding for the token that `search` is about."""
    tokens, index = search.tokens, search.index
    kind = tokens.kinds[index]
    if kind == ODD:
        code, finding = odd_finding(tokens.word(index), tokens.starts[index])
        return code, finding
    special = _special(search, repair)
    if special is not None:
        return special
    known = habit(search)
    if known is not None:
        return "SYN001", known
    if repair.how == "insert" and repair.kind in CLOSERS:
        return _unclosed(search, repair)
    if kind == END or (search.trusted and repair.how == "drop" and _in_brackets(tokens, index)):
        return _cut_off(search)
    if repair.how == "insert":
        return "SYN001", _missing(search, repair)
    if repair.how == "replace":
        return _instead(search, repair)
    return "SYN001", _unexpected(search, repair)


def _special(search: Search, repair: Repair) -> tuple[str, Finding] | None:
    """Likely mistakes that deserve better than "unexpected"."""
    tokens, index = search.tokens, search.index
    kind, span = tokens.kinds[index], _span(tokens, index)
    word = tokens.word(index)
    if kind == _ASSIGN and WORDS[":"] in search.accepted:
        spaced = tokens.starts[index + 1] > tokens.ends[index]
        return "SYN001", Finding(
            span,
            "`=` does not give an argument",
            "write `:` between its name and its value",
            label="`:` is expected here",
            fix=Fix("write `:`", (Edit(span, ":" if spaced else ": "),), safe=False),
        )
    if kind == _ASSIGN and _COMPARE in search.accepted:
        return "SYN001", Finding(
            span,
            "`=` does not compare",
            "write `==` to compare two values",
            label="a comparison is expected here",
            fix=Fix("write `==`", (Edit(span, "=="),), safe=False),
        )
    if kind == _COMPARE and word == "==" and _ASSIGN in search.accepted:
        return "SYN001", Finding(
            span,
            "`==` compares; it does not give a value",
            "write `=`",
            label="`=` is expected here",
            fix=Fix("write `=`", (Edit(span, "="),), safe=False),
        )
    if kind == _COMPARE and WORDS["and"] in search.accepted:
        return "SYN001", Finding(
            span,
            "comparisons do not chain",
            "compare twice: `a < b and b < c`",
            label="second comparison",
        )
    if kind in RESERVED and NAME in search.accepted and _for_name(search, repair):
        return "SYN011", Finding(
            span,
            f"`{word}` is a word of the language",
            "as the name of a variable choose another word",
            label="a name is expected here",
        )
    if kind == WORDS["("] and _called_member(tokens, index) and kind not in search.accepted:
        return "SYN001", Finding(
            span,
            "a service is not called inside an expression",
            "give the call a step of its own, `step name = service.action(...)`, and use the name",
            label="a call",
        )
    outside = WORDS["flow"] in search.accepted and NAME not in search.accepted
    if (kind in STATEMENTS or kind in HEADERS) and outside:
        return "SYN001", Finding(
            span,
            f"`{word}` stands outside of every flow",
            "move it into a flow, or remove the `}` that closed the flow too early",
            label="outside of every flow",
        )
    inside = WORDS["step"] in search.accepted and NAME not in search.accepted
    if kind in DECLARATIONS and inside and not at_margin(tokens, index):
        return "SYN001", Finding(
            span,
            f"`{word}` stands inside a flow",
            "declarations stand side by side, outside of the braces of a flow",
            label="a statement is expected here",
        )
    if kind == WORDS["default"] and WORDS["case"] in search.accepted:
        return "SYN001", Finding(
            span,
            "`default` is not a case",
            "the last case of a `match` is `else { ... }`",
            fix=Fix("write `else`", (Edit(span, "else"),), safe=False),
        )
    if word in ("elif", "elsif", "elseif", "elsewhen"):
        return "SYN001", Finding(
            span,
            f"`{word}` is not a word of the language",
            "write `else if`",
            fix=Fix("write `else if`", (Edit(span, "else if"),), safe=False),
        )
    return None


def _for_name(search: Search, repair: Repair) -> bool:
    """Whether the reserved word stands where a name was meant, and not after a missing one."""
    if repair.how == "replace" and repair.kind == NAME and repair.at == search.index:
        return True
    tokens, index = search.tokens, search.index
    follows = tokens.kinds[index + 1] if index + 1 < len(tokens.kinds) else END
    return not begins_line(tokens, index) and follows in (_ASSIGN, WORDS[":"], WORDS["in"])


def _called_member(tokens: Tokens, index: int) -> bool:
    return index > 1 and tokens.kinds[index - 2] == WORDS["."]


def _unclosed(search: Search, repair: Repair) -> tuple[str, Finding]:
    tokens = search.tokens
    closer = repair.kind
    assert closer is not None
    sign = SPELLING[closer]
    opener = _opener(tokens, repair.at, closer)
    place = _place(tokens, repair.at)
    fix = _insertion(tokens, repair.at, sign)
    if opener is None:
        return "SYN010", Finding(place, f"missing `{sign}`", label="expected here", fix=fix)
    opened = _span(tokens, opener)
    if opened.start == opened.end:
        return "SYN010", Finding(place, f"missing `{sign}`", label="expected here", fix=fix)
    if tokens.kinds[search.index] == END:
        related = (
            (Related(place, f"a `{sign}` seems to be missing here"),)
            if repair.at != search.index
            else ()
        )
        return "SYN010", Finding(
            opened,
            f"`{tokens.word(opener)}` is never closed",
            f"put the `{sign}` that closes it",
            label="opened here",
            related=related,
            fix=fix,
        )
    return "SYN010", Finding(
        place,
        f"missing `{sign}`",
        f"close what `{tokens.word(opener)}` opened",
        label=f"`{sign}` expected here",
        related=(Related(opened, f"`{tokens.word(opener)}` opened here"),),
        fix=fix,
    )


def _cut_off(search: Search) -> tuple[str, Finding]:
    """The file ends, or a new statement begins, in the middle of something."""
    tokens, end = search.tokens, search.index
    opener = _opener(tokens, end, None)
    help_ = expected(search.accepted)
    if opener is None:
        return "SYN001", Finding(
            _place(tokens, end),
            f"the file ends after {_quoted(tokens, end - 1)}, in the middle of something",
            help_,
            label="something is missing here",
        )
    return "SYN010", Finding(
        _span(tokens, opener),
        f"`{tokens.word(opener)}` is never closed",
        help_ and f"{help_} before {_quoted(tokens, end)}",
        label="opened here",
        related=(Related(_place(tokens, end), "still open here"),),
    )


def _in_brackets(tokens: Tokens, at: int) -> bool:
    opener = _opener(tokens, at, None)
    return opener is not None and tokens.kinds[opener] != WORDS["{"]


def _opener(tokens: Tokens, at: int, closer: int | None) -> int | None:
    """The bracket that a closer before token `at` would close; any for None."""
    depth = 0
    for index in range(at - 1, -1, -1):
        kind = tokens.kinds[index]
        if kind in CLOSERS:
            depth += 1
        elif kind in OPENERS:
            if depth == 0:
                return index if closer in (None, OPENERS[kind]) else None
            depth -= 1
    return None


def _missing(search: Search, repair: Repair) -> Finding:
    tokens, at, kind = search.tokens, repair.at, repair.kind
    assert kind is not None
    what = wanted(kind, search.accepted) if at == search.index else said(kind)
    begins = kind in STATEMENTS or kind in HEADERS or kind in DECLARATIONS
    if at and not begins and (begins_line(tokens, at) or tokens.kinds[at] == END):
        where = f" after {_quoted(tokens, at - 1)}"
    else:
        where = f" before {_quoted(tokens, at)}"
    fix = _insertion(tokens, at, SPELLING[kind], begins) if kind in SPELLING else None
    return Finding(
        _span(tokens, at) if begins else _place(tokens, at),
        f"missing {what}{where}" if kind in SPELLING else f"{what} is missing{where}",
        None,
        label=f"{what} expected here",
        fix=fix,
    )


def _instead(search: Search, repair: Repair) -> tuple[str, Finding]:
    tokens, at, kind = search.tokens, repair.at, repair.kind
    assert kind is not None
    span = _span(tokens, at)
    what = wanted(kind, search.accepted) if at == search.index else said(kind)
    word = tokens.word(at)
    if kind == NAME and tokens.kinds[at] in RESERVED:
        return "SYN011", Finding(
            span,
            f"`{word}` is a word of the language",
            "as the name of a variable choose another word",
            label="a name is expected here",
        )
    fix = None
    if kind in SPELLING:
        fix = Fix(f"write `{SPELLING[kind]}`", (Edit(span, SPELLING[kind]),), safe=False)
    if repair.cost < 1.5 and kind in SPELLING:
        return "SYN001", Finding(
            span,
            f"unexpected {_quoted(tokens, at)}",
            f"did you mean {what}?",
            label=f"{what} expected here",
            fix=fix,
        )
    return "SYN001", Finding(
        span,
        f"expected {what}, found {_quoted(tokens, at)}",
        None,
        label=f"{what} expected here",
        fix=fix,
    )


def _unexpected(search: Search, repair: Repair) -> Finding:
    tokens = search.tokens
    at = repair.at if repair.how == "delete" else search.index
    span = _span(tokens, at)
    fix = None
    if repair.how == "delete":
        fix = Fix(f"remove {_quoted(tokens, at)}", (Edit(span, ""),), safe=False)
    help_ = expected(search.accepted if at == search.index else set())
    return Finding(
        span, f"unexpected {_quoted(tokens, at)}", help_, label="not expected here", fix=fix
    )


def _span(tokens: Tokens, at: int) -> Span:
    return Span(tokens.starts[at], tokens.ends[at])


def _quoted(tokens: Tokens, at: int) -> str:
    if tokens.kinds[at] == END:
        return "the end of the file"
    word = tokens.word(at)
    if tokens.kinds[at] == TEXT and not word:
        return "a text"
    return f"`{word if len(word) <= _QUOTE else word[: _QUOTE - 1] + '…'}`"


def _place(tokens: Tokens, at: int) -> Span:
    """Where something is missing before token `at`: at it, or at the end of the line before."""
    if at and (begins_line(tokens, at) or tokens.kinds[at] == END):
        end = tokens.ends[at - 1]
        return Span(max(end - 1, tokens.starts[at - 1]), end)
    return _span(tokens, at)


def _insertion(tokens: Tokens, at: int, sign: str, begins: bool = False) -> Fix:
    """Write `sign` before token `at`, with the spaces that it needs; on its line if it `begins`."""
    if not at or begins:
        place = tokens.starts[at]
        return Fix(f"write `{sign}`", (Edit(Span(place, place), sign + " "),), safe=False)
    end = tokens.ends[at - 1]
    tight = sign in (")", "]", ",", ":", ".", "(")
    new = sign if tight else f" {sign}"
    if sign == "}" and begins_line(tokens, at):
        new = "\n}"
    elif end == tokens.starts[at] and sign not in ("(", ".", ")", "]"):
        new += " "
    return Fix(f"write `{sign}`", (Edit(Span(end, end), new),), safe=False)
