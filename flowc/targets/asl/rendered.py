"""A definition or a template to text, the same bytes for the same value."""

from __future__ import annotations

import json

LARGEST = 1_048_576  # bytes that Step Functions takes as a definition
ROOM = 300  # bytes of the line that says where a definition comes from


def rendered(value: dict[str, object]) -> str:
    """JSON whose first line also holds the first member, which says what made it: indented, unless
    it would then be too large to create."""
    short = json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n"
    if len(short) + ROOM > LARGEST:
        return short
    text = json.dumps(value, indent=2, ensure_ascii=True)
    return short if len(text) + ROOM > LARGEST else "{" + text[1:].lstrip() + "\n"
