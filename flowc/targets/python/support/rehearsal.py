"""Rehearse flows on the real engine: simulated services, virtual time, any operation failing."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self, get_args, get_origin

from .attempt import Services
from .calls import Operation
from .clock import VirtualClock
from .engine import Engine
from .flow import Flow
from .mailbox import CANCEL, Mailbox, Message
from .values import encode, is_optional, record_fields, required, since_epoch

ENDINGS = ("Completed", "Compensated", "Incomplete", "Halted")
MOMENT = datetime(2024, 1, 1, tzinfo=UTC)


def sample(kind: Any, text: str = "sample", inside: tuple[Any, ...] = ()) -> Any:
    """Some value of a type; every text in it is `text`."""
    if is_optional(kind) and required(kind) in inside:
        return None
    kind = required(kind)
    if get_origin(kind) is tuple:
        item = get_args(kind)[0]
        return () if item in inside else (sample(item, text, inside),)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        deeper = (*inside, kind)
        return kind(**{at: sample(part, text, deeper) for _, at, part in record_fields(kind)})
    known = {
        str: text,
        int: 1,
        bool: True,
        Decimal: Decimal(1),
        datetime: MOMENT,
        timedelta: timedelta(seconds=1),
    }
    return known.get(kind)


class _Simulated:
    """Every operation gives a sample, but the one that is lost."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._operations = {(o.service, o.method): o for o in operations}
        self.lost: Operation | None = None

    def __getattr__(self, service: str) -> Any:
        return _Service(service, self)

    def method(self, service: str, name: str) -> Callable[..., Any]:
        operation = self._operations[service, name]

        async def answer(**given: object) -> Any:
            del given
            if operation is self.lost:
                raise ConnectionError("rehearsed")
            return sample(operation.result)

        return answer


class _Service:
    def __init__(self, name: str, simulated: _Simulated) -> None:
        self._name = name
        self._simulated = simulated

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return self._simulated.method(self._name, method)


class _Answers(Mailbox):
    """Whatever an instance waits for is there."""

    def __init__(self, url: str, kind: Callable[[str, str], Any]) -> None:
        super().__init__(url)
        self._kind = kind

    def find(self, instance: str, path: str) -> Message | None:
        if path == CANCEL:
            return None
        return Message(encode(sample(self._kind(instance, path))), 0)


class Rehearsal:
    """An engine on a state of its own, thrown away afterwards."""

    def __init__(self, flows: Iterable[Flow], operations: Iterable[Operation]) -> None:
        self._services = _Simulated(operations)
        self._folder = tempfile.TemporaryDirectory()
        self._numbers = count(1)
        state = str(Path(self._folder.name) / "run.db")
        self._flows = tuple(flows)
        self._engine = Engine(
            self._flows,
            Services(self._services),
            state,
            clock=VirtualClock,
            mail=_Answers(f"sqlite:///{state}", self._awaited),
        )

    def __enter__(self) -> Self:
        self._engine.launch()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._engine.close()
        self._folder.cleanup()

    def _awaited(self, instance: str, path: str) -> Any:
        name = instance.partition("/")[0]
        flow = max((f for f in self._flows if f.name == name), key=lambda f: f.version)
        return self._engine.awaited(flow, path)

    def play(self, flow: Flow, lost: Operation | None = None) -> dict[str, Any]:
        """Run one instance on sample input; `lost` never answers. Gives how it ended."""
        self._services.lost = lost
        text = f"sample-{next(self._numbers)}"
        given = {field.attribute: sample(field.kind, text) for field in flow.params}
        instance = self._engine.start(flow, given, since_epoch(MOMENT))
        return self._engine.ending(instance)
