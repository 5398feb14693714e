"""The comments and blank lines of a source become the gaps between the things it says.

A walk over the tree asks for the gaps in the order of the text; each comment is given out once,
where it stands. What is between two things never changes sides, except that a comma, and the
opening brace of a block, come before the comments that preceded them.
"""

from __future__ import annotations

from flowc.dsl.ast import Comment, Commit, Name
from flowc.dsl.layout import BLANK, HARD, STEP, TRAILING_COMMA, Doc, Indent, Note, settled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol, TypeVar

    from flowc.source import Span

    class Node(Protocol):
        @property
        def span(self) -> Span: ...

    N = TypeVar("N", bound=Node)

_NEVER = 1 << 60


class Trivia:
    """A cursor over the comments of one source.

    `at` is where the next comment starts (huge when there is none left): as long as it lies
    behind the thing at hand, which is nearly always, there is nothing to place.
    """

    __slots__ = ("_comments", "_level", "_taken", "at", "text")

    def __init__(self, text: str, comments: tuple[Comment, ...]) -> None:
        self.text = text
        self._comments = comments
        self._taken = 0
        self._level = 0  # of brackets around the thing at hand
        self.at = comments[0].span.start if comments else _NEVER

    def take(self, before: int) -> list[Comment]:
        """The comments not yet given out that start before the offset `before`."""
        taken = []
        while self.at < before:
            taken.append(self._comments[self._taken])
            self._taken += 1
            more = self._taken < len(self._comments)
            self.at = self._comments[self._taken].span.start if more else _NEVER
        return taken

    def trailing(self, end: int) -> Doc:
        """The comment that ends the line of what ended at the offset `end`."""
        at = self.at
        if at == _NEVER or self.text[end:at].strip(" \t,") or self._comments[self._taken].own_line:
            return ""
        return _note(self.take(at + 1)[0], own=False)

    def find(self, mark: str, start: int) -> int:
        """Where the next `mark` is outside comments, if no text literal comes before it."""
        while True:
            at = self.text.find(mark, start)
            comment = self.text.find("//", start, at)
            if comment < 0:
                return at
            start = self.text.find("\n", comment)

    def settled(self, doc: Doc) -> Doc:
        """`doc` as plain text, if it starts a line and surely fits there.

        A bracket may stand in a clause, so that it is worth two steps of indentation.
        """
        return settled(doc, 2 * STEP * self._level)

    def lines(self, start: int, end: int) -> int:
        """How many line ends lie between two offsets."""
        return self.text.count("\n", start, end)

    def lead(self, before: int) -> Doc:
        """Comments before something that else would follow on the same line; "" if none."""
        if self.at >= before:
            return ""
        notes = (_note(comment, own=comment.own_line) for comment in self.take(before))
        return (*notes, HARD)

    def close(self, start: int, before: int, line: Doc) -> tuple[Doc, Doc]:
        """The comments before a closing bracket, and the break there, as `gap` has it."""
        gap = self.gap(start, before, line)
        return (gap[:-1], gap[-1]) if isinstance(gap, tuple) else ("", gap)

    def gap(self, start: int, before: int, line: Doc) -> Doc:
        """What separates two parts: `line`, a new line if the author made one, and comments."""
        if self.at >= before:
            return HARD if self.text.find("\n", start, before) >= 0 else line
        return self.lead(before)

    def enclosed(
        self,
        nodes: Sequence[N],
        start: int,
        end: int,
        build: Callable[[Trivia, N], Doc],
        *,
        edge: Doc,
        between: Doc,
        comma: bool = False,
        held: Sequence[Comment] = (),
        above: Doc = "",
        indent: bool = True,
    ) -> Doc:
        """What stands inside brackets, from behind the opening to before the closing one.

        `edge` is the break at both ends, `between` the one between two nodes; `comma` writes one
        after each node, after the last only if broken. A line end or a comment in a gap breaks
        all. `held` are comments from before the opening bracket. `above` is laid out before the
        nodes and parted from them by an empty line. The result is "" if there is nothing.
        """
        head: list[Doc] = []  # on the line of the opening bracket
        inside: list[Doc] = [edge, above] if above else []
        tail = inside if above else head
        after_commit = False
        self._level += 1
        gap_start = start
        for node in nodes:
            at = begin(node)
            line: Doc
            if self.at >= at and not held:
                count = self.text.count("\n", gap_start, at)
                line = between if inside else edge
                if count:
                    line = BLANK if count > 1 and inside else HARD
                if inside and (after_commit or (above and node is nodes[0])):
                    line = BLANK
                if node.__class__ is Commit and inside:
                    line = BLANK
                inside.append(line)
            else:
                notes = [*held, *self.take(at)]
                held = ()
                first = after_commit or bool(above and node is nodes[0])
                self._noted(notes, gap_start, at, tail, inside, first, node.__class__ is Commit)
            after_commit = node.__class__ is Commit
            doc = build(self, node)
            inside.append(self.settled(doc) if between is HARD else doc)
            gap_start = node.span.end
            if comma:
                inside.append(TRAILING_COMMA if node is nodes[-1] else ",")
            tail = inside
        if self.at < end or held:
            notes = [*held, *self.take(end)]
            first = after_commit or bool(above and not nodes)
            self._noted(notes, gap_start, None, tail, inside, first, False)
            edge = HARD
        self._level -= 1
        if not inside and not head:
            return ""
        return (*head, Indent(tuple(inside)) if indent else tuple(inside), edge)

    def _noted(
        self,
        notes: list[Comment],
        start: int,
        end: int | None,
        tail: list[Doc],
        inside: list[Doc],
        parted: bool,
        commit: bool,
    ) -> None:
        """Place the comments of a gap that has some, and the line end after the last.

        `end` is where the next node begins, None at the closing bracket. `parted` asks for an
        empty line at the start of the gap, `commit` for one above what belongs to the node.
        """
        risky = any(
            note.text.startswith("///") and (not note.own_line or note.span.start < start)
            for note in notes[not notes[0].own_line :]
        )
        if not notes[0].own_line:
            tail.append(_note(notes[0], own=False))
            start = max(start, notes[0].span.end)
            notes = notes[1:]
        ends = [start, *(max(start, note.span.end) for note in notes)]
        starts = [note.span.start for note in notes]
        if end is not None:
            starts.append(end)
        blank = [self.lines(a, b) > 1 for a, b in zip(ends, starts, strict=False)]
        if blank:
            if not inside:
                blank[0] = False
            elif parted or (commit and not any(blank)):
                blank[0] = True
        if end is not None and risky:
            blank[-1] = True  # where it comes to stand, `///` would document the node
        for note, empty in zip(notes, blank, strict=False):
            inside.append(BLANK if empty else HARD)
            inside.append(_note(note, own=True))
        if end is not None:
            inside.append(BLANK if blank[-1] else HARD)


def begin(node: Node) -> int:
    """Where a node begins, its documentation included."""
    doc = getattr(node, "doc", None)
    return min(doc.span.start, node.span.start) if doc else node.span.start


def named(trivia: Trivia, word: str, name: Name) -> Doc:
    """`word name`, as most constructs begin."""
    if trivia.at >= name.span.start:
        return f"{word} {name.text}"
    return (word, placed(trivia.lead(name.span.start), " ", name.text))


def _note(comment: Comment, own: bool) -> Note:
    return Note(comment.text.replace("\t", "  ").rstrip(), own)


def placed(lead: Doc, space: str, doc: Doc) -> Doc:
    """`doc` on the line so far, after `space`; on a new one if comments `lead` to it."""
    return Indent((lead, doc)) if lead else (space, doc)
