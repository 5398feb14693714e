"""Turns text into lines of bounded width, and lines into the points they need at most.

Widths are those of DejaVu Sans, the widest font a reader is likely to see instead of the one
that Graphviz measured, so a box made for them never cuts its text.
"""

from __future__ import annotations

import unicodedata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# Thousandths of the font size, for characters 32..126.
_ASCII = (
    (318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337)
    + (636,) * 10
    + (337, 337, 838, 838, 838, 531, 1000)
    + (684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863)
    + (748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685)
    + (390, 337, 390, 838, 500, 500)
    + (613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974)
    + (634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525)
    + (636, 337, 636, 838)
)
_BOLD = 1.13


def width(text: str, size: float, bold: bool = False) -> float:
    """The points that a line of text needs at a font size, rather too many than too few."""
    units = 0
    for char in text:
        code = ord(char)
        if 32 <= code <= 126:
            units += _ASCII[code - 32]
        elif unicodedata.combining(char):
            continue
        else:
            units += 1200 if unicodedata.east_asian_width(char) in "WF" else 850
    return units * size / 1000 * (_BOLD if bold else 1)


def wrap(text: str, size: float, limit: float, bold: bool = False) -> list[str]:
    """Break text into lines of at most `limit` points, between words where there are any."""
    lines: list[str] = []
    line = ""
    for word, gap in _pieces(text, size, limit, bold):
        longer = f"{line}{gap}{word}" if line else word
        if line and width(longer, size, bold) > limit:
            lines.append(line)
            line = word
        else:
            line = longer
    if line:
        lines.append(line)
    return lines


def _pieces(text: str, size: float, limit: float, bold: bool) -> Iterator[tuple[str, str]]:
    """Words and the gap before each; one wider than a line is cut, at best after punctuation."""
    for word in text.split():
        rest, gap = word, " "
        while width(rest, size, bold) > limit:
            end = 1
            while end < len(rest) and width(rest[: end + 1], size, bold) <= limit:
                end += 1
            soft = max((rest.rfind(mark, 1, end) for mark in "._-/,(=&?"), default=-1)
            if soft > end // 2:
                end = soft + 1
            yield rest[:end], gap
            rest, gap = rest[end:], ""
        if rest:
            yield rest, gap
