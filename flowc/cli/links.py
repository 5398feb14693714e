"""Where flowc can be read about."""

from __future__ import annotations

HOME = "https://flowc.dev"
ISSUES = f"{HOME}/issues"


def page(code: str) -> str:
    """The address of a code's page."""
    return f"{HOME}/rules/{code}"
