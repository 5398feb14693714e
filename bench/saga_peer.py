"""What `durable.py` compares with: a saga of ten steps, written by hand for DBOS.

It is as safe as what flowc emits: the intent is recorded before the effect (a step that is cut off
leaves no row, though its effect may have happened), every attempt has a limit, what was done is
undone in reverse, and an error is an ending, as data.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from dbos import DBOS

STEPS = 10
Done = list[tuple[str, str]]


async def hold(key: str, place: str) -> str:
    """The effect of a step."""
    return f"{key} {place}"


async def free(key: str, place: str) -> None:
    """What undoes it."""
    del key, place


async def _step(name: str, work: Callable[[], Awaitable[Any]], arguments: list[str]) -> Any:
    await DBOS.set_event_async(f"{name} intent", arguments)

    async def attempt() -> Any:
        return await asyncio.wait_for(work(), 10)

    return await DBOS.run_step_async({"name": name}, attempt)


@DBOS.workflow(name="saga")
async def saga(key: str) -> dict[str, Any]:
    """Ten steps; the first error undoes what was done."""
    done: Done = []
    try:
        for number in range(STEPS):
            place = f"place {number}"
            done.append((key, place))  # before the effect: a step that was cut may have happened
            await _step(f"step {number}", lambda place=place: hold(key, place), [key, place])  # type: ignore[misc]
    except Exception as error:  # noqa: BLE001 - whatever fails is undone
        for number, (_, place) in reversed(list(enumerate(done))):
            await _step(f"undo {number}", lambda place=place: free(key, place), [key, place])  # type: ignore[misc]
        return {"ending": "Compensated", "error": str(error)}
    return {"ending": "Completed"}
