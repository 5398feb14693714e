"""Where flowc can be read about."""

from __future__ import annotations

HOME = "https://flowc.dev"
ISSUES = f"{HOME}/issues"


def page(name: str) -> str:
    """The address of the page of a code, by its name."""
    return f"{HOME}/rules/{name}"
