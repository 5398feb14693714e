"""A type to a plausible value of it, as JSON: what a story uses where nobody wrote one."""

from __future__ import annotations

from flowc.compiler.types import (
    EnumType,
    ErrorType,
    FieldType,
    ListType,
    OptionalType,
    Prim,
    RecordType,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.compiler.types import Type

_MADE = {
    "int": 1,
    "decimal": 10,
    "bool": True,
    "time": "2024-01-02T00:00:00.000Z",
    "duration": 3_600_000,
}


def invent(kind: Type | None, name: str, inside: tuple[Type, ...] = ()) -> Any:
    """Texts say what they are called: the `id` of an `order` is `order-id`."""
    match kind:
        case Prim():
            return _MADE.get(kind.name, name)
        case EnumType():
            return kind.members[0] if kind.members else None
        case OptionalType():
            return None if kind.of in inside else invent(kind.of, name, inside)
        case ListType():
            return [] if kind.item in inside else [invent(kind.item, name, inside)]
        case RecordType() | ErrorType():
            return invent_fields(kind.fields, name, (*inside, kind))
    return None


def invent_fields(
    fields: tuple[FieldType, ...], name: str, inside: tuple[Type, ...] = ()
) -> dict[str, Any]:
    """An object with such fields; `name` is what they belong to."""
    dash = f"{name}-" if name else ""
    return {f.name: invent(f.type, f"{dash}{f.name}".replace("_", "-"), inside) for f in fields}
