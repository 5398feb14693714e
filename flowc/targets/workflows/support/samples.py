"""Sample values of every type, and services that answer with them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, get_args, get_origin

from .calls import Operation
from .values import is_optional, record_fields, required

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


class Simulated:
    """Services of which every operation gives a sample, but the one that is lost."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = {(o.service, o.method): o for o in operations}
        self.lost: Operation | None = None

    def __getattr__(self, service: str) -> Any:
        return _Service(service, self)

    def method(self, service: str, name: str) -> Callable[..., Any]:
        """One operation."""
        operation = self._operations[service, name]

        async def answered(**given: object) -> Any:
            del given
            if operation is self.lost:
                raise ConnectionError("rehearsed")
            return sample(operation.result)

        return answered


class _Service:
    def __init__(self, name: str, simulated: Simulated) -> None:
        self._name = name
        self._simulated = simulated

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return self._simulated.method(self._name, method)
