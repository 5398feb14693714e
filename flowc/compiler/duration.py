"""A length of time in milliseconds to the text that a user would write for it."""

from __future__ import annotations

_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))


def show(ms: int) -> str:
    """`1d12h` of 129600000; the largest units first, those that are 0 left out, `0s` of 0."""
    parts = []
    for unit, size in _UNITS:
        count, ms = divmod(ms, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
