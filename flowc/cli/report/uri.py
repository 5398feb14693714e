"""File names to URIs."""

from __future__ import annotations

import os
from pathlib import PurePath
from urllib.parse import quote_from_bytes


def reference(name: str) -> str:
    """A relative URI reference for a relative name, a `file:` URI for an absolute one."""
    if os.path.isabs(name):
        return PurePath(name).as_uri()
    quoted = quote_from_bytes(os.fsencode(name.replace(os.sep, "/")))
    first, slash, rest = quoted.partition("/")
    return f"./{quoted}" if ":" in first else f"{first}{slash}{rest}"
