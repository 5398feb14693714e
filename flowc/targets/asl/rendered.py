"""A definition or a template to text, the same bytes for the same value."""

from __future__ import annotations

import json


def rendered(value: dict[str, object]) -> str:
    """Indented JSON whose first line also holds the first member, which says what made it."""
    text = json.dumps(value, indent=2, ensure_ascii=True)
    return "{" + text[1:].lstrip() + "\n"
