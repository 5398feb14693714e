"""What the workflow of every flow has: it finishes whatever comes, and it can be talked to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from . import engine, workflow
from .children import Origin
from .flow import Flow
from .run import Run
from .state import State
from .values import instant


class Instance:
    """The base of a flow's workflow: messages, pause and cancel."""

    FLOW: Flow

    def __init__(self) -> None:
        self._state = State()

    async def perform(self, arguments: Mapping[str, Any], origin: Origin) -> dict[str, Any]:
        """Run the flow to its end and say how it ended. A cancel is a flag that the flow looks
        at: it never cuts a step, and it never stops the unwinding."""
        state, flow = self._state, self.FLOW
        engine.begin()
        state.id = workflow.identity()
        state.prefix, state.tracked = origin.path, origin.tracked
        state.compensate_within = flow.compensate_within
        dues = [] if origin.due is None else [instant(origin.due)]
        if flow.deadline is not None:
            dues.append(engine.now() + flow.deadline)
        state.due = min(dues, default=None)
        if state.due is not None:
            engine.set_deadline(state.due)
        errors = {kind.error_name: kind for kind in flow.errors}
        task = asyncio.create_task(flow.finish(Run(state, errors), arguments))
        state.phase = "Running"
        self._note(state.phase)
        ending = await state.outlast(task)
        if state.pages:
            await state.outlast(asyncio.gather(*state.pages))
        state.phase = str(ending["ending"])
        self._note(state.phase)
        return {**ending, "flow": flow.name, "version": flow.version}

    def _note(self, status: str) -> None:
        """Keep the search attributes, if the starter said so."""
        if self._state.tracked:
            key = self._state.id.partition("/")[2]
            shown = {"FlowStatus": status, "FlowKey": key, "FlowOwner": self.FLOW.owner or ""}
            workflow.upsert_search_attributes(shown)

    @workflow.query(name="status")
    def status(self) -> dict[str, Any]:
        """What it does, what it has made stuck, and whether it is paused or asked to cancel."""
        return self._state.shown()

    @workflow.query(name="refusal")
    def refusal(self, path: str, value: Any) -> str:
        """Why a message would be refused, empty if it is welcome: signals cannot say so."""
        return self.FLOW.refusal(self._state, path, value) or ""

    @workflow.signal(name="deliver")
    def deliver(self, path: str, value: Any) -> None:
        """Answer an await by its path, as in `ruling` or `check/papers[2]`."""
        if self.FLOW.refusal(self._state, path, value) is None:
            self._state.seen.add(path)
            self._state.mail[path] = value

    @workflow.signal(name="pause")
    def pause(self) -> None:
        """Begin nothing new; what runs ends. The deadline goes on."""
        self._state.paused = True

    @workflow.signal(name="resume")
    def resume(self) -> None:
        """Go on after a pause."""
        self._state.paused = False
