"""What the workflow of every flow has: it finishes whatever comes, and it can be talked to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError

from .flow import Flow
from .run import Run
from .state import State
from .values import instant

STATUS = SearchAttributeKey.for_keyword("FlowStatus")


class Instance:
    """The base of a flow's workflow: messages, pause and cancel."""

    FLOW: Flow

    def __init__(self) -> None:
        self._state = State()

    async def perform(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Run the flow to its end and say how it ended. A cancel is a flag that the flow looks
        at: it never cuts a step, and it never stops the unwinding."""
        state, flow, info = self._state, self.FLOW, workflow.info()
        state.id = info.workflow_id
        state.prefix = str(workflow.memo_value("path", ""))
        state.compensate_within = flow.compensate_within
        state.tracked = info.typed_search_attributes.get(STATUS) is not None
        passed: int | None = workflow.memo_value("due", None)
        dues = [] if passed is None else [instant(passed)]
        if flow.deadline is not None:
            dues.append(info.workflow_start_time + flow.deadline)
        state.due = min(dues, default=None)
        errors = {kind.error_name: kind for kind in flow.errors}
        task = asyncio.create_task(flow.finish(Run(state, errors), arguments))
        state.phase = "Running"
        self._note(state.phase)
        ending = await state.outlast(task)
        if state.pages:
            await state.outlast(asyncio.gather(*state.pages))
        state.phase = str(ending["ending"])
        self._note(state.phase)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return {**ending, "flow": flow.name, "version": flow.version}

    def _note(self, status: str) -> None:
        """Keep the search attribute, if the instance was started with it."""
        if self._state.tracked:
            workflow.upsert_search_attributes([STATUS.value_set(status)])

    @workflow.query
    def status(self) -> dict[str, Any]:
        """What it does, what it has made stuck, and whether it is paused or asked to cancel."""
        return self._state.shown()

    @workflow.update
    def answer(self, path: str, value: Any) -> None:
        """Answer an await by its path, as in `ruling` or `check/papers[2]`."""
        self.deliver(path, value)

    @answer.validator
    def _check_answer(self, path: str, value: Any) -> None:
        wrong = self.FLOW.refusal(self._state, path, value)
        if wrong is not None:
            raise ApplicationError(wrong, type="Refused", non_retryable=True)

    @workflow.signal
    def deliver(self, path: str, value: Any) -> None:
        """As `answer`, but nobody hears of a refusal."""
        if self.FLOW.refusal(self._state, path, value) is None:
            self._state.seen.add(path)
            self._state.mail[path] = value

    @workflow.signal
    def pause(self) -> None:
        """Begin nothing new; what runs ends. The deadline goes on."""
        self._state.paused = True

    @workflow.signal
    def resume(self) -> None:
        """Go on after a pause."""
        self._state.paused = False
