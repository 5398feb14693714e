"""Types of the language to Python annotations; where an int stands for a decimal, how to make it
one."""

from __future__ import annotations

from flowc.compiler.flow import Flow, Operation
from flowc.compiler.types import (
    DECIMAL,
    INT,
    Broken,
    EnumType,
    ErrorType,
    ListType,
    NoneType,
    OptionalType,
    Prim,
    RecordType,
    Type,
    required,
)
from flowc.targets.python.names import (
    ANNOTATIONS,
    BUILTINS,
    ENUM_OWN,
    ERROR_OWN,
    Names,
    all_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeVar, assert_never

    T = TypeVar("T")
else:
    from typing import assert_never

_SCALARS = {
    "text": "str",
    "int": "int",
    "decimal": "Decimal",
    "bool": "bool",
    "time": "datetime",
    "duration": "timedelta",
}
BUILTIN_ERRORS = ("Unknown", "TimedOut", "LimitReached", "Cancelled", "DeadlineExceeded")
# Names that emitted modules import from elsewhere; no class of the user may be called so.
IMPORTED = frozenset(
    (
        *("Instance", "Reminder", "workflow"),  # of temporal and cadence
        *("ALONE", "Origin", "REGISTRY"),  # of cadence
        *("Decimal", "datetime", "timedelta", "Enum", "Protocol", "Sequence", "Awaitable"),
        *("Services", "Call", "Operation", "Field", "FlowError", "Flow", "Run", "Policy", "Undo"),
        "Slo",
        *(
            "Probe",
            "Happened",
            "COMPENSATE",
            "HALT",
            "FLOW",
            "FLOWS",
            "ERRORS",
            "dataclass",
            "field",
        ),
        *(
            "Branch",
            "Bound",
            "Remind",
            "Any",
            "partial",
            "calls",
            "errors",
            "policies",
            "lib",
            "annotations",
            "run",
            "key",
            *BUILTIN_ERRORS,
        ),
    )
)


def _raised(flow: Flow) -> Iterable[ErrorType]:
    """The errors of all operations that are emitted with the flow, also those it does not call."""
    for service in flow.services:
        for operation in service.operations:
            yield from operation.raises


class Kinds:
    """The Python names of every declared type of a program, of its fields and members."""

    def __init__(self, flows: Iterable[Flow]) -> None:
        flows = tuple(flows)
        self.records = _once(record for flow in flows for record in flow.records)
        self.enums = _once(enum for flow in flows for enum in flow.enums)
        self.errors = _once(
            error
            for flow in flows
            for error in (*flow.errors, *_raised(flow))
            if error.source is not None
        )
        names = Names(IMPORTED | BUILTINS | {"self", "cls"})
        self._classes: dict[RecordType | EnumType | ErrorType, str] = {}
        declared: tuple[RecordType | EnumType | ErrorType, ...]
        declared = (*self.enums, *self.records, *self.errors)
        for kind in declared:
            self._classes[kind] = names.take(kind.name)
        self._attributes: dict[RecordType | EnumType | ErrorType, dict[str, str]] = {}
        annotations = ANNOTATIONS | frozenset(self._classes.values())
        for record in self.records:
            fields = tuple(field.name for field in record.fields)
            self._attributes[record] = all_of(fields, annotations)
        for enum in self.enums:
            self._attributes[enum] = all_of(enum.members, ENUM_OWN)
        for error in self.errors:
            fields = tuple(field.name for field in error.fields)
            self._attributes[error] = all_of(fields, annotations | ERROR_OWN)

    @property
    def values(self) -> tuple[str, ...]:
        """The classes of the module `model`."""
        return tuple(name for kind, name in self._classes.items() if not _is_error(kind))

    @property
    def classes(self) -> tuple[str, ...]:
        """All classes of declared types."""
        return tuple(self._classes.values())

    def name(self, kind: RecordType | EnumType | ErrorType) -> str:
        """The class of a declared type."""
        return self._classes.get(kind, "FlowError" if kind.name == "Error" else kind.name)

    def attribute(self, kind: RecordType | EnumType | ErrorType, name: str) -> str:
        """The attribute for a field or member."""
        if isinstance(kind, ErrorType) and kind.source is None:
            return "awaited" if (kind.name, name) == ("TimedOut", "name") else name
        return self._attributes.get(kind, {}).get(name, name)

    def show(self, kind: Type | None, *, given: bool = False) -> str:
        """The annotation; `given`: of what a user's code hands over, where lists may be any."""
        match kind:
            case None | NoneType():
                return "None"
            case Prim():
                return _SCALARS[kind.name]
            case ListType():
                inner = self.show(kind.item, given=given)
                return f"Sequence[{inner}]" if given else f"tuple[{inner}, ...]"
            case OptionalType():
                return f"{self.show(kind.of, given=given)} | None"
            case RecordType() | EnumType() | ErrorType():
                return self.name(kind)
            case Broken():
                return "object"
            case _:
                assert_never(kind)


def _is_error(kind: RecordType | EnumType | ErrorType) -> bool:
    return isinstance(kind, ErrorType)


def needs_decimal(given: Type, wanted: Type | None) -> bool:
    """Whether an int stands where a decimal (or a list of them) is expected."""
    if wanted is None:
        return False
    given, wanted = required(given), required(wanted)
    if isinstance(given, ListType) and isinstance(wanted, ListType):
        return needs_decimal(given.item, wanted.item)
    return given == INT and wanted == DECIMAL


# What the signatures and bodies around parameters refer to.
_TAKEN = frozenset(("self", "Decimal", "datetime", "timedelta"))


def parameters(operation: Operation) -> dict[str, str]:
    """The Python names of an operation's parameters."""
    return all_of(tuple(param.name for param in operation.params), _TAKEN)


def _once(kinds: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(kinds))
