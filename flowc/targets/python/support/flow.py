"""A flow as a value that the engine can register, start and finish; and how an instance ended."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from .calls import Operation
from .errors import Field, FlowError, Halt
from .events import Event
from .run import Run
from .values import WrongType, decode, encode


@dataclass(frozen=True)
class Slo:
    """What a flow's owner promises of its instances: within what time they make their first
    attempt, within what time so many percent end, and how many percent may fail."""

    start: timedelta | None = None
    complete: timedelta | None = None
    complete_percent: float | None = None
    failures_percent: float | None = None


@dataclass(frozen=True)
class Flow:
    """One version of a flow. `fingerprint` changes when its code does: an instance that is
    under way must finish on the code that it began with."""

    name: str
    version: int
    code: Callable[..., Awaitable[Any]]
    params: tuple[Field, ...]
    result: Any
    fingerprint: str
    operations: tuple[Operation, ...] = ()
    errors: tuple[type[FlowError], ...] = ()
    key: Callable[..., object] | None = None
    on_duplicate: Literal["attach", "reject"] | None = None
    deadline: timedelta | None = None
    compensate_within: timedelta | None = None
    owner: str | None = None
    runbook: str | None = None
    slo: Slo | None = None
    awaits: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # types of answers, by name
    calls: Mapping[str, str] = dataclasses.field(
        default_factory=dict
    )  # flows, by the name of their step
    loops: Mapping[str, int] = dataclasses.field(
        default_factory=dict
    )  # how many loops are around such a name, if any

    @property
    def title(self) -> str:
        """`name@version`, as the journal knows it."""
        return f"{self.name}@{self.version}"

    def read_input(self, data: Any) -> dict[str, Any]:
        """Arguments by Python name, from an object keyed by parameter name. Raises WrongType."""
        if not isinstance(data, Mapping):
            names = ", ".join(f'"{field.name}"' for field in self.params)
            raise WrongType("", f"an object with {names or 'no fields'}", _what(data))
        known = {field.name for field in self.params}
        for name in data:
            if name not in known:
                raise WrongType(str(name), "no such parameter", "one")
        missing = object()
        named = {}
        for field in self.params:
            given = data.get(field.name, missing)
            if given is missing:
                given = None
            named[field.attribute] = decode(field.kind, given, field.name, closed=True)
        return named

    def write_input(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The object that `read_input` reads."""
        return {field.name: encode(arguments[field.attribute]) for field in self.params}

    async def finish(self, run: Run, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Run the code to its end, unwind if it failed, and say how it ended."""
        try:
            value = await self.code(run, **arguments)
        except Halt as halt:
            return run.halted(halt)
        except FlowError as error:
            if run.committed:
                return {"ending": "Incomplete", "error": error.to_json(), "stuck": run.stuck}
            await run.unwind(run.ledger)
            if run.stuck:
                return {"ending": "Incomplete", "error": error.to_json(), "stuck": run.stuck}
            return {"ending": "Compensated", "error": error.to_json()}
        if run.stuck:
            return {"ending": "Incomplete", "value": encode(value), "stuck": run.stuck}
        return {"ending": "Completed", "value": encode(value)}

    def ended(self, instance: str, ending: Mapping[str, Any]) -> list[Event]:
        """What to tell about an ending."""
        said = ""
        if "error" in ending:
            said = _said(ending["error"])
        if ending["ending"] == "Halted":
            where = f"at {ending['step']}" if ending["step"] else "outside any step"
            said = f"{where}: {ending['reason']}"
        events = [Event("ended", instance, outcome=str(ending["ending"]), detail=said)]
        if ending["ending"] in ("Halted", "Incomplete"):
            whom = f"{self.owner} ({self.runbook})" if self.owner and self.runbook else self.owner
            events.insert(0, Event("page", instance, detail=whom or "the owner"))
        return events


def _what(data: Any) -> str:
    return "a list" if isinstance(data, list) else "no object"


def _said(error: Mapping[str, Any]) -> str:
    """An error with its message, or with its fields if it has no message of its own."""
    name, message = str(error["name"]), str(error["message"])
    if message != name:
        return f"{name}: {message}"
    fields = ", ".join(f"{field}: {value}" for field, value in error["fields"].items())
    return f"{name} ({fields})" if fields else name
