"""Regular expressions of the hot path, ready to run: their code is made beforehand.

Importing `re` and letting it compile them costs more than reading a file. What it would make
stands in pattern_codes.py for the releases of the engine known there; on others `re` does it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Pattern

# Groups: 1 word or sign, 2 text, 3 comment, 4 int, 5 duration, 6 decimal, 7 percent, 8 other.
TOKEN = (
    r"[ \t\r\n]*(?:"
    r"([A-Za-z_][A-Za-z0-9_]*+(?![^\0-\x7f])"
    r"|[(){}\[\],]|->|-|:(?!=)|\.\.?|==?(?![=>])|/(?![/*])|\?[?.]?|!=(?!=)|[<>]=?|\+(?!\+)|\|(?!\|)|\*)"
    r'|("(?:[^"\\\r\n]+|\\[^\r\n])*+")'
    r"|(//[^\r\n]*)"
    r"|([0-9]++(?![A-Za-z0-9_%]|\.[0-9]))"
    r"|((?:[0-9]++(?:ms|[smhd]))++(?![A-Za-z0-9_]|\.[0-9]))"
    r"|([0-9]++\.[0-9]++(?![A-Za-z0-9_%]))"
    r"|([0-9]++(?:\.[0-9]++)?%)"
    r"|([^ \t\r\n])"
    r")"
)
IN_TEXT = r"[\\{}]"  # what is special in a text literal

UNICODE = 32  # the flag that `re` sets for patterns on text


def ready(name: str, pattern: str) -> Pattern[str]:
    """The pattern of this module that has the name, compiled."""
    try:
        import _sre

        from flowc.dsl.pattern_codes import CODES

        groups, code = CODES[_sre.MAGIC][name]
        made: Pattern[str] = _sre.compile(
            pattern, UNICODE, list(code), groups, {}, (None,) * (groups + 1)
        )
    except (ImportError, AttributeError, KeyError, TypeError, RuntimeError):
        import re

        return re.compile(pattern)
    return made
