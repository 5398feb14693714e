"""A text before and after to a unified diff."""

from __future__ import annotations

import os
from difflib import unified_diff

from flowc.cli.display import clean
from flowc.cli.palette import Palette
from flowc.cli.project import display

_MISSING = "\\ No newline at end of file"


def unified(name: str, before: str, after: str, safe: bool, paint: Palette) -> str:
    """The diff, as `patch` and `git apply` take it; `safe` writes out control characters, for a
    terminal."""
    lines = unified_diff(_lines(before), _lines(after), label("a", name), label("b", name))
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


def label(side: str, name: str) -> str:
    """A file's name behind `---` or `+++`, as git writes it: below the current folder, or from the
    root; quoted if it has a control character, a quote or a backslash, and ended by a tab if it
    has a space, so that its end is certain."""
    place = f"{side}/{display(name).lstrip(os.sep)}" if os.path.isabs(name) else f"{side}/{name}"
    if place.isprintable() and not set(place) & {'"', "\\"}:
        return f"{place}\t" if " " in place else place
    quoted = (
        f"\\{byte}" if byte in '"\\' else byte if byte.isprintable() else _octal(byte)
        for byte in place
    )
    return f'"{"".join(quoted)}"'


def _octal(character: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))


def _lines(text: str) -> list[str]:
    """Lines that end in a line feed and nothing else, as `patch` counts them."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
