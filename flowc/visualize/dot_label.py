"""Turns lines of text into Graphviz' HTML-like labels, with every user's character escaped."""

from __future__ import annotations

import unicodedata
from math import ceil

from flowc.struct import Struct
from flowc.visualize import theme
from flowc.visualize.measure import width, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc.visualize.labels import Line
    from flowc.visualize.picture import Box

LIMIT = 230.0  # points that a line of a box may take
BADGE = 20  # points, the side of the badge with a compensation's number


class Face(Struct):
    size: float
    bold: bool
    colour: str


FACES = {
    "title": Face(13, True, theme.INK),
    "text": Face(11, False, theme.INK),
    "small": Face(9, False, theme.MUTED),
    "note": Face(10, True, theme.INK),
}


def escape(text: str, expanded: int = 1) -> str:
    """Text for an HTML-like label; Graphviz expands backslashes there too, `expanded` times.
    Characters that XML cannot hold, and those that reorder what follows, become U+FFFD."""
    out = []
    for char in text:
        if char == "\\":
            out.append("&#92;" * 2**expanded)
        elif char in "&<>\"'[]{}|" or char == "\u00a0":
            out.append(f"&#{ord(char)};")
        elif unfit(char):
            out.append("\ufffd")
        else:
            out.append(char)
    return "".join(out)


def unfit(char: str) -> bool:
    """Whether a character must not reach a picture: controls, lone surrogates, bidi marks."""
    kind = unicodedata.category(char)
    return (
        kind in ("Cc", "Cs", "Zl", "Zp")
        or (kind == "Cf" and char not in "\u200c\u200d\u00ad")
        or char in "\ufffe\uffff"
    )


def font(text: str, face: Face, colour: str | None = None) -> str:
    """One line in one font."""
    words = f"<B>{escape(text)}</B>" if face.bold else escape(text)
    return f'<FONT POINT-SIZE="{face.size:g}" COLOR="{colour or face.colour}">{words}</FONT>'


def rows(lines: Sequence[Line], limit: float, badge: str = "") -> tuple[list[str], float]:
    """Table rows, one a paragraph, and the points that the widest line needs."""
    cells: list[str] = []
    widest = 0.0
    noted = False  # the first note stands apart
    for line in lines:
        face = FACES[line.size]
        parts = wrap(line.text, face.size, limit, face.bold)
        widest = max([widest, *(width(part, face.size, face.bold) for part in parts)])
        shown = '<BR ALIGN="LEFT"/>'.join(font(part, face) for part in parts) or " "
        tail = '<BR ALIGN="LEFT"/>' if len(parts) > 1 else ""
        apart = line.size == "title" or (line.size == "note" and not noted)
        noted = line.size == "note"
        height = ' HEIGHT="19" VALIGN="BOTTOM"' if apart else ""
        span = ' COLSPAN="2"' if badge and cells else ""
        last = badge if badge and not cells else ""
        cells.append(
            f'<TR><TD ALIGN="LEFT" BALIGN="LEFT"{height}{span}>{shown}{tail}</TD>{last}</TR>'
        )
    return cells, widest


def plain(lines: Sequence[Line], limit: float = LIMIT) -> str:
    """Lines without a box."""
    cells, widest = rows(lines, limit)
    if not cells:
        return ""
    cells[0] = cells[0].replace("<TD ", f'<TD WIDTH="{ceil(widest)}" ', 1)
    return (
        '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">'
        + "".join(cells)
        + "</TABLE>>"
    )


def words(text: str, colour: str, limit: float = 150.0) -> str:
    """The label of an edge or a frame."""
    face = FACES["small"]
    lines = wrap(text, face.size, limit)
    if not lines:
        return ""
    parts = [font(part, face, colour) for part in lines]
    cell = '<BR ALIGN="LEFT"/>'.join(parts) + ('<BR ALIGN="LEFT"/>' if len(parts) > 1 else "")
    widest = ceil(max(width(line, face.size) for line in lines))
    return (
        '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4">'
        f'<TR><TD ALIGN="LEFT" BALIGN="LEFT" WIDTH="{widest}">{cell}</TD></TR></TABLE>>'
    )


def sample(pen: theme.Pen) -> str:
    """A short line of the pen, for the legend."""
    thick = max(1, round(pen.width))
    return (
        '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>'
        f'<TD BORDER="{thick}" SIDES="B" STYLE="{pen.style.upper()}" COLOR="{pen.colour}" '
        'WIDTH="30" HEIGHT="6"></TD></TR><TR><TD HEIGHT="6" WIDTH="30"></TD></TR></TABLE>'
    )


def bar(box: Box, at_least: float) -> str:
    """A solid bar, with its words below if it has any; a commit carries them on the bar."""
    look = theme.look(box.look, box.mark)
    if box.look == "commit":
        inner = []
        ink = theme.INK if box.mark == theme.UNLIT else theme.PAPER
        for line in box.lines:
            face = FACES[line.size]
            inner.append(f'<TD ALIGN="LEFT">{font(line.text, face, ink)}</TD>')
        return (
            f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4" '
            f'BGCOLOR="{look.fill}" WIDTH="{ceil(at_least)}"><TR>{"".join(inner)}'
            "</TR></TABLE>>"
        )
    cells, widest = rows(box.lines, LIMIT)
    size = ceil(max(widest, at_least))
    solid = f'<TR><TD FIXEDSIZE="FALSE" BGCOLOR="{look.fill}" HEIGHT="5" WIDTH="{size}"></TD></TR>'
    return (
        '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">'
        + solid
        + "".join(cells)
        + "</TABLE>>"
    )


def card(box: Box) -> str:
    """A box with its outline; a compensation wears its number."""
    look = theme.look(box.look, box.mark)
    badge = ""
    if box.number is not None:
        face = Face(12, True, theme.BADGE_INK)
        size = BADGE + 7 * (len(str(box.number)) - 1)
        badge = (
            f'<TD WIDTH="{size}" HEIGHT="{BADGE}" VALIGN="TOP">'
            '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1" '
            f'STYLE="ROUNDED" BGCOLOR="{theme.UNDO}"><TR>'
            f'<TD WIDTH="{size}" HEIGHT="{BADGE}">{font(str(box.number), face)}'
            "</TD></TR></TABLE></TD>"
        )
    cells, widest = rows(box.lines, LIMIT, badge)
    cells[0] = cells[0].replace("<TD ", f'<TD WIDTH="{ceil(widest)}" ', 1)
    rounded = "" if look.style == "square" else ' STYLE="ROUNDED"'
    inner = (
        f'<TABLE BORDER="{max(1, round(look.width))}" CELLBORDER="0" CELLSPACING="3" '
        f'CELLPADDING="1"{rounded} COLOR="{look.line}" BGCOLOR="{look.fill}">'
        + "".join(cells)
        + "</TABLE>"
    )
    if look.style != "double":
        return f"<{inner}>"
    return (
        f'<<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2" STYLE="ROUNDED" '
        f'COLOR="{look.line}" BGCOLOR="{theme.PAPER}"><TR><TD>{inner}</TD></TR></TABLE>>'
    )
