"""What a step is made of: a call with frozen arguments, its policy, and the answers to UNKNOWN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Generic, Literal, TypeVar

from .errors import FlowError
from .values import encode, milliseconds

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Policy:
    """How a call is governed.

    `attempts` counts the first one too, None is unlimited. The wait before attempt k+1 is
    `min(cap, backoff * factor ** (k - 1))`, which jitter only shortens. `within` bounds all
    attempts and waits, `heartbeat` the silence of an attempt. `page` is told when it is exhausted.
    """

    timeout: timedelta | None = None
    attempts: int | None = 1
    backoff: timedelta = timedelta()
    cap: timedelta | None = None
    factor: float = 1.0
    jitter: bool = False
    within: timedelta | None = None
    heartbeat: timedelta | None = None
    page: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As journals keep it, durations in milliseconds."""
        return {f.name: encode(getattr(self, f.name)) for f in fields(self)}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Policy:
        """Read back what `to_json` wrote."""
        spans = ("timeout", "backoff", "cap", "within", "heartbeat")
        named: dict[str, Any] = {
            name: timedelta(milliseconds=value) if name in spans and value is not None else value
            for name, value in row.items()
        }
        return cls(**named)

    def wait(self, attempt: int, luck: float) -> int:
        """Milliseconds to wait after an attempt (from 1); `luck` in 0..1 decides the jitter."""
        first = milliseconds(self.backoff)
        cap = None if self.cap is None else milliseconds(self.cap)
        longest = 10**12 if cap is None else cap
        try:
            wait = min(longest, first * self.factor ** (attempt - 1))
        except OverflowError:
            wait = longest
        return int(wait * (0.5 + 0.5 * luck)) if self.jitter else int(wait)


@dataclass(frozen=True)
class Operation:
    """An action or a read of a service.

    `service` and `method` say where Python finds it, `parameters` what it is called with: types
    by name. `key` names the arguments that make a repeat harmless; None: there is no such key.
    """

    title: str
    service: str
    method: str
    kind: Literal["write", "notify", "read"]
    parameters: Mapping[str, Any]
    result: Any
    key: tuple[str, ...] | None = None
    raises: tuple[type[FlowError], ...] = ()
    absorbing: bool = False

    @property
    def repeatable(self) -> bool:
        """Whether an attempt of unknown outcome may simply be made again."""
        return self.kind == "read" or self.key is not None


@dataclass(frozen=True)
class Call(Generic[T_co]):
    """An operation with its arguments, by parameter name: frozen before the first attempt."""

    operation: Operation
    arguments: Mapping[str, object]

    @property
    def key(self) -> str | None:
        """The idempotency key as text."""
        if self.operation.key is None:
            return None
        return "/".join(str(encode(self.arguments[name])) for name in self.operation.key)

    def to_json(self) -> dict[str, Any]:
        """`{"operation", "arguments"}`, as journals show it."""
        return {"operation": self.operation.title, "arguments": encode(dict(self.arguments))}


@dataclass(frozen=True)
class Undo:
    """A compensation: the call that reverses a step, under its own policy."""

    call: Call[object]
    policy: Policy


@dataclass(frozen=True)
class Probe(Generic[T_co]):
    """Answers UNKNOWN by asking: a value (or true) means that it happened, none that it did not."""

    call: Call[T_co | None]
    policy: Policy


@dataclass(frozen=True)
class Happened:
    """Answers UNKNOWN of a step without a result by asking: true means that it happened."""

    call: Call[bool]
    policy: Policy


@dataclass(frozen=True)
class Blind:
    """Answers UNKNOWN by compensating as if the effect had happened."""


@dataclass(frozen=True)
class Stop:
    """Answers UNKNOWN by halting the instance."""


COMPENSATE = Blind()
HALT = Stop()
