"""A refused token to a finding, where another language's habit explains it."""

from __future__ import annotations

from flowc.diagnostic import Edit, Finding, Fix
from flowc.dsl.indent import begins_line
from flowc.dsl.lexer import END, KIND, NAME
from flowc.dsl.tables import WORDS
from flowc.dsl.words import HEADERS, STATEMENTS
from flowc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.dsl.lexer import Tokens
    from flowc.dsl.recovery import Search

_FLOW = WORDS["flow"]
_LOOP = "a loop is `repeat max N { ... } until done`, or `for x in xs max N { ... }`"
_FAILURE = "declare the error, `error Refused(why: text)`, and end with `fail Refused(...)`"
_HANDLER = "a handler is `on Error as e { ... }`, behind the `}` of its `try`"
_VALUE = "a computed value is `let name = ...`, and is bound once"
_RETRY = "how often and how long something is tried is said by a `policy`: `with quick`"
# Words that begin a statement, or a clause, in other languages.
_WORDS = {
    "while": _LOOP,
    "loop": _LOOP,
    "foreach": _LOOP,
    "do": _LOOP,
    "throw": _FAILURE,
    "raise": _FAILURE,
    "error": _FAILURE,
    "catch": _HANDLER,
    "except": _HANDLER,
    "finally": "what must be undone is the `compensate` clause of its step",
    "switch": "write `match value { case A { ... } else { ... } }`",
    "sleep": "write `wait 5s`, or `wait until moment`",
    "delay": "write `wait 5s`, or `wait until moment`",
    "var": _VALUE,
    "val": _VALUE,
    "set": _VALUE,
    "call": "a call is a step: `step name = service.action(...)`",
    "run": "a call is a step: `step name = service.action(...)`",
    "retry": _RETRY,
    "retries": _RETRY,
    "timeout": f"one call is bounded by `within 5m`; {_RETRY}",
    "is": "compare with `==` or `!=`; `none` is a value too",
    "as": "values are not cast: `floor(x)`, `round(x, places)` and `text(x)` compute another type",
}
_CLAUSES = ("catch", "except", "finally", "is", "as", "retry", "retries", "timeout")
_UNITS = {
    "ms": "ms millis milliseconds",
    "s": "s sec secs second seconds",
    "m": "m min mins minute minutes",
    "h": "h hr hrs hour hours",
    "d": "d day days",
}
_UNIT = {word: unit for unit, words in _UNITS.items() for word in words.split()}


def habit(search: Search) -> Finding | None:
    """What the user was used to write elsewhere, and how it is written here."""
    tokens, index = search.tokens, search.index
    kind, word = tokens.kinds[index], tokens.word(index)
    before = tokens.kinds[index - 1] if index else END
    if WORDS[".."] in search.accepted and word in ("-", "to"):
        return _written(tokens, index, index, f"`{word}` does not make a range", "..")
    duration = _duration(search)
    if duration is not None:
        return duration
    names = NAME in search.accepted  # where any word is one, none is missing
    if not names and WORDS["branch"] in search.accepted and before == WORDS["{"] and index > 1:
        return Finding(
            _span(tokens, index, index),
            "a `parallel` consists of branches",
            "put what belongs together into `branch name { ... }`",
            label="`branch` expected here",
        )
    if not names and WORDS["max"] in search.accepted and kind == WORDS["{"]:
        return Finding(
            _span(tokens, index, index),
            "nothing says how many rounds this loop has at most",
            "write `max N` before the `{`",
            label="`max N` expected here",
        )
    if before == NAME and kind == WORDS["{"] and index > 1 and tokens.kinds[index - 2] == _FLOW:
        end = tokens.ends[index - 1]
        return Finding(
            _span(tokens, index - 1, index - 1),
            "a flow says what it takes, be it nothing",
            "write its parameters in `( )` behind its name",
            label="`(` expected after this",
            fix=Fix("write `()`", (Edit(Span(end, end), "()"),), safe=False),
        )
    ends_key = kind == WORDS["}"] or kind in HEADERS | STATEMENTS
    if WORDS["on"] in search.accepted and ends_key and _in_key(tokens, index):
        end = tokens.ends[index - 1]
        answer = "on duplicate attach"
        return Finding(
            Span(max(tokens.starts[index - 1], end - 1), end),
            "a `key` also says what a second start under it gets",
            "`on duplicate attach`: the ending of the first; `on duplicate reject`: a refusal",
            label=f"`{answer}` expected here",
            fix=Fix(f"write `{answer}`", (Edit(Span(end, end), f" {answer}"),), safe=False),
        )
    nameless = before == NAME and index > 1 and tokens.kinds[index - 2] == WORDS["step"]
    if nameless and kind in (WORDS["."], WORDS["("]):
        return Finding(
            _span(tokens, index - 1, index - 1),
            "the step has no name",
            "write `step name = service.action(...)`",
            label="a name and `=` expected before this",
        )
    if word in _WORDS and (word in _CLAUSES or begins_line(tokens, index)):
        return Finding(
            _span(tokens, index, index),
            f"`{word}` has no place here",
            _WORDS[word],
            label="not a word for this" if kind != NAME else "not a word of the language",
        )
    return _bare_call(search)


def _bare_call(search: Search) -> Finding | None:
    tokens, index = search.tokens, search.index
    if tokens.kinds[index] != NAME or not begins_line(tokens, index):
        return None
    if not search.accepted >= STATEMENTS:
        return None
    stop = index + 1
    if tokens.kinds[stop] == WORDS["."]:
        stop += 2
    if stop >= len(tokens.kinds) or tokens.kinds[stop] != WORDS["("]:
        return None
    return Finding(
        _span(tokens, index, stop - 1),
        "a call is a step, and has a name",
        "write `step name = ` before it",
        label="`step` expected here",
    )


def _duration(search: Search) -> Finding | None:
    """`10 sec` for `10s`."""
    tokens, index = search.tokens, search.index
    first = index if tokens.kinds[index] == KIND["INT"] else index - 1
    if first < 0 or tokens.kinds[first] != KIND["INT"] or first + 1 >= len(tokens.kinds):
        return None
    unit = _UNIT.get(tokens.word(first + 1))
    if unit is None or begins_line(tokens, first + 1):
        return None
    message = "a duration is one word"
    return _written(tokens, first, first + 1, message, f"{tokens.word(first)}{unit}")


def _in_key(tokens: Tokens, index: int) -> bool:
    """Whether the line of a `key` ends before token `index`."""
    at = index - 1
    while at > 0 and not begins_line(tokens, at):
        at -= 1
    return begins_line(tokens, index) and tokens.kinds[at] == WORDS["key"]


def _written(tokens: Tokens, first: int, last: int, message: str, text: str) -> Finding:
    span = _span(tokens, first, last)
    fix = Fix(f"write `{text}`", (Edit(span, text),), safe=False)
    return Finding(span, message, None, label=f"`{text}` expected here", fix=fix)


def _span(tokens: Tokens, first: int, last: int) -> Span:
    return Span(tokens.starts[first], tokens.ends[last])
