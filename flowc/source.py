"""Source text and places in it: offsets everywhere, line and column on demand."""

from __future__ import annotations

from flowc.struct import Struct


class Span(Struct):
    """A half-open range of code point offsets in one source."""

    start: int
    end: int


class Position(Struct):
    """A place as people read it: both count from 1, columns in code points."""

    line: int
    column: int


class Source:
    """The text of one file and the name it is shown under. Two sources are one if they are `is`."""

    __slots__ = ("_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._starts: list[int] | None = None

    @property
    def line_starts(self) -> list[int]:
        """Offsets at which lines begin; computed at the first question for a line."""
        if self._starts is None:
            starts = [0]
            find = self.text.find
            at = find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = find("\n", at + 1)
            self._starts = starts
        return self._starts

    def position(self, offset: int) -> Position:
        """Line and column of an offset; an offset past the end is taken as the end."""
        offset = min(max(offset, 0), len(self.text))
        line = self.line_at(offset)
        return Position(line, offset - self.line_starts[line - 1] + 1)

    def line_at(self, offset: int) -> int:
        """The number of the line, from 1, on which an offset of the text stands."""
        from bisect import bisect_right

        return bisect_right(self.line_starts, offset)

    def line(self, number: int) -> str:
        """The text of a line (from 1), without its line end."""
        starts = self.line_starts
        start = starts[number - 1]
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[start:end].rstrip("\r")

    def __repr__(self) -> str:
        return f"Source({self.name!r}, {len(self.text)} characters)"
