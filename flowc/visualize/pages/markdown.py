"""Turns any text into Markdown that shows just that text, in prose, in code and in tables."""

from __future__ import annotations

import re
from urllib.parse import quote

from flowc.visualize.dot_label import unfit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SAFE = frozenset(" ,()?;/%'\"’·×–→")
_INSIDE = frozenset("._-:@+=")  # between letters or digits: no list, rule, emphasis or heading
_URL = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9._~:/?#@!$&'*+,;=%-]*")
_PLAIN_CODE = re.compile(r"[^`|\\]+")


def escape(text: str) -> str:
    """Text on one line of prose or in a cell. What could be markup becomes a character reference,
    which is never taken for structure; controls and bidi marks become U+FFFD."""
    line = " ".join(text.split())
    out = []
    for before, char, after in zip(f" {line}", line, f"{line} "[1:], strict=False):
        if unfit(char):
            out.append("\ufffd")
        elif _harmless(before, char, after):
            out.append(char)
        else:
            out.append(f"&#{ord(char)};")
    shown = "".join(out)
    shown = shown.replace("://", "&#58;//").replace("www.", "www&#46;")  # never a link by itself
    return re.sub(r"^(\d+)\)", r"\1&#41;", shown)


def _harmless(before: str, char: str, after: str) -> bool:
    if char.isalnum() or char in _SAFE or ord(char) > 127:
        return True
    if char in _INSIDE and before.isalnum() and after.isalnum():
        return True
    return char == "." and (before.isalpha() or after.isalnum())


def prose(text: str) -> str:
    """Several lines as paragraphs."""
    return "\n".join(escape(line) for line in text.strip().splitlines())


def code(text: str) -> str:
    """What stands in a file, as code, also inside a table."""
    line = "".join("\ufffd" if unfit(char) else char for char in " ".join(text.split()))
    if not line:
        return ""
    if _PLAIN_CODE.fullmatch(line):
        return f"`{line}`"
    shown = "".join(
        char if char.isalnum() or char == " " or ord(char) > 127 else f"&#{ord(char)};"
        for char in line
    )
    return f"<code>{shown}</code>"


def address(text: str) -> str:
    """A link where the text plainly is one, else the text."""
    if _URL.fullmatch(text):
        return f"<{text}>"
    return escape(text)


def link(label: str, path: str) -> str:
    """A link to another page, by its path with `/`."""
    return f"[{escape(label)}]({quote(path, safe='/')})"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; heads and cells are Markdown already."""
    lines = [_row(heads), _row(["---"] * len(heads))]
    lines.extend(_row(row) for row in rows)
    return lines


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell or ' ' for cell in cells)} |"
