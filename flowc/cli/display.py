"""User text to what a terminal may show: no control characters, and known widths."""

from __future__ import annotations

TAB = 4  # columns between tab stops
_JOINER = "\u200d"
_EMOJI = "\ufe0f"  # asks for the picture of the character before it, two columns wide
_KEPT = frozenset((" ", "\u200c", _JOINER))  # not "printable", yet part of words and emoji


def clean(text: str) -> str:
    """`text` on one line, with everything invisible or harmful to a terminal written out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in _KEPT else escape(c) for c in text)


def escape(character: str) -> str:
    """A character that must not be sent to a terminal, as it is written in code."""
    match character:
        case "\n":
            return "\\n"
        case "\t":
            return "\\t"
        case "\r":
            return "\\r"
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def expand(line: str) -> tuple[str, list[int]]:
    """A source line as it is shown, and the column (from 0) at which each of its code points
    begins, with one more for the end."""
    if line.isascii() and line.isprintable():
        return line, list(range(len(line) + 1))
    shown: list[str] = []
    columns: list[int] = []
    column = 0
    joined = False
    last = 0  # columns of the character before
    for character in line:
        columns.append(column)
        if character == "\t":
            piece, width = " " * (TAB - column % TAB), TAB - column % TAB
        elif character.isprintable() or character in _KEPT:
            piece = character
            width = 1 if character < "\u0300" else _width(character, last, joined)
        else:
            piece = escape(character)
            width = len(piece)
        joined = character == _JOINER
        shown.append(piece)
        column += width
        last = width or last
    columns.append(column)
    return "".join(shown), columns


def width(text: str) -> int:
    """How many columns `text` takes, where nothing in it is a control character."""
    return expand(text)[1][-1]


def _width(character: str, last: int, joined: bool) -> int:
    """Columns of one character after another of `last` columns (UAX #11, emoji of UTS #51)."""
    from unicodedata import category, east_asian_width

    if character == _EMOJI:
        return 1 if last == 1 else 0
    if joined or category(character) in ("Mn", "Me", "Cf") or "\u1160" <= character <= "\u11ff":
        return 0
    if "\U0001f3fb" <= character <= "\U0001f3ff" and last == 2:
        return 0  # a skin tone colours the emoji before it
    return 2 if east_asian_width(character) in "WF" else 1
