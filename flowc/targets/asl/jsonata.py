"""Expressions of a flow to JSONata: total, rounded after each operator, null for none."""

from __future__ import annotations

import re

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
    ErrorType,
    OptionalType,
    required,
)
from flowc.targets.asl.functions import FUNCTIONS
from flowc.targets.asl.names import field, quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import assert_never
else:
    from flowc.struct import assert_never


class Expressions:
    """Makes code of expressions; `variable` says which JSONata code a name stands for."""

    def __init__(self, variable: Callable[[str], str]) -> None:
        self._variable = variable
        self._local: dict[str, str] = {}
        self._count = 0

    def code(self, expr: Expr) -> str:
        """Code that can stand anywhere: a literal, a path, a call, or in parentheses."""
        match expr:
            case Lit():
                return _literal(expr)
            case Ref():
                return self._local.get(expr.name) or self._variable(expr.name)
            case Member():
                return quote(expr.member)
            case TextOf():
                return self._text(expr)
            case FieldOf():
                return self._field(expr)
            case BinaryOp():
                return self._binary(expr)
            case NotOp():
                return f"$not({self.code(expr.value)})"
            case Negate():
                return f"(0 - {self.code(expr.value)})"
            case Choose():
                condition, yes, no = map(self.code, (expr.condition, expr.yes, expr.no))
                return f"({condition} ? {yes} : {no})"
            case ListOf():
                return f"[{', '.join(map(self.code, expr.items))}]"
            case Comprehend():
                return self._comprehension(expr)
            case Construct():
                return f"{{{', '.join(f'{quote(n)}: {self.code(v)}' for n, v in expr.fields)}}}"
            case LibCall():
                return self._call(expr)
            case Ambient() | BrokenExpr():
                raise AssertionError("a program with errors or gaps is never emitted")
            case _:
                assert_never(expr)

    def local(self) -> str:
        """A name for a value inside one expression."""
        self._count += 1
        return f"$x{self._count}_"

    def bound_as(self, name: str, code: str, expr: Callable[[], str]) -> str:
        """Code in which a name stands for the value of other code."""
        variable = self.local()
        outer = self._local
        self._local = {**outer, name: variable}
        made = expr()
        self._local = outer
        return f"({variable} := {code}; {made})"

    def _text(self, expr: TextOf) -> str:
        parts = [
            quote(part)
            if isinstance(part, str)
            else self.code(part)
            if part.type == TEXT
            else f"$string({self.code(part)})"
            for part in expr.parts
        ]
        return f"({' & '.join(parts)})" if parts else "''"

    def _field(self, expr: FieldOf) -> str:
        holder = required(expr.value.type)
        name = field(expr.field)
        if isinstance(holder, ErrorType) and expr.field not in ("name", "message"):
            name = f"fields.{name}"
        value = self.code(expr.value)
        if not expr.safe or not isinstance(expr.value.type, OptionalType):
            return f"{value}.{name}"
        if _is_path(value):
            return f"({value} = null ? null : {value}.{name})"
        kept = self.local()
        return f"({kept} := {value}; {kept} = null ? null : {kept}.{name})"

    def _binary(self, expr: BinaryOp) -> str:
        left, right = self.code(expr.left), self.code(expr.right)
        match expr.op:
            case "and":
                return f"({left} ? {right} : false)"
            case "or":
                return f"({left} ? true : {right})"
            case "??":
                if _is_path(left):
                    return f"({left} = null ? {right} : {left})"
                kept = self.local()
                return f"({kept} := {left}; {kept} = null ? {right} : {kept})"
            case "==":
                return f"({left} = {right})"
            case "!=" | "<" | "<=" | ">" | ">=":
                return f"({left} {expr.op} {right})"
        return self._arithmetic(expr, left, right)

    def _arithmetic(self, expr: BinaryOp, left: str, right: str) -> str:
        kind = required(expr.type)
        if kind == TIME:
            if expr.left.type == DURATION:
                left, right = right, left
            return f"$fromMillis($toMillis({left}) {expr.op} {right})"
        if kind == DURATION:
            if expr.op == "-" and expr.left.type == TIME:
                return f"($toMillis({left}) - $toMillis({right}))"
            return f"({left} {expr.op} {right})"
        if expr.op == "/" and isinstance(expr.type, OptionalType):
            by = self.local()
            return f"({by} := {right}; {by} = 0 ? null : {self._rounded(f'{left} / {by}')})"
        return self._rounded(f"{left} {expr.op} {right}")

    def _rounded(self, code: str) -> str:
        """At most 6 places and 15 digits, half-even."""
        kept = self.local()
        digits = f"15 - $length($string($floor($abs({kept}))))"
        return f"({kept} := {code}; $round({kept}, $min([6, {digits}])))"

    def _comprehension(self, expr: Comprehend) -> str:
        items = self.code(expr.items)
        variable = self.local()
        outer = self._local
        self._local = {**outer, expr.name: variable}
        value = self.code(expr.value)
        if expr.condition is not None:
            when = self.code(expr.condition)
            items = f"[$filter({items}, function({variable}) {{ {when} }})]"
        self._local = outer
        return f"[$map({items}, function({variable}) {{ {value} }})]"

    def _call(self, expr: LibCall) -> str:
        args = [self.code(arg) for arg in expr.args]
        if expr.function in ("min", "max"):
            return f"${expr.function}([{', '.join(args)}])"
        template = FUNCTIONS[expr.function]
        names = dict(zip("abc", args, strict=False))
        lets = []
        for letter, code in names.items():
            if template.count(f"@{letter}") > 1 and not _is_path(code):
                kept = self.local()
                lets.append(f"{kept} := {code}; ")
                names[letter] = kept
        made = re.sub("@([abc])", lambda found: names[found[1]], template)
        return f"({''.join(lets)}{made})" if lets else made


def _literal(expr: Lit) -> str:
    match expr.value:
        case None:
            return "null"
        case bool():
            return "true" if expr.value else "false"
        case str():
            kind = required(expr.type)
            return expr.value if kind in (DECIMAL, INT) else quote(expr.value)
        case int():
            return str(expr.value) if expr.value >= 0 else f"(0 - {-expr.value})"


def _is_path(code: str) -> bool:
    """Whether code is a variable or a field below one: cheap to say twice."""
    return code[:1] == "$" and all(c.isalnum() or c in "_.`" for c in code[1:])
