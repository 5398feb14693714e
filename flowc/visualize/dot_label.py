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
    cells = []
    widest = 0.0
    for line in lines:
        face = FACES[line.size]
        parts = wrap(line.text, face.size, limit, face.bold)
        widest = max([widest, *(width(part, face.size, face.bold) for part in parts)])
        shown = '<BR ALIGN="LEFT"/>'.join(font(part, face) for part in parts) or " "
        tail = '<BR ALIGN="LEFT"/>' if len(parts) > 1 else ""
        height = ' HEIGHT="19" VALIGN="BOTTOM"' if line.size == "title" else ""
        cells.append(f'<TR><TD ALIGN="LEFT" BALIGN="LEFT"{height}>{shown}{tail}</TD>{badge}</TR>')
        badge = ""
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
    parts = [font(part, face, colour) for part in wrap(text, face.size, limit)]
    if not parts:
        return ""
    cell = '<BR ALIGN="LEFT"/>'.join(parts) + ('<BR ALIGN="LEFT"/>' if len(parts) > 1 else "")
    return (
        '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4">'
        f'<TR><TD ALIGN="LEFT" BALIGN="LEFT">{cell}</TD></TR></TABLE>>'
    )


def bar(box: Box, at_least: float) -> str:
    """A solid bar, with its words below if it has any; a commit carries them on the bar."""
    look = theme.look(box.look, box.mark)
    if box.look == "commit":
        inner = []
        for line in box.lines:
            face = FACES[line.size]
            inner.append(f'<TD ALIGN="LEFT">{font(line.text, face, theme.PAPER)}</TD>')
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
        face = Face(11, True, theme.BADGE_INK)
        badge = (
            f'<TD ROWSPAN="{len(box.lines)}" VALIGN="TOP"><TABLE BORDER="0" CELLBORDER="0" '
            f'CELLSPACING="0" CELLPADDING="3" STYLE="ROUNDED" BGCOLOR="{theme.UNDO}"><TR>'
            f'<TD WIDTH="14">{font(str(box.number), face)}</TD></TR></TABLE></TD>'
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
