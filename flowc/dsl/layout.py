"""A document of texts, possible breaks and comments becomes lines of at most 100 columns.

The algebra is that of Wadler's "A prettier printer" in the strict form of Oppen and Prettier: a
group is printed on one line if it fits there, else each of its breaks is a new line. A group
that holds a forced break is broken, and so is every group around it; a second pass over its own
output therefore decides as the first one did.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH = 100  # columns, in code points
STEP = 2  # columns of one indentation
_PIECE = 64  # parts that are unpacked at once: all those of a long file would outweigh its text
_FORCED = 1 << 32  # the width of what cannot stand on one line


class Line:
    """A possible break: `flat` on one line, a new line (after an empty one) when broken."""

    __slots__ = ("blank", "flat", "width")

    def __init__(self, flat: str | None, blank: bool = False) -> None:
        self.flat = flat or ""
        self.blank = blank
        self.width = _FORCED if flat is None else len(flat)


class Note:
    """A comment: on a line of its own (`own`), or at the end of the line so far."""

    __slots__ = ("own", "text")

    def __init__(self, text: str, own: bool) -> None:
        self.text = text
        self.own = own


class Broken:
    """Text that is there only if the group around it is broken: a trailing comma."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Indent:
    """New lines inside start one step further right."""

    __slots__ = ("inside", "width")

    def __init__(self, inside: Doc) -> None:
        self.inside = inside
        self.width = measure(inside)


class Group:
    """On one line if that fits. A `brace` group is broken also where it would start a line."""

    __slots__ = ("brace", "inside", "width")

    def __init__(self, inside: Doc, brace: bool = False) -> None:
        self.inside = inside
        self.brace = brace
        self.width = measure(inside)


Doc = str | tuple["Doc", ...] | Line | Note | Broken | Indent | Group

LINE = Line(" ")
SOFT = Line("")
COMMA = Line(", ")
HARD = Line(None)
BLANK = Line(None, blank=True)
TRAILING_COMMA = Broken(",")


def measure(doc: Doc) -> int:
    """Columns of `doc` on one line; a huge number if it cannot stand on one."""
    kind = doc.__class__
    if kind is str:
        return len(doc)  # type: ignore[arg-type]
    if kind is tuple:
        total = 0
        for part in doc:  # type: ignore[union-attr]
            total += measure(part)
        return total
    if kind is Note:
        return _FORCED
    if kind is Broken:
        return 0
    return doc.width  # type: ignore[union-attr]


def settled(doc: Doc, column: int) -> Doc:
    """`doc` as plain text if it surely fits on a line that it starts at or before `column`.

    The layout is the same; what is settled early needs no more memory than its text.
    """
    if doc.__class__ is str or column + measure(doc) > WIDTH:
        return doc
    out: list[str] = []
    _flatten(doc, out.append)
    return "".join(out)


def _flatten(doc: Doc, write: Callable[[str], None]) -> None:
    if isinstance(doc, str):
        write(doc)
    elif isinstance(doc, tuple):
        for part in doc:
            if part.__class__ is str:
                write(part)
            else:
                _flatten(part, write)
    elif isinstance(doc, (Group, Indent)):
        _flatten(doc.inside, write)
    elif isinstance(doc, Line):
        write(doc.flat)


def render(doc: Doc) -> str:
    """Lay `doc` out; the result has no trailing spaces and ends without a line end."""
    out: list[str] = []
    column = 0
    fresh = True  # nothing stands on this line yet; its indentation is written with the first text
    margin = 0  # of this line, in columns
    owed = False  # a comment ended the line: whatever comes next starts a new one
    stack: list[tuple[int, bool, Doc]] = [(0, True, doc)]
    pop, push, write = stack.pop, stack.append, out.append
    while stack:
        indent, broken, doc = pop()
        kind = doc.__class__
        if kind is str:
            if not doc:
                continue
            if owed:
                write("\n")
                owed, fresh, margin = False, True, indent
            if fresh:
                write(" " * margin)
                column, fresh = margin, False
            write(doc)  # type: ignore[arg-type]
            column += len(doc)  # type: ignore[arg-type]
        elif isinstance(doc, tuple):
            if len(doc) > _PIECE:
                half = len(doc) // 2
                push((indent, broken, doc[half:]))
                push((indent, broken, doc[:half]))
            else:
                for part in reversed(doc):
                    push((indent, broken, part))
        elif isinstance(doc, Line):
            if broken or owed:
                _trim(out)
                write("\n\n" if doc.blank else "\n")
                owed, fresh, margin = False, True, indent
            elif doc.flat:
                write(doc.flat)
                column += len(doc.flat)
        elif isinstance(doc, Group):
            if broken:
                start = margin if fresh else indent if owed else column
                broken = (doc.brace and (fresh or owed)) or not (
                    doc.width <= WIDTH - start and _fits(stack, WIDTH - start - doc.width)
                )
            push((indent, broken, doc.inside))
        elif isinstance(doc, Indent):
            push((indent + STEP, broken, doc.inside))
        elif isinstance(doc, Note):
            _trim(out)
            if owed or (doc.own and not fresh):
                write("\n")
                fresh, margin = True, indent
            write((" " * margin if fresh else " ") + doc.text)
            owed, fresh = True, False
        elif isinstance(doc, Broken) and broken:
            push((indent, broken, doc.text))
    return "".join(out)


def _trim(out: list[str]) -> None:
    """Drop the spaces at the end of what is written so far."""
    while out and out[-1].endswith(" "):
        out[-1] = out[-1].rstrip(" ")
        if out[-1]:
            break
        out.pop()


def _fits(stack: list[tuple[int, bool, Doc]], room: int) -> bool:
    """Whether what follows, up to the next place where a line may end, needs at most `room`."""
    for _, _, waiting in reversed(stack):
        docs = [waiting]
        while docs:
            doc = docs.pop()
            if isinstance(doc, str):
                room -= len(doc)
            elif isinstance(doc, tuple):
                docs.extend(reversed(doc))
            elif isinstance(doc, (Indent, Group)):
                docs.append(doc.inside)
            elif isinstance(doc, Broken):
                room -= len(doc.text)
            else:  # a line that may break here, or a comment that ends it
                return True
            if room < 0:
                return False
    return True
