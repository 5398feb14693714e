"""Types of a flow to JSONata: whether a value is one, and that value in its plain form."""

from __future__ import annotations

from flowc.compiler.types import (
    EnumType,
    ErrorType,
    FieldType,
    ListType,
    NoneType,
    OptionalType,
    Prim,
    RecordType,
    Type,
    required,
)
from flowc.targets.asl.names import field, quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

INT_LIMIT = "1000000000000000"  # 15 digits
DURATION_LIMIT = "100000000000000"
_TIME = (
    "/^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]"
    "(:[0-5][0-9]([.][0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})$/"
)


def fits(kind: Type | None, value: str) -> str:
    """Code that is true if the value of some code (a path) is one of the type."""
    return _with_records((kind,), _fits(kind, value), checking=True)


def plain(kind: Type | None, value: str) -> str:
    """Code for a fitting value without the fields it should not have, with null for those it has
    not, decimals of 6 places and times in UTC."""
    made = _plain(kind, value)
    return _with_records((kind,), made, checking=False) if made != value else value


def all_fit(fields: tuple[FieldType, ...], holder: str) -> str:
    """Code that is true if an object has every field with a value of its type."""
    if not fields:
        return "true"
    parts = " and ".join(_fits(f.type, f"{holder}.{field(f.name)}") for f in fields)
    return _with_records((f.type for f in fields), parts, checking=True)


def all_plain(fields: tuple[FieldType, ...], holder: str) -> str:
    """Code for an object of exactly these fields, in plain form."""
    parts = ", ".join(
        f"{quote(f.name)}: {_plain(f.type, f'{holder}.{field(f.name)}')}" for f in fields
    )
    return _with_records((f.type for f in fields), f"{{{parts}}}", checking=False)


def _with_records(kinds: Iterable[Type | None], code: str, *, checking: bool) -> str:
    """Put a function for each record in front of code that calls them."""
    records: dict[str, RecordType] = {}
    for kind in kinds:
        _collect(kind, records)
    if not records:
        return code
    lines = []
    for record in records.values():
        if checking:
            tests = " and ".join(_fits(f.type, f"$r_.{field(f.name)}") for f in record.fields)
            body = f"$type($r_) = 'object' ? ({tests or 'true'}) : false"
        else:
            made = (
                f"{quote(f.name)}: {_plain(f.type, f'$r_.{field(f.name)}')}" for f in record.fields
            )
            body = f"{{{', '.join(made)}}}"
        lines.append(f"{_function(record)} := function($r_) {{ {body} }}; ")
    return f"({''.join(lines)}{code})"


def _collect(kind: Type | None, records: dict[str, RecordType]) -> None:
    while isinstance(kind, OptionalType | ListType):
        kind = kind.of if isinstance(kind, OptionalType) else kind.item
    if isinstance(kind, RecordType) and kind.name not in records:
        records[kind.name] = kind
        for inner in kind.fields:
            _collect(inner.type, records)


def _function(record: RecordType) -> str:
    return f"$a_{record.name}_"


def _fits(kind: Type | None, value: str) -> str:
    match kind:
        case None | NoneType():
            return f"$not($exists({value}) and $type({value}) != 'null')"
        case OptionalType():
            inner = _fits(kind.of, value)
            return f"($not($exists({value})) or $type({value}) = 'null' ? true : {inner})"
        case ListType():
            item = _fits(kind.item, "$i_")
            wrong = f"$count($filter({value}, function($i_) {{ $not({item}) }})) = 0"
            return f"($type({value}) = 'array' ? {wrong} : false)"
        case RecordType():
            return f"{_function(kind)}({value})"
        case EnumType():
            members = ", ".join(quote(member) for member in kind.members)
            return f"({value} in [{members}])"
        case Prim():
            return _scalar(kind, value)
        case ErrorType():
            return f"($type({value}) = 'object')"
        case _:
            return "true"


def _scalar(kind: Prim, value: str) -> str:
    match kind.name:
        case "text":
            return f"($type({value}) = 'string')"
        case "bool":
            return f"($type({value}) = 'boolean')"
        case "int" | "duration":
            limit = INT_LIMIT if kind.name == "int" else DURATION_LIMIT
            whole = f"$floor({value}) = {value} and $abs({value}) < {limit}"
            return f"($type({value}) = 'number' ? {whole} : false)"
        case "decimal":
            return f"($type({value}) = 'number' ? $abs({value}) < {INT_LIMIT} : false)"
        case "time":
            return f"($type({value}) = 'string' ? $contains({value}, {_TIME}) : false)"


def _plain(kind: Type | None, value: str) -> str:
    match kind:
        case None | NoneType():
            return "null"
        case OptionalType():
            inner = _plain(kind.of, value)
            return f"($exists({value}) and $type({value}) != 'null' ? {inner} : null)"
        case ListType():
            item = _plain(kind.item, "$i_")
            if item == "$i_":
                return value
            return f"[$map({value}, function($i_) {{ {item} }})]"
        case RecordType():
            return f"{_function(kind)}({value})"
        case Prim() if kind.name == "decimal":
            return f"$round({value}, 6)"
        case Prim() if kind.name == "time":
            return f"$fromMillis($toMillis({value}))"
        case _:
            return value


def is_optional(kind: Type | None) -> bool:
    """Whether none is a value of the type."""
    return kind is None or isinstance(kind, OptionalType | NoneType)


def bare(kind: Type | None) -> Type | None:
    """T of `T?`."""
    return None if kind is None else required(kind)
