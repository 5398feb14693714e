"""A flow as a value: what its workflow, its worker and its starter have to know."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from .errors import Field, FlowError, Halt
from .run import Run
from .state import State
from .values import WrongType, decode, encode

_ROUNDS = re.compile(r"\[\d+\]")


@dataclass(frozen=True)
class Flow:
    """One version of a flow. `awaits` holds the type of each message by the path of its await,
    without rounds."""

    name: str
    version: int
    code: Callable[..., Awaitable[Any]]
    params: tuple[Field, ...]
    result: Any
    errors: tuple[type[FlowError], ...] = ()
    awaits: Mapping[str, Any] = field(default_factory=dict)
    key: Callable[..., object] | None = None
    on_duplicate: Literal["attach", "reject"] | None = None
    deadline: timedelta | None = None
    compensate_within: timedelta | None = None
    owner: str | None = None
    runbook: str | None = None

    @property
    def title(self) -> str:
        """`name@version`: the type of its workflow. An instance finishes under its own."""
        return f"{self.name}@{self.version}"

    @property
    def contact(self) -> str:
        """Who is paged."""
        if self.owner and self.runbook:
            return f"{self.owner} ({self.runbook})"
        return self.owner or "the owner"

    def read_input(self, data: Any) -> dict[str, Any]:
        """Arguments by Python name, from an object keyed by parameter name. Raises WrongType."""
        if not isinstance(data, Mapping):
            names = ", ".join(f'"{field.name}"' for field in self.params)
            raise WrongType("", f"an object with {names or 'no fields'}", "something else")
        known = {field.name for field in self.params}
        for name in data:
            if name not in known:
                raise WrongType(str(name), "no such parameter", "one")
        return {
            field.attribute: decode(field.kind, data.get(field.name), field.name, closed=True)
            for field in self.params
        }

    def instance(self, arguments: Mapping[str, Any]) -> str:
        """The id of the workflow: the flow and its business key. Raises WrongType without one."""
        if self.key is None:
            raise WrongType("", f"a flow with a key ({self.name} has none)", "one without")
        made = encode(self.key(**arguments))
        return f"{self.name}/{made if isinstance(made, str) else json.dumps(made)}"

    def awaited(self, path: str) -> Any:
        """The type of the message that is awaited at a path, None if nobody awaits one there."""
        return self.awaits.get(_ROUNDS.sub("", path))

    def refusal(self, state: State, path: object, value: Any) -> str | None:
        """Why a message is refused: nobody awaits it, it was answered, or it does not fit."""
        kind = self.awaited(path) if isinstance(path, str) else None
        if kind is None:
            return f"nobody awaits {path!r}"
        if path in state.seen:
            return f"{path!r} was answered before"
        try:
            decode(kind, value, str(path), closed=True)
        except WrongType as wrong:
            return str(wrong)
        return None

    async def finish(self, run: Run, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Run the code to its end, unwind if it failed, and say how it ended."""
        instance = run.instance
        try:
            value = await self.code(run, **arguments)
        except Halt as halt:
            ledger = [entry.shown() for entry in run.ledger.flat()]
            said = {"step": halt.step, "reason": halt.reason, "ledger": ledger}
            run.page(self.contact, f"halted at {halt.step}: {halt.reason}")
            return {"ending": "Halted", **said}
        except FlowError as error:
            if not instance.committed:
                await run.unwind(run.ledger)
            if instance.committed or instance.stuck:
                run.page(self.contact, f"ended Incomplete: {error}")
                return {"ending": "Incomplete", "error": error.to_json(), "stuck": instance.stuck}
            return {"ending": "Compensated", "error": error.to_json()}
        if instance.stuck:
            run.page(self.contact, "ended Incomplete")
            return {"ending": "Incomplete", "value": encode(value), "stuck": instance.stuck}
        return {"ending": "Completed", "value": encode(value)}
