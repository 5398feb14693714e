"""Turns a picture into a Mermaid flowchart for Markdown."""

from __future__ import annotations

from flowc.visualize import theme
from flowc.visualize.dot_label import unfit
from flowc.visualize.measure import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc.visualize.labels import Line
    from flowc.visualize.picture import Arrow, Box, Picture

_SAFE = frozenset(" ,()=!?+/·×")
_SAFE_INSIDE = frozenset("._-")  # between letters or digits: never a list, a rule or emphasis
_SHAPES = {
    "rounded": ('("', '")'),
    "square": ('["', '"]'),
    "double": ('[["', '"]]'),
    "choice": ('{{"', '"}}'),
    "line": ('[/"', '"/]'),
    "bar": ('(("', '"))'),
}
_FRAME = f"fill:{theme.FRAME_FILL},stroke:{theme.FRAME_LINE},color:{theme.INK}"
_LINES = {
    "next": "==>",
    "branch": "==>",
    "back": "-->",
    "failure": "-->",
    "unknown": "-.->",
    "timeout": "-.->",
    "compensation": "-.->",
}


WIDTH = 215.0  # pixels in a wide font; Mermaid itself breaks at 200 in a usual one


def mermaid(picture: Picture) -> str:
    """The Mermaid source of a picture: the same text for the same picture."""
    names = picture.names
    lines = ["flowchart TB"]
    notes = [line for line in picture.header if line.size == "note"]
    if notes:  # of the whole flow; the rest of the header is left to the page around it
        lines.append(f"  notes{_label(notes, *_SHAPES['square'])}")
    _fill(picture, None, names, lines, 1)
    styles: dict[tuple[str, str], list[int]] = {}
    for n, arrow in enumerate(picture.arrows):
        lines.append(f"  {_arrow(arrow, names)}")
        styles.setdefault((arrow.kind, arrow.mark), []).append(n)
    for (kind, mark), numbers in styles.items():
        pen = theme.pen(kind, mark)
        chosen = ",".join(str(n) for n in numbers)
        style = f"stroke:{theme.MIDDLE[pen.colour]},stroke-width:{pen.width:g}px"
        dashes = ",stroke-dasharray:5 5" if mark == "removed" else ""
        lines.append(f"  linkStyle {chosen} {style}{dashes}")
    used = dict.fromkeys(box.look for box in picture.boxes)
    for name in used:
        look = theme.LOOKS[name]
        ink = theme.PAPER if look.style == "line" else theme.INK
        lines.append(
            f"  classDef {name} fill:{look.fill},stroke:{look.line},color:{ink},"
            f"stroke-width:{look.width:g}px"
        )
        members = ",".join(names[box.id] for box in picture.boxes if box.look == name)
        lines.append(f"  class {members} {name}")
    lines.extend(
        f"  style {names[box.id]} stroke:{worn.line},fill:{worn.fill},stroke-width:{worn.width:g}px"
        for box in picture.boxes
        if (worn := theme.look(box.look, box.mark)) != theme.LOOKS[box.look]
    )
    if picture.frames:
        frames = ",".join(f"f{n}" for n in range(1, len(picture.frames) + 1))
        lines += [f"  classDef frame {_FRAME}", f"  class {frames} frame"]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """User text inside a quoted Mermaid label: every character that is not plainly harmless
    becomes a numeric entity, so neither Mermaid, its Markdown nor HTML sees it."""
    out = []
    for before, char, after in zip(f" {text}", text, f"{text} "[1:], strict=False):
        if unfit(char):
            out.append("#65533;")
        elif (
            char.isalnum()
            or char in _SAFE
            or (char in _SAFE_INSIDE and before.isalnum() and after.isalnum())
        ):
            out.append(char)
        else:
            out.append(f"#{ord(char)};")
    return "".join(out)


def _fill(
    picture: Picture, frame: str | None, names: dict[str, str], lines: list[str], depth: int
) -> None:
    pad = "  " * depth
    for box in picture.boxes:
        if box.frame == frame:
            lines.append(f"{pad}{names[box.id]}{_shape(box)}")
    for n, inner in enumerate(picture.frames, 1):
        if inner.parent == frame:
            lines.append(f'{pad}subgraph f{n} ["{escape(inner.label) or "#160;"}"]')
            _fill(picture, inner.id, names, lines, depth + 1)
            lines.append(f"{pad}end")


def _shape(box: Box) -> str:
    return _label(box.lines, *_SHAPES[theme.LOOKS[box.look].style], box.number)


def _label(lines: Sequence[Line], opening: str, closing: str, number: int | None = None) -> str:
    parts = []
    for line in lines:
        size = 13.0 if line.size in ("small", "note") else 16.0  # pixels, as `<small>` and plain
        bold = line.size in ("title", "note")
        shown = "<br/>".join(escape(part) for part in wrap(line.text, size, WIDTH, bold))
        if line.size == "title":
            shown = f"<b>{'' if number is None else f'{number}: '}{shown}</b>"
        elif line.size == "note":
            shown = f"<small><b>{shown}</b></small>"
        elif line.size == "small":
            shown = f"<small>{shown}</small>"
        parts.append(shown)
    return f"{opening}{'<br/>'.join(parts) or '#160;'}{closing}"


def _arrow(arrow: Arrow, names: dict[str, str]) -> str:
    label = escape(arrow.label)
    shown = f'|"{label}"|' if label else ""
    return f"{names[arrow.source]} {_LINES[arrow.kind]}{shown} {names[arrow.target]}"
