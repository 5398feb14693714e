"""Styles of terminal text, or none of them."""

from __future__ import annotations

_CODES = {
    "error": "1;31",
    "warning": "1;33",
    "advice": "1;36",
    "gutter": "1;34",
    "strong": "1",
    "dim": "2",
    "added": "32",
    "removed": "31",
}


class Palette:
    """Paints text if it is `on`."""

    __slots__ = ("on",)

    def __init__(self, on: bool) -> None:
        self.on = on

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.on and text else text


PLAIN = Palette(False)
