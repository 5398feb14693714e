"""The function library: which arguments each function takes and what it gives."""

from __future__ import annotations

from flowc.compiler.types import (
    BOOL,
    DECIMAL,
    DURATION,
    INT,
    TEXT,
    TIME,
    Broken,
    EnumType,
    ListType,
    Prim,
    Type,
    fits,
    join,
    optional,
    required,
)
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal


class Signature(Struct):
    """One overload. In `params` and `result`, `T` is any type that is no list (the same wherever
    it stands), `n` is int or decimal (int only if all are), `shown` what `text` can show; a
    final `...` repeats the parameter before it. `id` is what LibCall.function says."""

    id: str
    params: tuple[str, ...]
    result: str


def _table() -> dict[str, tuple[Signature, ...]]:
    rows = """
    text            shown                   text
    length          text                    int
    length/list     [T]                     int
    lower           text                    text
    upper           text                    text
    trim            text                    text
    slice           text int int            text
    starts          text text               bool
    ends            text text               bool
    contains        text text               bool
    contains/list   [T] T                   bool
    replace         text text text          text
    split           text text               [text]
    join            [text] text             text
    abs             n                       n
    floor           decimal                 int
    ceil            decimal                 int
    round           decimal int             decimal
    fixed           decimal int             text
    min/list        [n]                     n?
    min             n n ...                 n
    max/list        [n]                     n?
    max             n n ...                 n
    sum             [n]                     n
    first           [T]                     T?
    last            [T]                     T?
    at              [T] int                 T?
    concat          [T] [T]                 [T]
    distinct        [T]                     [T]
    reverse         [T]                     [T]
    range           int int                 [int]
    any             [bool]                  bool
    all             [bool]                  bool
    date            time                    text
    day_start       time                    time
    weekday         time                    int
    seconds         duration                int
    """
    table: dict[str, tuple[Signature, ...]] = {}
    for row in rows.split("\n"):
        words = row.split()
        if words:
            ident, *params, result = words
            name = ident.partition("/")[0]
            table[name] = (*table.get(name, ()), Signature(ident, tuple(params), result))
    return table


LIBRARY = _table()
AMBIENT: dict[str, tuple[int, Type, Literal["now", "uuid", "random", "env"]]] = {
    "now": (0, TIME, "now"),
    "uuid": (0, TEXT, "uuid"),
    "random": (0, DECIMAL, "random"),
    "env": (1, TEXT, "env"),
}
_FIXED: dict[str, Type] = {
    "text": TEXT,
    "int": INT,
    "decimal": DECIMAL,
    "bool": BOOL,
    "time": TIME,
    "duration": DURATION,
    "[text]": ListType(TEXT),
    "[int]": ListType(INT),
    "[bool]": ListType(BOOL),
}


def showable(kind: Type) -> bool:
    """Whether `text(x)` and a hole in a text can show it: not optional, no duration, no record."""
    return isinstance(kind, Broken | EnumType) or (
        isinstance(kind, Prim) and kind.name != "duration"
    )


def arity(signature: Signature, count: int) -> tuple[str, ...] | None:
    """The parameters for `count` arguments, or None if it does not take so many."""
    params = signature.params
    if params[-1] == "...":
        fixed = params[:-1]
        return (
            (*fixed, *(fixed[-1] for _ in range(count - len(fixed))))
            if count >= len(fixed)
            else None
        )
    return params if len(params) == count else None


def apply(signature: Signature, given: tuple[Type, ...]) -> Type | int:
    """The type of a call with arguments of these types, or the index of the first that is wrong.

    The number of arguments must be right.
    """
    params = arity(signature, len(given))
    assert params is not None
    item: Type | None = None
    number: Type = INT
    for place, (param, kind) in enumerate(zip(params, given, strict=True)):
        if isinstance(kind, Broken):
            continue
        if param in _FIXED:
            right = fits(kind, _FIXED[param])
        elif param == "shown":
            right = showable(kind)
        elif param in ("n", "[n]"):
            inner = kind.item if param == "[n]" and isinstance(kind, ListType) else kind
            right = isinstance(inner, Broken) or (
                inner in (INT, DECIMAL) and (param == "n") != isinstance(kind, ListType)
            )
            if inner == DECIMAL:
                number = DECIMAL
        else:
            inner = kind.item if param == "[T]" and isinstance(kind, ListType) else kind
            merged = inner if item is None else join(item, inner)
            right = (param == "[T]") == isinstance(kind, ListType) and merged is not None
            item = merged
        if not right:
            return place
    return _result(signature.result, item, number)


def _result(result: str, item: Type | None, number: Type) -> Type:
    if result in _FIXED:
        return _FIXED[result]
    base: Type = number if result.strip("[]?") == "n" else item if item is not None else Broken()
    if result.startswith("["):
        return ListType(base)
    return optional(base) if result.endswith("?") else base


def describe(signature: Signature) -> str:
    """The signature in the user's words: `slice(text, int, int) -> text`."""
    name = signature.id.partition("/")[0]
    params = ", ".join(
        "text, number, bool, time or enum" if p == "shown" else p for p in signature.params
    )
    return f"{name}({params}) -> {signature.result}"


def conversion(given: Type, wanted: Type) -> str | None:
    """How to turn a given value into a wanted one, in the user's words, if there is a way."""
    if required(wanted) == TEXT and showable(given):
        return 'write `text(x)` or put it in a text: `"{x}"`'
    if required(wanted) == INT and given == DECIMAL:
        return "round it: `floor(x)` or `ceil(x)`"
    return None
