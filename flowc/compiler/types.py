"""The types of the language, and which value may stand where another is expected."""

from __future__ import annotations

from flowc.source import Source, Span
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal


class Prim(Struct):
    """A built-in scalar. A duration counts milliseconds, a time is an instant in UTC."""

    name: Literal["text", "int", "decimal", "bool", "time", "duration"]


class NoneType(Struct):
    """The type of `none` alone."""


class Broken(Struct):
    """The type of what an error was already reported for; fits everywhere, says nothing."""


class ListType(Struct):
    item: Type


class OptionalType(Struct):
    """`T?`: never of an OptionalType, NoneType or Broken."""

    of: Type


class EnumType(Struct):
    """Two enums are one if name and source are."""

    name: str
    span: Span
    source: Source
    doc: str | None
    members: tuple[str, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EnumType) and same_place(self, other)

    def __hash__(self) -> int:
        return hash(self.name)


class FieldType(Struct):
    """A field of a record or an error, or a parameter."""

    span: Span
    name: str
    type: Type


class RecordType(Struct):
    """A declared `type`. Two records are one if name and source are."""

    name: str
    span: Span
    source: Source
    doc: str | None
    fields: tuple[FieldType, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RecordType) and same_place(self, other)

    def __hash__(self) -> int:
        return hash(self.name)

    def field(self, name: str) -> FieldType | None:
        return next((field for field in self.fields if field.name == name), None)


class ErrorType(Struct):
    """A declared or built-in error, and the type of `e` in `on E as e`.

    `fields` are the declared ones; every error also has `name: text` and `message: text`.
    `source` is None for the built-in errors and for `Error`, which stands for all.
    """

    name: str
    span: Span
    source: Source | None
    doc: str | None
    fields: tuple[FieldType, ...]
    transient: bool

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ErrorType) and same_place(self, other)

    def __hash__(self) -> int:
        return hash(self.name)

    def field(self, name: str) -> FieldType | None:
        if name in ("name", "message"):
            return FieldType(self.span, name, TEXT)
        return next((field for field in self.fields if field.name == name), None)


Type = Prim | NoneType | Broken | ListType | OptionalType | EnumType | RecordType | ErrorType


def same_place(a: EnumType | RecordType | ErrorType, b: EnumType | RecordType | ErrorType) -> bool:
    """Whether two declared types come from one declaration."""
    return a is b or (a.name == b.name and a.source is b.source and a.span == b.span)


TEXT = Prim("text")
INT = Prim("int")
DECIMAL = Prim("decimal")
BOOL = Prim("bool")
TIME = Prim("time")
DURATION = Prim("duration")
NONE = NoneType()
BROKEN = Broken()
PRIMITIVES: dict[str, Prim] = {p.name: p for p in (TEXT, INT, DECIMAL, BOOL, TIME, DURATION)}

_NOWHERE = Span(0, 0)


def _builtin(name: str, *fields: tuple[str, Type]) -> ErrorType:
    declared = tuple(FieldType(_NOWHERE, field, kind) for field, kind in fields)
    return ErrorType(name, _NOWHERE, None, None, declared, False)


ANY_ERROR = _builtin("Error")
UNKNOWN = _builtin("Unknown", ("step", TEXT))
TIMED_OUT = _builtin("TimedOut", ("name", TEXT))
LIMIT_REACHED = _builtin("LimitReached", ("limit", INT))
CANCELLED = _builtin("Cancelled")
DEADLINE_EXCEEDED = _builtin("DeadlineExceeded")
BUILTIN_ERRORS: dict[str, ErrorType] = {
    error.name: error
    for error in (ANY_ERROR, UNKNOWN, TIMED_OUT, LIMIT_REACHED, CANCELLED, DEADLINE_EXCEEDED)
}


def optional(kind: Type) -> Type:
    """`T?` of T; of what is optional already (or none, or broken) itself."""
    return kind if isinstance(kind, OptionalType | NoneType | Broken) else OptionalType(kind)


def required(kind: Type) -> Type:
    """T of `T?`."""
    return kind.of if isinstance(kind, OptionalType) else kind


def fits(given: Type, wanted: Type) -> bool:
    """Whether a `given` value may stand where `wanted` is expected.

    An int is a decimal, a T is a T?, `none` is any T?; lists follow their items.
    """
    if given is wanted or isinstance(given, Broken) or isinstance(wanted, Broken):
        return True
    if isinstance(wanted, OptionalType):
        return isinstance(given, NoneType) or fits(required(given), wanted.of)
    if isinstance(given, ListType) and isinstance(wanted, ListType):
        return fits(given.item, wanted.item)
    if isinstance(wanted, ErrorType) and isinstance(given, ErrorType):
        return wanted.name == "Error" or given == wanted
    return given == wanted or (given == INT and wanted == DECIMAL)


def join(a: Type, b: Type) -> Type | None:
    """The smallest type that both fit, or None."""
    if fits(a, b):
        return b if not isinstance(b, Broken) else a
    if fits(b, a):
        return a
    if isinstance(a, NoneType):
        return optional(b)
    if isinstance(b, NoneType):
        return optional(a)
    if isinstance(a, OptionalType) or isinstance(b, OptionalType):
        inner = join(required(a), required(b))
        return None if inner is None else optional(inner)
    if isinstance(a, ListType) and isinstance(b, ListType):
        item = join(a.item, b.item)
        return None if item is None else ListType(item)
    return None


def show(kind: Type) -> str:
    """The type as a user writes it."""
    match kind:
        case Prim() | EnumType() | RecordType() | ErrorType():
            return kind.name
        case ListType():
            return f"[{show(kind.item)}]"
        case OptionalType():
            return f"{show(kind.of)}?"
        case NoneType():
            return "none"
        case Broken():
            return "?"
