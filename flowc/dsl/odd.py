"""What is no token of the language to a finding: foreign signs, broken numbers, open texts."""

from __future__ import annotations

from flowc.diagnostic import Edit, Finding, Fix
from flowc.source import Span

_INSTEAD = {
    "&&": "and",
    "&": "and",
    "||": "or",
    "!": "not ",
    "===": "==",
    "==": "==",
    "!==": "!=",
    ":=": "=",
}
_SHOWN = 24  # code points of a user's text that a message quotes


def odd_finding(word: str, start: int) -> tuple[str, Finding]:
    """The code and the finding for `word` at `start`."""
    span = Span(start, start + len(word))
    first = word[0]
    if first == '"':
        return "SYN003", Finding(
            span,
            "this text is not closed",
            'a text ends on its line with `"`; write `\\n` for a new line in it',
            label='no `"` up to the end of the line',
        )
    if first == "'":
        plain = word.strip("'").replace("\\", "\\\\").replace('"', '\\"')
        return "SYN002", Finding(
            span,
            "a text stands in double quotes",
            "write `\"` instead of `'`",
            label="single quotes",
            fix=Fix("use double quotes", (Edit(span, f'"{plain}"'),), safe=False),
        )
    if first.isdigit() and first.isascii():
        return "SYN007", _number(word, span)
    if first == "#" or word.startswith("/*"):
        sign = "#" if first == "#" else "/*"
        return "SYN012", Finding(
            span,
            f"`{sign}` does not begin a comment",
            "a comment begins with `//` and ends with its line",
            label="`//` expected",
        )
    if word in _INSTEAD:
        good = _INSTEAD[word]
        return "SYN002", Finding(
            span,
            f"`{word}` is not a sign of the language",
            f"write `{good.strip()}`",
            fix=Fix(f"write `{good.strip()}`", (Edit(span, good),), safe=False),
        )
    if first == ";":
        return "SYN002", Finding(
            span,
            "`;` is not a sign of the language",
            "a statement ends with its line",
            fix=Fix("remove `;`", (Edit(span, ""),), safe=False),
        )
    if first.isalpha() or first == "_":
        return "SYN014", Finding(
            span,
            f"`{_shown(word)}` is not a name",
            "a name is made of the letters a to z and A to Z, digits and `_`",
            label="a letter outside of a to z",
        )
    if len(word) > 1 and not first.isascii():
        return "SYN002", Finding(span, f"unexpected characters `{_shown(word)}`")
    times = f", {len(word)} times" if len(word) > 1 else ""
    return "SYN002", Finding(span, f"unexpected character {_character(first)}{times}")


def _number(word: str, span: Span) -> Finding:
    if word[-1].isalpha() and "." in word:
        return Finding(
            span,
            f"`{_shown(word)}` is not a duration",
            "a duration has whole parts: `1h30m`, `1s500ms`",
            label="parts of a unit are not allowed",
        )
    if word[-1].isalpha():
        return Finding(
            span,
            f"`{_shown(word)}` is neither a number nor a duration nor a name",
            "the units of a duration are `ms`, `s`, `m`, `h` and `d`; a name begins with a letter",
        )
    return Finding(
        span,
        f"`{_shown(word)}` is not a number",
        "write digits, and at most one `.` between them",
    )


def _shown(word: str) -> str:
    return word if len(word) <= _SHOWN else word[: _SHOWN - 1] + "…"


def _character(char: str) -> str:
    """A character for a message; one that does not print is named instead of shown."""
    if char.isprintable() and char != " ":
        return f"`{char}`" if char != "`" else "backtick"
    import unicodedata

    name = unicodedata.name(char, "")
    return f"U+{ord(char):04X}" + (f" ({name.lower()})" if name else "")
