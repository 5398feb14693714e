"""A flow as a step of another: a child workflow, known by its parent's id and the step's path."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cadence.api.v1 import workflow_pb2  # type: ignore[import-untyped]
from cadence.error import (  # type: ignore[import-untyped]
    ChildWorkflowError,
    ChildWorkflowExecutionCanceled,
    SignalExternalWorkflowFailed,
)

from . import engine, workflow
from .engine import LONGEST
from .errors import Cancelled, FlowError, Halt, read_error
from .state import State
from .values import since_epoch

REJECT = workflow_pb2.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
NEWEST: dict[str, int] = {}  # the newest version of each flow that this program knows


@dataclass(frozen=True)
class Origin:
    """What an instance is told beside its input: the deadline of who started it (ms since 1970),
    its path there, and whether it keeps search attributes."""

    due: int | None = None
    path: str = ""
    tracked: bool = False


ALONE = Origin()


async def run_child(
    state: State, name: str, flow: str, arguments: list[Any], errors: Mapping[str, type[FlowError]]
) -> Any:
    """The encoded value that the child completed with.

    A cancel and the deadline are passed on; messages to `name/...` are too. Raises the child's
    error, or Halt if it did not end clean.
    """
    path, child = state.prefix + name, f"{state.id}/{name}"
    due = None if state.committed or state.due is None else since_epoch(state.due)
    # the newest version when the child starts, and the same one at every replay
    version = workflow.get_version(f"{path}:{flow}", 1, NEWEST[flow])
    opened: list[workflow.Child] = []

    async def whole_child() -> Any:
        started = await workflow.start_child_workflow(
            f"{flow}@{version}",
            dict,
            *arguments,
            Origin(due, f"{path}/"),
            options={
                "workflow_id": child,
                "execution_start_to_close_timeout": LONGEST,
                "task_start_to_close_timeout": timedelta(seconds=10),
                "parent_close_policy": workflow_pb2.PARENT_CLOSE_POLICY_TERMINATE,
                "workflow_id_reuse_policy": REJECT,
            },
        )
        opened.append(started)
        return await started

    state.at.append(path)
    try:
        task = asyncio.create_task(whole_child())
        told = False
        while not task.done():
            letters = [at for at in state.mail if at.startswith(f"{name}/") and opened]
            for at in letters:
                with contextlib.suppress(SignalExternalWorkflowFailed):
                    value = state.mail.pop(at)
                    at_child = at[len(name) + 1 :]
                    await workflow.signal_workflow(child, "deliver", at_child, value)
            if state.interrupted and opened and not told:
                told = True
                opened[0].cancel()
            await engine.pause(
                lambda told=told: (  # type: ignore[misc]
                    task.done()
                    or (opened and state.interrupted and not told)
                    or any(opened and at.startswith(f"{name}/") for at in state.mail)
                )
            )
        engine.woken()
        ending: dict[str, Any] = await task
    except ChildWorkflowExecutionCanceled:  # before it began: nothing was done
        raise Cancelled from None
    except ChildWorkflowError as failed:
        said = str(failed) or type(failed).__name__
        raise Halt(path, f"{flow} was ended from outside: {said}") from None
    finally:
        state.at.remove(path)
    match ending["ending"]:
        case "Completed":
            return ending["value"]
        case "Compensated":
            raise read_error(ending["error"], errors)
        case word:
            raise Halt(path, f"{flow} ended {word}")
