"""What `flowc status --json` tells of made-up instances."""

from __future__ import annotations

from typing import Any

BEGAN, ENDED = "2026-01-02T03:04:05.678Z", "2026-01-02T03:05:06.789Z"


def called(outcome: str, attempts: int = 1) -> dict[str, Any]:
    over = outcome in ("ok", "failed", "answered", "timed out")
    return {
        "operation": None,
        "arguments": None,
        "outcome": outcome,
        "attempts": attempts,
        "attempt": attempts + 1 if outcome in ("running", "retrying") else None,
        "again": BEGAN if outcome == "retrying" else None,
        "detail": None,
        "began": BEGAN,
        "ended": ENDED if over else None,
        "value": None,
    }


def item(path: str, outcome: str = "ok", kind: str = "step", **more: Any) -> dict[str, Any]:
    """A row of `steps` as `flowc status --json` prints it."""
    row = {"path": path, "kind": kind, "nth": 1, "flow": None, "from": None, "until": None}
    return row | called(outcome) | {"effect": None, "probe": None, "undo": None} | more


def story(flow: str, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    none = ("ended", "deadline", "ending", "error", "cancel_asked", "paused")
    row = {"instance": f"{flow}/k", "flow": flow, "version": 1, "state": "running"}
    told = {"started": BEGAN, "pages": [], "steps": list(steps)}
    return row | dict.fromkeys(none) | told | more


def hostile_story(text: str) -> dict[str, Any]:
    """An instance of the order example whose data says `text` wherever data may."""
    error = {"name": "CardDeclined", "message": text}
    return story(
        "fulfil_order",
        item("hold", effect="stuck", undo=called("stuck", 3) | {"detail": text}),
        item("payment", "failed", detail=text),
        item(text, "running"),
        instance=f"fulfil_order/{text}",
        state="Incomplete",
        ending={"ending": "Incomplete", "error": error},
        pages=[text],
    )
