"""Expressions of a flow to Python expressions: pure, total, in the library of the runtime."""

from __future__ import annotations

from flowc.compiler.expr import (
    Ambient,
    BinaryOp,
    BrokenExpr,
    Choose,
    Comprehend,
    Construct,
    Expr,
    FieldOf,
    LibCall,
    ListOf,
    Lit,
    Member,
    Negate,
    NotOp,
    Ref,
    TextOf,
)
from flowc.compiler.types import (
    DECIMAL,
    DURATION,
    INT,
    TEXT,
    TIME,
    EnumType,
    ErrorType,
    ListType,
    OptionalType,
    RecordType,
    Type,
    required,
)
from flowc.targets.python.kinds import Kinds, needs_decimal
from flowc.targets.python.names import Names, in_f_string, quote
from flowc.targets.writer import Code, Group, flat, prefixed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import assert_never
else:
    from typing import assert_never

# How tightly a piece of code binds: what is looser than its place asks for gets parentheses.
LOOSE, TERNARY, OR, AND, NOT, COMPARE, SUM, UNARY, ATOM = range(9)

_OPERATORS = {"+": "lib.add", "-": "lib.subtract", "*": "lib.multiply"}
_FUNCTIONS = {
    "text": "lib.text",
    "length": "len",
    "length/list": "len",
    "trim": "lib.trim",
    "slice": "lib.cut",
    "replace": "lib.replace",
    "split": "lib.split",
    "join": "lib.join",
    "floor": "lib.floor",
    "ceil": "lib.ceil",
    "round": "lib.round_to",
    "fixed": "lib.fixed",
    "min/list": "lib.least",
    "max/list": "lib.greatest",
    "min": "min",
    "max": "max",
    "abs": "abs",
    "first": "lib.first",
    "last": "lib.last",
    "at": "lib.at",
    "distinct": "lib.distinct",
    "reverse": "lib.reverse",
    "range": "lib.numbers",
    "any": "any",
    "all": "all",
    "date": "lib.date",
    "day_start": "lib.day_start",
    "weekday": "lib.weekday",
    "seconds": "lib.seconds",
}
_METHODS = {"lower": "lower", "upper": "upper", "starts": "startswith", "ends": "endswith"}


def duration(ms: int) -> str:
    """Milliseconds as a timedelta, in the largest unit that is exact."""
    for unit, size in (("days", 86_400_000), ("hours", 3_600_000), ("minutes", 60_000)):
        if ms and ms % size == 0:
            return f"timedelta({unit}={ms // size})"
    if ms % 1000 == 0:
        return f"timedelta(seconds={ms // 1000})"
    return f"timedelta(milliseconds={ms})"


