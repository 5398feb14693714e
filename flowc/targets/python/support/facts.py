"""What a state remembers of a flow, so that its instances can be looked at and answered without the
flow's file: a Flow to JSON and back."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol, get_args, get_origin

from .values import NAMES, is_optional, milliseconds, record_fields, required

_SCALARS: dict[str, Any] = {
    "text": str,
    "int": int,
    "bool": bool,
    "decimal": Decimal,
    "time": datetime,
    "duration": timedelta,
}


class NoSuchAwait(Exception):
    """A path at which an instance never waits; the text says which there are."""


class Awaiting(Protocol):
    """What is known of a flow's awaits: types of answers by name, flows by the name of their
    step, and in how many loops such a name stands."""

    @property
    def name(self) -> str: ...
    @property
    def awaits(self) -> Mapping[str, Any]: ...
    @property
    def calls(self) -> Mapping[str, str]: ...
    @property
    def loops(self) -> Mapping[str, int]: ...


@dataclass(frozen=True)
class Facts:
    """What a state knows of one version of a flow. Durations are milliseconds; `operations` are
    kinds (write, notify, read) by title."""

    name: str
    version: int
    awaits: Mapping[str, Any]
    calls: Mapping[str, str]
    loops: Mapping[str, int]
    operations: Mapping[str, str]
    deadline: int | None
    owner: str | None
    runbook: str | None


def describe(flow: Any) -> dict[str, Any]:
    """A Flow as JSON, as `read` takes it."""
    types = _Types()
    return {
        "name": flow.name,
        "version": flow.version,
        "awaits": {name: types.show(kind) for name, kind in flow.awaits.items()},
        "calls": dict(flow.calls),
        "loops": dict(flow.loops),
        "operations": {known.title: known.kind for known in flow.operations},
        "deadline": None if flow.deadline is None else milliseconds(flow.deadline),
        "owner": flow.owner,
        "runbook": flow.runbook,
        "records": types.records,
        "enums": types.enums,
    }


def read(row: Mapping[str, Any]) -> Facts:
    """Read back what `describe` made."""
    kinds = _Kinds(row["records"], row["enums"])
    return Facts(
        row["name"],
        row["version"],
        {name: kinds.find(shown) for name, shown in row["awaits"].items()},
        row["calls"],
        row["loops"],
        row["operations"],
        row["deadline"],
        row["owner"],
        row["runbook"],
    )


class _Types:
    """Types as JSON; records and enums are told apart, by name."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.enums: dict[str, list[str]] = {}

    def show(self, kind: Any) -> Any:
        if is_optional(kind):
            return {"optional": self.show(required(kind))} if required(kind) else "none"
        if get_origin(kind) is tuple:
            return {"list": self.show(get_args(kind)[0])}
        if kind in NAMES:
            return NAMES[kind]
        name = kind.__name__
        if issubclass(kind, Enum):
            self.enums[name] = [member.value for member in kind]
            return {"enum": name}
        if name not in self.records:
            self.records[name] = {}
            shown = {field: self.show(part) for field, _, part in record_fields(kind)}
            self.records[name] = shown
        return {"record": name}


class _Kinds:
    """Python types of JSON's."""

    def __init__(self, records: Mapping[str, Any], enums: Mapping[str, list[str]]) -> None:
        self._enums = {
            name: Enum(name, [(f"member_{n}", member) for n, member in enumerate(members)])
            for name, members in enums.items()
        }
        self._records = {
            name: dataclasses.make_dataclass(
                name,
                [
                    (f"field_{n}", Any, dataclasses.field(metadata={"name": field}))
                    for n, field in enumerate(fields)
                ],
                frozen=True,
            )
            for name, fields in records.items()
        }
        for name, fields in records.items():  # after all are there: they may name each other
            self._records[name].__annotations__ = {
                f"field_{n}": self.find(shown) for n, shown in enumerate(fields.values())
            }

    def find(self, shown: Any) -> Any:
        if isinstance(shown, str):
            return _SCALARS.get(shown)
        ((word, what),) = shown.items()
        match word:
            case "optional":
                return self.find(what) | None
            case "list":
                return tuple[self.find(what), ...]  # type: ignore[misc]
            case "enum":
                return self._enums[what]
        return self._records[what]


def awaited(flow: Awaiting, path: str, newest: Callable[[str], Awaiting | None]) -> Any:
    """The type of what an await waits for, found through sub-flow steps. Raises NoSuchAwait."""
    found: Awaiting | None = flow
    *steps, last = path.split("/")
    for step in steps:
        called = None if found is None else found.calls.get(_plain(found, step))
        found = None if called is None else newest(called)
    name = "" if found is None else _plain(found, last)
    if found is not None and name in found.awaits:
        return found.awaits[name]
    there = paths(flow, newest)
    if not there:
        raise NoSuchAwait(f"`{flow.name}` waits for no answers")
    near = difflib.get_close_matches(re.sub(r"\[\d+\]", "[n]", path), there, n=1)
    if near:
        raise NoSuchAwait(f"`{flow.name}` has no await `{path}`; did you mean `{near[0]}`?")
    listed = ", ".join(f"`{known}`" for known in there)
    raise NoSuchAwait(f"`{flow.name}` has no await `{path}`; there is {listed}")


def paths(
    flow: Awaiting, newest: Callable[[str], Awaiting | None], deep: int = 8
) -> tuple[str, ...]:
    """The paths of all awaits, `[n]` for the round of a loop; flows may call flows so `deep`."""
    own = [_counted(flow, name) for name in flow.awaits]
    for step, called in flow.calls.items():
        inner = newest(called)
        if inner is not None and deep:
            own += [f"{_counted(flow, step)}/{path}" for path in paths(inner, newest, deep - 1)]
    return tuple(own)


def _counted(flow: Awaiting, name: str) -> str:
    return name + "[n]" * flow.loops.get(name, 0)


def _plain(flow: Awaiting, part: str) -> str:
    """The name in a part of a path; empty where it counts another number of loops."""
    parts = re.fullmatch(r"([^\[\]]*)((?:\[\d+\])*)", part)
    if parts is None or parts[2].count("[") != flow.loops.get(parts[1], 0):
        return ""
    return parts[1]
