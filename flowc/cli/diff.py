"""A text before and after to a unified diff."""

from __future__ import annotations

from difflib import unified_diff

from flowc.cli.display import clean
from flowc.cli.palette import Palette

_MISSING = "\\ No newline at end of file"


def unified(name: str, before: str, after: str, safe: bool, paint: Palette) -> str:
    """The diff, as `patch` takes it; `safe` writes out control characters, for a terminal."""
    lines = unified_diff(
        _lines(before),
        _lines(after),
        f"a/{clean(name)}",
        f"b/{clean(name)}",
    )
    shown = []
    for at, line in enumerate(lines):
        text = line.removesuffix("\n")
        if safe:
            text = text[:1] + clean(text[1:].replace("\t", "    "))
        style = "" if at < 2 else {"+": "added", "-": "removed", "@": "gutter"}.get(line[:1], "")
        shown.append(paint(style, text) if style else text)
        if not line.endswith("\n"):
            shown.append(_MISSING)
    return "".join(f"{line}\n" for line in shown)


def _lines(text: str) -> list[str]:
    """Lines that end in a line feed and nothing else, as `patch` counts them."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