class Expressions:
    """Makes code of expressions under the Python names of what is bound."""

    def __init__(self, kinds: Kinds, names: Names) -> None:
        self._kinds = kinds
        self._names = names
        self.bound: dict[str, str] = {}

    def code(self, expr: Expr, wanted: Type | None = None, place: int = LOOSE) -> Code:
        """The code for a place of the given tightness; `wanted` makes a decimal of an int."""
        if needs_decimal(expr.type, wanted):
            return self._decimal(expr)
        code, binds = self._bare(expr, wanted)
        return f"({flat(code)})" if binds < place else code

    def text(self, expr: Expr, wanted: Type | None = None, place: int = LOOSE) -> str:
        """The code on one line."""
        return flat(self.code(expr, wanted, place))

    def _decimal(self, expr: Expr) -> str:
        if isinstance(expr, Lit):
            return _decimal_literal(str(expr.value))
        if isinstance(expr, ListOf):
            return flat(self._items([self.code(i, DECIMAL) for i in expr.items]))
        shown = self.text(expr)
        if isinstance(required(expr.type), ListType):
            return f"lib.decimals({shown})"
        return f"lib.decimal({shown})"

    def _bare(self, expr: Expr, wanted: Type | None) -> tuple[Code, int]:
        match expr:
            case Lit():
                return self._literal(expr), ATOM
            case Ref():
                return self.bound[expr.name], ATOM
            case Member():
                assert isinstance(expr.type, EnumType)
                member = self._kinds.attribute(expr.type, expr.member)
                return f"{self._kinds.name(expr.type)}.{member}", ATOM
            case TextOf():
                return self._filled(expr), ATOM
            case FieldOf():
                return self._field(expr)
            case BinaryOp():
                return self._binary(expr, wanted)
            case NotOp():
                return f"not {self.text(expr.value, None, NOT)}", NOT
            case Negate():
                return f"-{self.text(expr.value, None, UNARY)}", UNARY
            case Choose():
                yes = self.text(expr.yes, wanted or expr.type, OR)
                no = self.text(expr.no, wanted or expr.type, TERNARY)
                return f"{yes} if {self.text(expr.condition, None, OR)} else {no}", TERNARY
            case ListOf():
                item = expr.type.item if isinstance(expr.type, ListType) else None
                return self._items([self.code(i, item, TERNARY) for i in expr.items]), ATOM
            case Comprehend():
                return self._comprehension(expr), ATOM
            case Construct():
                return self._construct(expr), ATOM
            case LibCall():
                return self._library(expr)
            case Ambient() | BrokenExpr():
                raise AssertionError("a program with errors or gaps is never emitted")
            case _:
                assert_never(expr)

    def _literal(self, expr: Lit) -> str:
        value = expr.value
        if value is None or isinstance(value, bool):
            return str(value)
        if required(expr.type) == DURATION and isinstance(value, int):
            return duration(value)
        if required(expr.type) == DECIMAL:
            return _decimal_literal(str(value))
        return quote(value) if isinstance(value, str) else str(value)

    def _items(self, items: list[Code]) -> Code:
        if len(items) == 1:
            return Group("(", tuple(items), ",)")
        return Group("(", tuple(items), ")")

    def _filled(self, expr: TextOf) -> Code:
        shown: list[tuple[str, bool]] = []
        for part in expr.parts:
            if isinstance(part, str):
                shown.append((part, False))
            else:
                hole = self.text(part, None, OR)
                shown.append((hole if part.type == TEXT else f"lib.text({hole})", True))
        if any(hole and any(mark in code for mark in "\"'\\{}#\n") for code, hole in shown):
            # what Python 3.11 does not allow inside the holes of an f-string
            parts = tuple(code if hole else quote(code) for code, hole in shown)
            return Group(
                "lib.join(", (Group("(", parts, ",)" if len(parts) == 1 else ")"), '""'), ")"
            )
        inner = "".join(f"{{{code}}}" if hole else in_f_string(code) for code, hole in shown)
        return f'f"{inner}"'

    def _field(self, expr: FieldOf) -> tuple[Code, int]:
        holder = required(expr.value.type)
        assert isinstance(holder, RecordType | ErrorType)
        name = self._kinds.attribute(holder, expr.field)
        value = self.text(expr.value, None, ATOM)
        if not expr.safe or not isinstance(expr.value.type, OptionalType):
            return f"{value}.{name}", ATOM
        if _is_path(expr.value):
            return f"None if {value} is None else {value}.{name}", TERNARY
        it = self._names.take("it")
        return f"lib.within({value}, lambda {it}: {it}.{name})", ATOM

    def _binary(self, expr: BinaryOp, wanted: Type | None) -> tuple[Code, int]:
        left, right = expr.left, expr.right
        match expr.op:
            case "and" | "or":
                place = AND if expr.op == "and" else OR
                a, b = self.text(left, None, place), self.text(right, None, place + 1)
                return f"{a} {expr.op} {b}", place
            case "??":
                kind = wanted if wanted is not None else expr.type
                return Group(
                    "lib.either(", (self.code(left, kind), self.code(right, kind)), ")"
                ), ATOM
            case "==" | "!=":
                return self._equal(expr), COMPARE
            case "<" | "<=" | ">" | ">=":
                a, b = self.text(left, None, SUM), self.text(right, None, SUM)
                return f"{a} {expr.op} {b}", COMPARE
        return self._arithmetic(expr)

    def _equal(self, expr: BinaryOp) -> str:
        left, right = expr.left, expr.right
        if isinstance(left, Lit) and left.value is None:
            left, right = right, left
        if isinstance(right, Lit) and right.value is None:
            word = "is" if expr.op == "==" else "is not"
            return f"{self.text(left, None, SUM)} {word} None"
        return f"{self.text(left, None, SUM)} {expr.op} {self.text(right, None, SUM)}"

    def _arithmetic(self, expr: BinaryOp) -> tuple[Code, int]:
        left, right, kind = expr.left, expr.right, required(expr.type)
        if kind in (INT, DECIMAL):
            parts = (self.code(left, kind), self.code(right, kind))
            if expr.op == "/":
                exact = "lib.divide(" if isinstance(expr.type, OptionalType) else "lib.ratio("
                return Group(exact, parts, ")"), ATOM
            return Group(_OPERATORS[expr.op] + "(", parts, ")"), ATOM
        if kind == TIME:
            if left.type == DURATION:
                left, right = right, left
            by = self.text(right, None, UNARY)
            by = f"-{by}" if expr.op == "-" else by
            return Group("lib.shift(", (self.code(left), by), ")"), ATOM
        if expr.op == "*":
            if left.type == INT:
                left, right = right, left
            return Group("lib.stretch(", (self.code(left), self.code(right)), ")"), ATOM
        if expr.op == "-" and left.type == TIME:
            return f"{self.text(left, None, SUM)} - {self.text(right, None, UNARY)}", SUM
        name = "lib.longer(" if expr.op == "+" else "lib.shorter("
        return Group(name, (self.code(left), self.code(right)), ")"), ATOM

    def _comprehension(self, expr: Comprehend) -> str:
        items = self.text(expr.items, None, OR)
        outer = self.bound
        variable = self._names.take(expr.name)
        self.bound = {**outer, expr.name: variable}
        item = expr.type.item if isinstance(expr.type, ListType) else None
        value = self.text(expr.value, item, TERNARY)
        when = "" if expr.condition is None else f" if {self.text(expr.condition, None, OR)}"
        self.bound = outer
        return f"tuple({value} for {variable} in {items}{when})"

    def _construct(self, expr: Construct) -> Code:
        record = required(expr.type)
        assert isinstance(record, RecordType)
        parts: list[Code] = []
        for name, value in expr.fields:
            field = record.field(name)
            code = self.code(value, None if field is None else field.type)
            parts.append(prefixed(f"{self._kinds.attribute(record, name)}=", code))
        return Group(f"{self._kinds.name(record)}(", tuple(parts), ")")

    def _library(self, expr: LibCall) -> tuple[Code, int]:
        name, args = expr.function, expr.args
        if name in ("contains", "contains/list"):
            return f"{self.text(args[1], None, SUM)} in {self.text(args[0], None, SUM)}", COMPARE
        if name in _METHODS:
            rest = tuple(self.code(arg) for arg in args[1:])
            method = f"{self.text(args[0], None, ATOM)}.{_METHODS[name]}("
            return Group(method, rest, ")"), ATOM
        if name == "concat":
            joined = tuple(f"*{self.text(arg, expr.type, OR)}" for arg in args)
            return Group("(", joined, ")"), ATOM
        if name == "sum":
            zero = "0" if expr.type == INT else "Decimal(0)"
            return Group("lib.total(", (self.code(args[0], ListType(expr.type)), zero), ")"), ATOM
        if name in ("floor", "ceil", "round", "fixed"):
            parts = (self.code(args[0], DECIMAL), *(self.code(arg) for arg in args[1:]))
        elif name in ("min", "max"):
            parts = tuple(self.code(arg, expr.type) for arg in args)
        else:
            parts = tuple(self.code(arg) for arg in args)
        return Group(f"{_FUNCTIONS[name]}(", parts, ")"), ATOM


def _decimal_literal(value: str) -> str:
    return f"Decimal({value})" if value.isdecimal() else f'Decimal("{value}")'


def _is_path(expr: Expr) -> bool:
    while isinstance(expr, FieldOf) and not expr.safe:
        expr = expr.value
    return isinstance(expr, Ref)
