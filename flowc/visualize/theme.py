"""The colours, pens and fonts of every picture: one palette, safe for the colour-blind.

Hues are those of Okabe and Ito (2008), darkened for text and lines; each meaning also has its
own line style and words, so nothing is said by colour alone. `DARK` turns each light colour
into one for a dark page.
"""

from __future__ import annotations

from flowc.struct import Struct

PAPER = "#ffffff"
INK = "#1b2733"
MUTED = "#55616d"
FAINT = "#c3cbd3"
FRAME_FILL = "#f6f8fa"
BRANCH_FILL = "#fcfdfe"
FRAME_LINE = "#9aa5b1"

FORWARD = "#0a5a94"
FORWARD_FILL = "#eaf4fb"
UNDO = "#a85400"
UNDO_FILL = "#fff4e0"
BADGE_INK = "#fffffe"
FAILURE = "#b3261e"
FAILURE_FILL = "#fdeceb"
UNKNOWN = "#7a3e8c"
UNKNOWN_FILL = "#f8eefa"
TIMEOUT = "#77630a"
TIMEOUT_FILL = "#fbf6da"
DONE = "#00694d"
DONE_FILL = "#e5f6f0"

DARK = {
    PAPER: "#0d1117",
    INK: "#e6edf3",
    MUTED: "#a3adb8",
    FAINT: "#3d4650",
    FRAME_FILL: "#151b23",
    BRANCH_FILL: "#11161d",
    FRAME_LINE: "#5d6873",
    FORWARD: "#6cb8ee",
    FORWARD_FILL: "#10273a",
    UNDO: "#f0a648",
    UNDO_FILL: "#33230d",
    BADGE_INK: "#1b1206",
    FAILURE: "#ff8f85",
    FAILURE_FILL: "#3a1614",
    UNKNOWN: "#d9a2ea",
    UNKNOWN_FILL: "#2b1833",
    TIMEOUT: "#ddc65a",
    TIMEOUT_FILL: "#2b260b",
    DONE: "#4fd0a5",
    DONE_FILL: "#0c2b22",
}

# Lines that are seen on light and on dark pages alike, where a picture cannot know which it is on.
MIDDLE = {
    FORWARD: "#3182c4",
    UNDO: "#c07018",
    FAILURE: "#d9534a",
    UNKNOWN: "#a866bb",
    TIMEOUT: "#96811c",
    DONE: "#1f9a74",
    FAINT: "#8b949e",
}

# Metric-compatible families first; graphviz-pure brings Arimo.
FONT = "Helvetica,Arial,Liberation Sans,Arimo,DejaVu Sans,sans-serif"


class Pen(Struct):
    """How an edge is drawn; `width` in points."""

    colour: str
    style: str
    width: float
    head: str


PENS = {
    "next": Pen(FORWARD, "solid", 2.2, "normal"),
    "branch": Pen(FORWARD, "solid", 2.2, "normal"),
    "back": Pen(FORWARD, "dashed", 1.4, "normal"),
    "failure": Pen(FAILURE, "solid", 1.0, "vee"),
    "unknown": Pen(UNKNOWN, "dotted", 1.6, "vee"),
    "timeout": Pen(TIMEOUT, "dashed", 1.2, "vee"),
    "compensation": Pen(UNDO, "dashed", 1.4, "empty"),
}


class Look(Struct):
    """How a box is drawn."""

    line: str
    fill: str
    width: float
    style: str  # of the outline: rounded, square or bar


class Mark(Struct):
    """How a box or an edge is told from the others; its words say the same. `width` in points; an
    edge without a `style` of its own keeps that of its kind."""

    colour: str
    fill: str
    width: float
    style: str


MARKS = {
    "error": Mark(FAILURE, FAILURE_FILL, 3.0, "solid"),
    "warning": Mark(TIMEOUT, TIMEOUT_FILL, 3.0, "solid"),
    "advice": Mark(FORWARD, PAPER, 3.0, "dashed"),
    "added": Mark(DONE, DONE_FILL, 3.0, "solid"),
    "removed": Mark(FAILURE, FAILURE_FILL, 2.0, "dashed"),
    "changed": Mark(TIMEOUT, TIMEOUT_FILL, 3.0, "solid"),
    "done": Mark(DONE, DONE_FILL, 2.5, "solid"),
    "undone": Mark(UNDO, UNDO_FILL, 2.5, "dashed"),
    "undoing": Mark(UNDO, UNDO_FILL, 3.5, "solid"),
    "running": Mark(FORWARD, FORWARD_FILL, 3.5, "solid"),
    "waiting": Mark(TIMEOUT, TIMEOUT_FILL, 3.5, "solid"),
    "unknown": Mark(UNKNOWN, UNKNOWN_FILL, 3.0, "solid"),
    "halted": Mark(UNKNOWN, UNKNOWN_FILL, 3.5, "solid"),
    "failed": Mark(FAILURE, FAILURE_FILL, 2.0, "solid"),
    "stuck": Mark(FAILURE, FAILURE_FILL, 3.5, "solid"),
    "not reached": Mark(FAINT, PAPER, 0.8, ""),
}

UNLIT = "not reached"

LOOKS = {
    "start": Look(INK, PAPER, 1.2, "rounded"),
    "step": Look(FORWARD, FORWARD_FILL, 1.8, "rounded"),
    "read": Look(FORWARD, PAPER, 1.2, "rounded"),
    "subflow": Look(FORWARD, FORWARD_FILL, 1.8, "double"),
    "value": Look(FAINT, PAPER, 1.0, "square"),
    "loop": Look(FORWARD, PAPER, 1.2, "rounded"),
    "choice": Look(FORWARD, PAPER, 1.4, "choice"),
    "wait": Look(TIMEOUT, TIMEOUT_FILL, 1.2, "rounded"),
    "await": Look(TIMEOUT, TIMEOUT_FILL, 1.8, "rounded"),
    "handler": Look(FAILURE, PAPER, 1.2, "rounded"),
    "fail": Look(FAILURE, FAILURE_FILL, 1.4, "square"),
    "compensation": Look(UNDO, UNDO_FILL, 1.4, "rounded"),
    "probe": Look(UNKNOWN, UNKNOWN_FILL, 1.2, "rounded"),
    "commit": Look(DONE, DONE, 1.0, "line"),
    "unwind": Look(UNDO, PAPER, 1.2, "rounded"),
    "bar": Look(FORWARD, FORWARD, 1.0, "bar"),
    "completed": Look(DONE, DONE_FILL, 2.2, "rounded"),
    "compensated": Look(UNDO, UNDO_FILL, 2.2, "rounded"),
    "incomplete": Look(FAILURE, FAILURE_FILL, 2.2, "rounded"),
    "halted": Look(UNKNOWN, UNKNOWN_FILL, 1.8, "square"),
}


def look(name: str, mark: str) -> Look:
    """A look with its mark, if it wears one; solid bars stay as they are."""
    plain = LOOKS[name]
    worn = MARKS.get(mark)
    if worn is None:
        return plain
    if plain.style in ("bar", "line"):
        return plain.replace(line=worn.colour, fill=worn.colour) if mark == UNLIT else plain
    return plain.replace(line=worn.colour, fill=worn.fill, width=worn.width)


def pen(kind: str, mark: str) -> Pen:
    """A pen with its mark, if it wears one."""
    plain = PENS[kind]
    worn = MARKS.get(mark)
    if worn is None:
        return plain
    width = min(worn.width, plain.width) if mark == UNLIT else max(worn.width, plain.width)
    return plain.replace(colour=worn.colour, style=worn.style or plain.style, width=width)
