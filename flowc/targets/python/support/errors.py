"""The errors of a flow: declared ones, those every flow can end with, and the halt."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from .values import WrongType, decode, encode


@dataclass(frozen=True)
class Field:
    """A named, typed place: `name` in JSON and in the flow, `attribute` in Python."""

    name: str
    attribute: str
    kind: Any


class FlowError(Exception):
    """An error of the flow's own language. It travels as data and never leaves a workflow."""

    error_name: ClassVar[str] = "Error"
    transient: ClassVar[bool] = False
    declared: ClassVar[tuple[Field, ...]] = ()

    # Set on the instance's own Cancelled and DeadlineExceeded, which nothing handles.
    own: bool = False

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message if message else self.error_name)

    @property
    def name(self) -> str:
        return self.error_name

    @property
    def message(self) -> str:
        return str(self)

    def to_json(self) -> dict[str, Any]:
        """`{"name", "message", "fields"}`, as journals and endings show it."""
        fields = {f.name: encode(getattr(self, f.attribute)) for f in self.declared}
        return {"name": self.name, "message": str(self), "fields": fields}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> FlowError:
        """An error of which the kind does not matter any more."""
        return Reported(row["name"], row["message"])

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any], message: str | None) -> FlowError:
        """Build the error of JSON-named fields. Raises WrongType if one does not fit."""
        named = {}
        for field in cls.declared:
            named[field.attribute] = decode(field.kind, fields.get(field.name), field.name)
        error = cls(**named)
        if message:
            error.args = (message,)
        return error


class Reported(FlowError):
    """An error of which only name and message are left."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    def to_json(self) -> dict[str, Any]:
        return {"name": self._name, "message": str(self), "fields": {}}


class Unknown(FlowError):
    """A step whose outcome nobody knows, answered by its `on unknown`."""

    error_name = "Unknown"
    declared = (Field("step", "step", str),)

    def __init__(self, step: str) -> None:
        super().__init__(f"nobody knows whether {step} took effect")
        self.step = step


class TimedOut(FlowError):
    """An await that nobody answered in time."""

    error_name = "TimedOut"
    declared = (Field("name", "awaited", str),)

    def __init__(self, awaited: str) -> None:
        super().__init__(f"nobody answered {awaited} in time")
        self.awaited = awaited


class LimitReached(FlowError):
    """A list longer, or a loop longer running, than its `max`."""

    error_name = "LimitReached"
    declared = (Field("limit", "limit", int),)

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} rounds")
        self.limit = limit


class Cancelled(FlowError):
    """The instance was cancelled."""

    error_name = "Cancelled"


class DeadlineExceeded(FlowError):
    """The instance's deadline passed."""

    error_name = "DeadlineExceeded"


class Halt(Exception):
    """The instance stops at a step for people to look at; its whole ledger is kept."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(step, reason)
        self.step = step
        self.reason = reason


BUILT_IN = {
    kind.error_name: kind for kind in (Unknown, TimedOut, LimitReached, Cancelled, DeadlineExceeded)
}


def read_error(row: Mapping[str, Any], declared: Mapping[str, type[FlowError]]) -> FlowError:
    """Read back what `to_json` wrote; an error that is not known any more keeps its name."""
    kind = declared.get(row["name"]) or BUILT_IN.get(row["name"])
    if kind is not None:
        with contextlib.suppress(WrongType):
            return kind.from_fields(row["fields"], row["message"])
    return Reported(row["name"], row["message"])


def declared_error(raised: BaseException, allowed: tuple[type[FlowError], ...]) -> FlowError | None:
    """The declared error that a service's exception stands for: by class name, with the fields
    from its attributes, else from its positional arguments; None if it is not listed.

    Raises WrongType if a field is missing or does not fit.
    """
    by_name = {kind.error_name: kind for kind in allowed}
    found = next((by_name[c.__name__] for c in type(raised).__mro__ if c.__name__ in by_name), None)
    if found is None:
        return None
    if type(raised) is found:
        return found.from_fields(
            {f.name: getattr(raised, f.attribute) for f in found.declared}, str(raised)
        )
    fields: dict[str, Any] = {}
    for place, field in enumerate(found.declared):
        for attribute in (field.name, field.attribute):
            if hasattr(raised, attribute):
                fields[field.name] = getattr(raised, attribute)
                break
        else:
            if place < len(raised.args):
                fields[field.name] = raised.args[place]
    return found.from_fields(fields, str(raised))
