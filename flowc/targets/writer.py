"""Code as values to indented text: a bracketed group stays on its line where it fits."""

from __future__ import annotations

from contextlib import contextmanager

from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


WIDTH = 100  # columns


class Group(Struct):
    """Parts between brackets, separated by commas or (`between` empty) by spaces: on one line,
    or one part a line."""

    head: str  # ends in the opening bracket
    parts: tuple[Code, ...]
    tail: str  # begins with the closing bracket, or with the comma of a lone item
    between: str = ","


Code = str | Group


def flat(code: Code) -> str:
    """The code on one line."""
    if isinstance(code, str):
        return code
    inner = f"{code.between} ".join(flat(part) for part in code.parts)
    return f"{code.head}{inner}{code.tail}"


def prefixed(prefix: str, code: Code, suffix: str = "") -> Code:
    """The code with text before and after it on its first and last line."""
    if isinstance(code, str):
        return f"{prefix}{code}{suffix}"
    return Group(prefix + code.head, code.parts, code.tail + suffix, code.between)


class Writer:
    """Collects lines at an indentation; at most `width` columns where brackets allow a break."""

    def __init__(self, indent: str = "    ", width: int = WIDTH) -> None:
        self._lines: list[str] = []
        self._indent = indent
        self._width = width
        self._level = 0

    def line(self, code: Code = "") -> None:
        """Write a line, broken at its brackets where it is too long."""
        margin = self._indent * self._level
        text = flat(code)
        if isinstance(code, str) or len(margin) + len(text) <= self._width or not code.parts:
            self._lines.append(margin + text if text else "")
            return
        self._lines.append(margin + code.head)
        self._level += 1
        inner = " ".join(flat(part) for part in code.parts)
        if not code.between and len(self._indent * self._level) + len(inner) <= self._width:
            self._lines.append(self._indent * self._level + inner)
        else:
            for part in code.parts:
                self.line(prefixed("", part, code.between))
        self._level -= 1
        self._lines.append(margin + code.tail.removeprefix(","))

    def lines(self, codes: Iterable[Code]) -> None:
        for code in codes:
            self.line(code)

    def blank(self, count: int = 1) -> None:
        """End with exactly so many blank lines, none at the top."""
        while self._lines and not self._lines[-1]:
            self._lines.pop()
        if self._lines:
            self._lines.extend([""] * count)

    def apart(self) -> None:
        """Leave a blank line before a function, but not at the beginning of another one."""
        last = self._lines[-1] if self._lines else ""
        if last and not (last.endswith(":") and ("def " in last or last.lstrip().startswith(")"))):
            self.blank()

    @contextmanager
    def indented(self) -> Iterator[None]:
        """What is written inside stands one level deeper."""
        self._level += 1
        yield
        self._level -= 1

    @property
    def size(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    @property
    def text(self) -> str:
        """Everything written, ending in one line end."""
        shown = "\n".join(self._lines).rstrip("\n")
        return f"{shown}\n" if shown else ""
