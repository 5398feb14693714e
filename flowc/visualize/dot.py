"""Turns a picture into Graphviz source: the forward path in a column, undoing beside it."""

from __future__ import annotations

from math import ceil

import graphviz

from flowc.visualize import theme
from flowc.visualize.dot_label import FACES, bar, card, escape, font, plain, sample, words
from flowc.visualize.measure import width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.visualize.picture import Arrow, Box, Frame, Picture

LEGEND = (
    ("forward", "next"),
    ("undo, in the order of the numbers", "compensation"),
    ("failure", "failure"),
    ("outcome unknown", "unknown"),
    ("time", "timeout"),
)


def dot(picture: Picture) -> str:
    """The DOT source of a picture: the same text for the same picture."""
    return _Writer(picture).write()


UNDOING = ("compensation", "compensated", "unwind")


class _Writer:
    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.names = picture.names
        self.frames = {frame.id: n for n, frame in enumerate(picture.frames, 1)}
        self.boxes = {box.id: box for box in picture.boxes}
        self.inside: dict[str | None, list[Box]] = {}
        self.beside: dict[str | None, list[Box]] = {}
        for box in picture.boxes:
            self.inside.setdefault(box.frame, []).append(box)
            self.beside.setdefault(box.beside, []).append(box)

    def write(self) -> str:
        whole = graphviz.Digraph(
            "flow",
            graph_attr={
                "rankdir": "TB",
                "newrank": "true",
                "nodesep": "0.4",
                "ranksep": "0.38",
                "pad": "0.3",
                "bgcolor": theme.PAPER,
                "fontname": theme.FONT,
                "outputorder": "edgesfirst",
                "label": self._header(),
                "labelloc": "t",
                "labeljust": "l",
                "tooltip": " ",
            },
            node_attr={"shape": "plain", "fontname": theme.FONT, "tooltip": " "},
            edge_attr={"fontname": theme.FONT, "tooltip": " ", "arrowsize": "0.7"},
        )
        self._fill(whole, None)
        for n, arrow in enumerate(self.picture.arrows, 1):
            self._arrow(whole, arrow, f"e{n}")
        return str(whole.source)

    def _header(self) -> str:
        inner = plain(self.picture.header, 560.0)[1:-1]
        face = FACES["small"]
        legend = "".join(
            f"<TD>{sample(theme.PENS[kind])}</TD>"
            f'<TD ALIGN="LEFT" WIDTH="{ceil(width(name, face.size))}">'
            f"{font(name, face, theme.PENS[kind].colour)}</TD>"
            for name, kind in LEGEND
        )
        return (
            '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">'
            f'<TR><TD ALIGN="LEFT">{inner}</TD></TR><TR><TD ALIGN="LEFT">'
            '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="6" CELLPADDING="0"><TR>'
            f"{legend}</TR></TABLE></TD></TR></TABLE>>"
        )

    # -- boxes and frames ------------------------------------------------------------------

    def _fill(self, into: graphviz.Digraph, frame: str | None) -> None:
        for box in self.inside.get(frame, ()):
            if box.beside is None:
                beside = self.beside.get(box.id, ())
                self._row(into, box, [one for one in beside if one.frame == frame])
        for inner in self.picture.frames:
            if inner.parent == frame:
                self._frame(into, inner)

    def _row(self, into: graphviz.Digraph, box: Box, beside: list[Box]) -> None:
        """A step between its probe on the left and its compensation on the right."""
        if box.id == "start" and "ending:compensated" in self.boxes:
            beside = [self.boxes["ending:compensated"]]
        elif box.id == "ending:compensated":
            return
        if not beside:
            self._box(into, box)
            return
        with into.subgraph(graph_attr={"rank": "same"}) as row:
            for one in (box, *beside):
                self._box(row, one)
            if box.id == "start":
                row.edge(self.names["start"], self.names["ending:compensated"], style="invis")

    def _frame(self, into: graphviz.Digraph, frame: Frame) -> None:
        style = "rounded,filled" if frame.kind != "branch" else "rounded,filled,dashed"
        with into.subgraph(
            name=f"cluster_{self.frames[frame.id]}",
            graph_attr={
                "label": words(frame.label, theme.FORWARD, 320.0) or " ",
                "labelloc": "t",
                "labeljust": "r",
                "style": style,
                "color": theme.FRAME_LINE,
                "fillcolor": theme.BRANCH_FILL if frame.kind == "branch" else theme.FRAME_FILL,
                "penwidth": "1",
                "margin": "12",
                "tooltip": " ",
            },
        ) as cluster:
            self._fill(cluster, frame.id)

    def _box(self, into: graphviz.Digraph, box: Box) -> None:
        look = theme.look(box.look, box.mark)
        name = self.names[box.id]
        kind = f"{box.look} {box.mark}" if box.mark else box.look
        attrs = {"id": name, "class": kind, "tooltip": _tooltip(box)}
        if box.look in UNDOING:
            attrs["group"] = "undo"
        elif box.beside is None:
            attrs["group"] = "forward"
        if look.style == "choice":
            into.node(
                name,
                label=plain(box.lines, 170.0),
                shape="hexagon",
                style="filled",
                fillcolor=look.fill,
                color=look.line,
                penwidth=f"{look.width:g}",
                margin="0.02,0.02",
                **attrs,
            )
        elif look.style in ("bar", "line"):
            into.node(name, label=bar(box, 420 if look.style == "line" else 90), **attrs)
        else:
            into.node(name, label=card(box), **attrs)

    # -- arrows ----------------------------------------------------------------------------

    def _arrow(self, into: graphviz.Digraph, arrow: Arrow, name: str) -> None:
        pen = theme.pen(arrow.kind, arrow.mark)
        source, target = self.boxes[arrow.source], self.boxes[arrow.target]
        attrs = {
            "color": pen.colour,
            "style": pen.style,
            "penwidth": f"{pen.width:g}",
            "class": arrow.kind,
            "id": name,
        }
        if arrow.label:
            also = arrow.kind == "compensation"  # the way that an unknown outcome takes too
            ink = theme.UNKNOWN if also else pen.colour
            attrs["label"] = words(arrow.label, theme.MUTED if arrow.mark == theme.UNLIT else ink)
        tail, head = self.names[source.id], self.names[target.id]
        upward = target.look in UNDOING and target.beside != source.id
        if target.beside == source.id:
            attrs["weight"] = "2"
            if target.look in ("probe", "halted"):
                into.edge(head, tail, dir="back", arrowtail=pen.head, **attrs)
            else:
                into.edge(tail, head, arrowhead=pen.head, **attrs)
        elif upward or arrow.kind == "back":
            attrs["weight"] = "4" if arrow.kind == "compensation" else "0"
            into.edge(head, tail, dir="back", arrowtail=pen.head, **attrs)
        else:
            forward = arrow.kind in ("next", "branch") and arrow.mark != "removed"
            attrs["weight"] = "20" if forward else "1"
            into.edge(tail, head, arrowhead=pen.head, **attrs)


def _tooltip(box: Box) -> str:
    shown = [line.text for line in box.lines] + ([box.hint] if box.hint else [])
    text = " ".join(" ".join(shown).split())
    return escape(text, expanded=2) or " "
