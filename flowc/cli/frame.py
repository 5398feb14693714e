"""Places in a source to the lines that show them, with carets and labels."""

from __future__ import annotations

from flowc.cli.display import clean, expand
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.palette import Palette
    from flowc.source import Source, Span

_LONGEST = 160  # code points of a line that are shown
_BEFORE = 60  # of them before the place, where a line is longer


class Mark(Struct):
    """A place to point at, its label, and the style of its caret; `main` is the finding's own."""

    span: Span
    label: str
    style: str
    main: bool


def last_line(source: Source, marks: list[Mark]) -> int:
    """The largest line number that a frame of `marks` shows."""
    return max(source.position(mark.span.start).line for mark in marks)


def frame(source: Source, marks: list[Mark], gutter: int, paint: Palette) -> list[str]:
    """The lines of a frame. `gutter` is the width of line numbers."""
    by_line: dict[int, list[Mark]] = {}
    for mark in sorted(marks, key=lambda mark: (mark.span.start, not mark.main)):
        by_line.setdefault(source.position(mark.span.start).line, []).append(mark)
    bar = paint("gutter", f"{'':{gutter}} |")
    lines = [bar]
    before = 0
    for number in sorted(by_line):
        if before and number == before + 2 and _is_short(source, number - 1):
            lines.append(_numbered(number - 1, source.line(number - 1), gutter, paint))
        elif before and number > before + 1:
            lines.append(paint("gutter", "..."))
        lines += _line(source, number, by_line[number], gutter, bar, paint)
        before = number
    lines.append(bar)
    return lines


def _line(
    source: Source, number: int, marks: list[Mark], gutter: int, bar: str, paint: Palette
) -> list[str]:
    """One source line with everything that points into it."""
    begin, end = _ends(source, number)
    cut = 0
    if end - begin > _LONGEST:
        place = marks[0].span.start - begin
        cut = max(0, min(place - _BEFORE, end - begin - _LONGEST))
    text = source.text[begin + cut : min(end, begin + cut + _LONGEST)]
    tail = "..." if begin + cut + _LONGEST < end else ""
    shown, columns = expand(text)
    lead = "..." if cut else ""
    lines = [_numbered(number, f"{lead}{shown}{tail}", gutter, paint, raw=True)]
    for mark in marks:
        start = columns[min(max(mark.span.start - begin - cut, 0), len(text))]
        end = columns[min(max(mark.span.end - begin - cut, 0), len(text))]
        caret = ("^" if mark.main else "-") * max(end - start, 1)
        label = clean(mark.label)
        under = paint(mark.style, f"{caret} {label}" if label else caret)
        lines.append(f"{bar} {' ' * (start + len(lead))}{under}")
    return lines


def _is_short(source: Source, number: int) -> bool:
    begin, end = _ends(source, number)
    return end - begin <= _LONGEST


def _ends(source: Source, number: int) -> tuple[int, int]:
    """The offsets of a line, without its line end; a line may be megabytes long."""
    starts, text = source.line_starts, source.text
    begin = starts[number - 1]
    end = starts[number] - 1 if number < len(starts) else len(text)
    while end > begin and text[end - 1] == "\r":
        end -= 1
    return begin, end


def _numbered(number: int, text: str, gutter: int, paint: Palette, *, raw: bool = False) -> str:
    shown = text if raw else expand(text)[0]
    return f"{paint('gutter', f'{number:>{gutter}} |')} {shown}".rstrip()
