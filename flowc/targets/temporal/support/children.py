"""A flow as a step of another: a child workflow, known by its parent's id and the step's path."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError, FailureError
from temporalio.workflow import ParentClosePolicy

from .errors import FlowError, Halt, read_error
from .state import State
from .values import since_epoch

NEWEST: dict[str, int] = {}  # the newest version of each flow that this program knows


def _version(path: str, flow: str) -> int:
    """The newest version when the child starts, and the same one at every replay."""
    for version in range(NEWEST[flow], 1, -1):
        if workflow.patched(f"{path}:{flow}@{version}"):
            return version
    return 1


async def run_child(
    state: State, name: str, flow: str, arguments: list[Any], errors: Mapping[str, type[FlowError]]
) -> Any:
    """The encoded value that the child completed with.

    A cancel and the deadline are passed on; messages to `name/...` are too. Raises the child's
    error, or Halt if it did not end clean.
    """
    path = state.prefix + name
    due = None if state.committed or state.due is None else since_epoch(state.due)
    state.at.append(path)
    try:
        handle = await workflow.start_child_workflow(
            f"{flow}@{_version(path, flow)}",
            args=arguments,
            id=f"{state.id}/{name}",
            result_type=dict,
            parent_close_policy=ParentClosePolicy.TERMINATE,
            memo={"due": due, "path": f"{path}/"},
        )
        told = False
        while not handle.done():
            letters = [at for at in state.mail if at.startswith(f"{name}/")]
            for at in letters:
                await handle.signal("deliver", args=[at[len(name) + 1 :], state.mail.pop(at)])
            if state.interrupted and not told:
                told = True
                with contextlib.suppress(FailureError):
                    await workflow.get_external_workflow_handle(handle.id).cancel()
            await workflow.wait_condition(
                lambda told=told: (  # type: ignore[misc]
                    handle.done()
                    or (state.interrupted and not told)
                    or any(at.startswith(f"{name}/") for at in state.mail)
                )
            )
        ending: dict[str, Any] = await handle
    except ChildWorkflowError as failed:
        raise Halt(path, f"{flow} was ended from outside: {failed.cause or failed}") from None
    finally:
        state.at.remove(path)
    match ending["ending"]:
        case "Completed":
            return ending["value"]
        case "Compensated":
            raise read_error(ending["error"], errors)
        case word:
            raise Halt(path, f"{flow} ended {word}")
