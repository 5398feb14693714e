"""Expressions: from what was written to what it means, with the type of every part."""

from __future__ import annotations

from flowc.compiler import library
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
from flowc.compiler.literals import number
from flowc.compiler.names import Names, Path
from flowc.compiler.report import did_you_mean
from flowc.compiler.types import (
    BOOL,
    BROKEN,
    DECIMAL,
    DURATION,
    INT,
    NONE,
    TEXT,
    TIME,
    Broken,
    EnumType,
    ErrorType,
    FieldType,
    ListType,
    NoneType,
    OptionalType,
    RecordType,
    Type,
    fits,
    join,
    optional,
    required,
    show,
)
from flowc.diagnostic import Edit, Fix, Related
from flowc.dsl import ast
from flowc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from flowc.compiler.resolve import Scope

Fact = tuple[Path, Type]


def path_of(expr: ast.Expr) -> Path | None:
    """`("order", "coupon")` of `order.coupon`: what a test against none can narrow."""
    fields: list[str] = []
    while True:
        match expr:
            case ast.Var():
                return (expr.name.text, *reversed(fields))
            case ast.Get():
                fields.append(expr.field.text)
                expr = expr.value
            case ast.Paren():
                expr = expr.value
            case _:
                return None


class Typer:
    """Types expressions of one file over the names that are bound at the moment of asking."""

    def __init__(self, scope: Scope, names: Names) -> None:
        self.scope = scope
        self.names = names
        self.report = scope.report

    # -- asking ----------------------------------------------------------------------------

    def value(self, written: ast.Expr, wanted: Type, what: str) -> Expr:
        """The meaning of an expression where a value of type `wanted` is needed.

        `what` says for what, in the user's words; anything that does not fit is reported.
        """
        made = self.expr(written, wanted)
        if fits(made.type, wanted):
            return made
        return self._misfit(made, wanted, what)

    def _misfit(self, made: Expr, wanted: Type, what: str) -> Expr:
        if isinstance(made.type, OptionalType) and fits(made.type.of, wanted):
            self.report.say(
                "maybe-none",
                made.span,
                f"this may be none, but {what} is `{show(wanted)}`",
                "give a value for none with `??`, or test it before: `if x != none { ... }`",
                label=f"`{show(made.type)}`",
            )
        else:
            self.report.say(
                "type-mismatch",
                made.span,
                f"{what} is `{show(wanted)}`, but this is `{show(made.type)}`",
                _conversion(made.type, wanted),
                label=f"`{show(made.type)}`",
            )
        return BrokenExpr(made.span, BROKEN)

    def condition(self, written: ast.Expr, what: str = "a condition") -> Expr:
        """A bool."""
        return self.value(written, BOOL, what)

    def expr(self, written: ast.Expr, wanted: Type | None = None) -> Expr:
        """The meaning of an expression; `wanted` only helps to read bare enum members."""
        match written:
            case ast.Missing():
                return BrokenExpr(written.span, BROKEN)
            case ast.Paren():
                return self.expr(written.value, wanted)
            case ast.Text():
                return self._text(written)
            case ast.Number():
                kind, value = number(written, self.report)
                return Lit(written.span, kind, value)
            case ast.Duration():
                return Lit(written.span, DURATION, written.ms)
            case ast.Bool():
                return Lit(written.span, BOOL, written.value)
            case ast.NoneLit():
                return Lit(written.span, NONE, None)
            case ast.ListLit():
                return self._list(written, wanted)
            case ast.Pick():
                return self._pick(written)
            case ast.Var():
                return self._var(written, wanted)
            case ast.Get():
                return self._get(written)
            case ast.Apply():
                return self._apply(written)
            case ast.Binary():
                return self._binary(written, wanted)
            case ast.Not():
                return NotOp(written.span, BOOL, self.condition(written.value, "what `not` turns"))
            case ast.Minus():
                return self._minus(written)
            case ast.Cond():
                return self._choose(written, wanted)

    def broken(self, span: Span) -> Expr:
        """What stands where an error was reported."""
        return BrokenExpr(span, BROKEN)

    # -- atoms -----------------------------------------------------------------------------

    def _text(self, written: ast.Text) -> Expr:
        parts: list[str | Expr] = []
        for part in written.parts:
            if isinstance(part, str):
                parts.append(part)
                continue
            hole = self.expr(part)
            if isinstance(hole.type, OptionalType | NoneType):
                self.report.say(
                    "maybe-none",
                    hole.span,
                    "this may be none, and a text cannot show that",
                    'say what to write instead: `{x ?? "-"}`'
                    if isinstance(hole.type, OptionalType)
                    else None,
                    label=f"`{show(hole.type)}`",
                )
                hole = self.broken(hole.span)
            elif not library.showable(hole.type):
                self.report.say(
                    "type-mismatch",
                    hole.span,
                    f"a text cannot show a `{show(hole.type)}`",
                    "use `seconds(d)` for a duration, a field of a record, `join` for a list",
                )
                hole = self.broken(hole.span)
            parts.append(hole)
        if all(isinstance(part, str) for part in parts):
            return Lit(written.span, TEXT, "".join(part for part in parts if isinstance(part, str)))
        return TextOf(written.span, TEXT, tuple(parts))

    def _list(self, written: ast.ListLit, wanted: Type | None) -> Expr:
        inner = required(wanted) if wanted is not None else None
        item = inner.item if isinstance(inner, ListType) else None
        items = tuple(self.expr(value, item) for value in written.items)
        kind: Type = item if item is not None and not items else BROKEN
        for n, value in enumerate(items):
            joined = value.type if n == 0 else join(kind, value.type)
            if joined is None:
                self.report.say(
                    "type-mismatch",
                    value.span,
                    f"a list of `{show(kind)}` cannot hold `{show(value.type)}`",
                    "all items of a list are of one type",
                )
                joined = BROKEN
            kind = joined
        if isinstance(required(kind), ListType):
            self.report.say("bad-type", written.span, "a list of lists is not possible")
            kind = BROKEN
        return ListOf(written.span, ListType(kind), items)

    def _pick(self, written: ast.Pick) -> Expr:
        items = self.expr(written.items)
        item = self.item_type(items, "a list to pick from")
        mark = self.names.mark()
        if written.name.text and self.names.get(written.name.text) is not None:
            self.bound_twice(written.name)
        self.names.bind(written.name.text, item, written.name.span)
        condition = None
        if written.condition is not None:
            condition = self.condition(written.condition)
            self.assume(written.condition, True)
        value = self.expr(written.value)
        self.names.rollback(mark)
        kind = value.type
        if isinstance(required(kind), ListType):
            self.report.say("bad-type", value.span, "a list of lists is not possible")
            kind = BROKEN
        return Comprehend(written.span, ListType(kind), value, written.name.text, items, condition)

    def item_type(self, items: Expr, what: str) -> Type:
        """The type of a list's items; anything but a list is reported."""
        match items.type:
            case ListType():
                return items.type.item
            case Broken():
                return BROKEN
            case OptionalType(of=ListType()):
                self.report.say(
                    "maybe-none",
                    items.span,
                    f"{what} is needed, and this may be none",
                    "write `xs ?? []`",
                )
            case _:
                self.report.say(
                    "type-mismatch",
                    items.span,
                    f"{what} is needed, but this is `{show(items.type)}`",
                )
        return BROKEN

    def bound_twice(self, name: ast.Name) -> None:
        """Report that a name is bound again."""
        before = self.names.get(name.text)
        related = () if before is None else (Related(before.span, "it is bound here"),)
        self.report.say(
            "bound-twice",
            name.span,
            f"`{name.text}` is bound already",
            "a name stands for one value on a path: choose another name",
            related=related,
        )

    def _var(self, written: ast.Var, wanted: Type | None) -> Expr:
        name = written.name.text
        if not name:
            return self.broken(written.span)
        bound = self.names.get(name)
        if bound is not None:
            if bound.type is None:
                self.report.say(
                    "no-result",
                    written.span,
                    f"`{name}` has no value: its action returns none",
                    "declare a result (`-> T`) in its service, or do not use the name",
                )
                return self.broken(written.span)
            return Ref(written.span, self.names.narrowed((name,)) or bound.type, name)
        const = self.scope.const(name)
        if const is not None:
            if isinstance(const.type, EnumType):
                return Member(written.span, const.type, str(const.value))
            return Lit(written.span, const.type, const.value)
        enum = required(wanted) if wanted is not None else None
        if isinstance(enum, EnumType):
            if name in enum.members:
                return Member(written.span, enum, name)
            self.unknown_member(written.name, enum)
            return self.broken(written.span)
        self._unknown_var(written.name)
        return self.broken(written.span)

    def unknown_member(self, name: ast.Name, enum: EnumType) -> None:
        """Report that an enum has no such member."""
        help_text, fix = did_you_mean(name.text, name.span, [*enum.members, *self.names.visible()])
        self.report.say(
            "unknown-name",
            name.span,
            f"`{enum.name}` has no member `{name.text}`",
            help_text or f"it has {_listed(enum.members)}",
            fix=fix,
        )

    def _unknown_var(self, name: ast.Name) -> None:
        if name.text in self.names.gone:
            self.report.say(
                "out-of-reach",
                name.span,
                f"`{name.text}` is not bound here",
                self.names.gone[name.text],
            )
            return
        owners = [e for e in self.scope.names(ast.EnumDecl) if self._has_member(e, name.text)]
        if owners:
            self.report.say(
                "unknown-name",
                name.span,
                f"`{name.text}` is a member of `{owners[0]}`",
                f"the enum is not clear here: write `{owners[0]}.{name.text}`",
                fix=Fix("name the enum", (Edit(name.span, f"{owners[0]}.{name.text}"),)),
            )
            return
        if name.text in library.LIBRARY or name.text in library.AMBIENT:
            self.report.say(
                "unknown-name",
                name.span,
                f"`{name.text}` is a function: call it",
                f"write `{name.text}(...)`",
            )
            return
        if self.scope.find(name.text) is not None:
            self.scope.unknown("variable", name, ())
            return
        known = [*self.names.visible(), *self.scope.names(ast.ConstDecl)]
        help_text, fix = did_you_mean(name.text, name.span, known)
        self.report.say(
            "unknown-name",
            name.span,
            f"nothing is bound to `{name.text}` here",
            help_text or "bind it above with `let`, a step, a parameter or a const",
            fix=fix,
        )

    def _has_member(self, enum: str, member: str) -> bool:
        kind = self.scope.enum_named(enum)
        return kind is not None and member in kind.members

    def _get(self, written: ast.Get) -> Expr:
        field = written.field.text
        if isinstance(written.value, ast.Var) and self.names.get(written.value.name.text) is None:
            enum = self.scope.enum_named(written.value.name.text)
            if enum is not None:
                if field in enum.members:
                    return Member(written.span, enum, field)
                if field:
                    self.unknown_member(written.field, enum)
                return self.broken(written.span)
        value = self.expr(written.value)
        if isinstance(value.type, Broken) or not field:
            return self.broken(written.span)
        holder: Type = value.type
        if isinstance(holder, OptionalType):
            if not written.optional:
                dot = Span(value.span.end, written.field.span.start)
                plain = self.scope.source.text[dot.start : dot.end] == "."
                self.report.say(
                    "maybe-none",
                    written.field.span,
                    "what stands before the dot may be none",
                    "write `?.` (none stays none), or test it before: `if x != none { ... }`",
                    label=f"of `{show(holder)}`",
                    fix=Fix("use `?.`", (Edit(dot, "?."),), safe=False) if plain else None,
                )
                return self.broken(written.span)
            holder = holder.of
        found: FieldType | None = None
        if isinstance(holder, RecordType | ErrorType):
            found = holder.field(field)
        if found is None:
            self._unknown_field(written.field, holder)
            return self.broken(written.span)
        path = path_of(written)
        kind: Type
        known = self.names.narrowed(path) if path is not None else None
        kind = known or found.type
        if known is None and isinstance(value.type, OptionalType):
            kind = optional(kind)
        return FieldOf(written.span, kind, value, field, isinstance(value.type, OptionalType))

    def _unknown_field(self, name: ast.Name, holder: Type) -> None:
        if not isinstance(holder, RecordType | ErrorType):
            self.report.say(
                "unknown-field",
                name.span,
                f"a `{show(holder)}` has no fields",
                "first(xs) or at(xs, 0) takes an item of a list"
                if isinstance(holder, ListType)
                else None,
            )
            return
        known = [field.name for field in holder.fields]
        if isinstance(holder, ErrorType):
            known += ["name", "message"]
        help_text, fix = did_you_mean(name.text, name.span, known)
        self.report.say(
            "unknown-field",
            name.span,
            f"`{holder.name}` has no field `{name.text}`",
            help_text or (f"it has {_listed(tuple(known))}" if known else "it has no fields"),
            fix=fix,
        )

    # -- calls -----------------------------------------------------------------------------

    def _apply(self, written: ast.Apply) -> Expr:
        name = written.name.text
        if not name:
            return self.broken(written.span)
        record = self.scope.record_named(name)
        if record is not None:
            return self.construct(written, record)
        if name in library.AMBIENT:
            return self._ambient(written)
        if name in library.LIBRARY:
            return self._library(written)
        for arg in written.args:
            self.expr(arg.value)
        if self.scope.signature(name) is not None:
            self.report.say(
                "unknown-name",
                written.name.span,
                f"`{name}` is a flow, not a function",
                f"call it in a step of its own: `step x = {name}(...)`",
            )
            return self.broken(written.span)
        known = [*library.LIBRARY, *library.AMBIENT, *self.scope.names(ast.TypeDecl)]
        help_text, fix = did_you_mean(name, written.name.span, known)
        self.report.say(
            "unknown-name",
            written.name.span,
            f"there is no function or type `{name}`",
            help_text or "actions of services are called in steps: `step x = service.action(...)`",
            fix=fix,
        )
        return self.broken(written.span)

    def construct(self, written: ast.Apply, record: RecordType) -> Expr:
        """`T(a: x)`: fields by name or in order; an optional one may be left out."""
        values = self.arguments(
            record.fields, written.args, written.name.span, f"`{record.name}`", "field"
        )
        named = tuple(
            (field.name, value) for field, value in zip(record.fields, values, strict=True)
        )
        return Construct(written.span, record, named)

    def arguments(
        self,
        params: tuple[FieldType, ...],
        args: tuple[ast.Arg, ...],
        at: Span,
        owner: str,
        what: str,
    ) -> tuple[Expr, ...]:
        """One value per parameter, in their order; what is missing or too much is reported."""
        given: dict[str, Expr] = {}
        by_name = {param.name: param for param in params}
        for place, arg in enumerate(args):
            if arg.name is None:
                if place >= len(params):
                    self.expr(arg.value)
                    if len(params) == 0:
                        taken = f"{owner} takes no {what}s"
                    else:
                        taken = f"{owner} takes {len(params)} {what}{'s' * (len(params) > 1)}"
                    self.report.say(
                        "wrong-arguments", arg.span, f"{taken}, and this is number {place + 1}"
                    )
                    continue
                param = params[place]
            elif arg.name.text in by_name:
                param = by_name[arg.name.text]
            else:
                self.expr(arg.value)
                if arg.name.text:
                    help_text, fix = did_you_mean(arg.name.text, arg.name.span, by_name)
                    self.report.say(
                        "wrong-arguments",
                        arg.name.span,
                        f"{owner} has no {what} `{arg.name.text}`",
                        help_text or f"it has {_listed(tuple(by_name))}",
                        fix=fix,
                    )
                continue
            if param.name in given:
                self.expr(arg.value)
                self.report.say(
                    "wrong-arguments", arg.span, f"{what} `{param.name}` is given twice"
                )
                continue
            given[param.name] = self.value(arg.value, param.type, f"{what} `{param.name}`")
        missing = [
            param.name
            for param in params
            if param.name not in given and not isinstance(param.type, OptionalType)
        ]
        if missing and not any(isinstance(arg.value, ast.Missing) for arg in args):
            self.report.say(
                "wrong-arguments",
                at,
                f"{owner} also needs {_listed(tuple(missing))}",
                f"give {'it' if len(missing) == 1 else 'them'}: "
                + ", ".join(f"`{name}: ...`" for name in missing),
            )
        return tuple(
            given.get(param.name)
            or (Lit(at, NONE, None) if isinstance(param.type, OptionalType) else self.broken(at))
            for param in params
        )

    def _ambient(self, written: ast.Apply) -> Expr:
        name = written.name.text
        count, kind = library.AMBIENT[name]
        for arg in written.args:
            self.expr(arg.value)
        if len(written.args) != count:
            self.report.say(
                "wrong-arguments",
                written.span,
                f"`{name}` takes {'no argument' if count == 0 else 'one argument'}",
            )
        what: Literal["now", "uuid", "random", "env"] = (
            "now"
            if name == "now"
            else "uuid"
            if name == "uuid"
            else "random"
            if name == "random"
            else "env"
        )
        return Ambient(written.span, kind, what)

    def _library(self, written: ast.Apply) -> Expr:
        name = written.name.text
        args = tuple(self.expr(arg.value) for arg in written.args)
        for arg in written.args:
            if arg.name is not None:
                self.report.say(
                    "wrong-arguments",
                    arg.name.span,
                    "functions take their arguments in order",
                    f"leave out `{arg.name.text}:`",
                )
        overloads = library.LIBRARY[name]
        fitting = [s for s in overloads if library.arity(s, len(args)) is not None]
        shapes = " or ".join(f"`{library.describe(s)}`" for s in overloads)
        if not fitting:
            self.report.say(
                "wrong-arguments",
                written.span,
                f"`{name}` does not take {len(args)} argument{'s' * (len(args) != 1)}",
                f"it is {shapes}",
            )
            return self.broken(written.span)
        kinds = tuple(arg.type for arg in args)
        results = [library.apply(signature, kinds) for signature in fitting]
        for signature, result in zip(fitting, results, strict=True):
            if not isinstance(result, int):
                return LibCall(written.span, result, signature.id, args)
        wrong = args[max(result for result in results if isinstance(result, int))]
        if isinstance(wrong.type, OptionalType):
            self.report.say(
                "maybe-none",
                wrong.span,
                f"this may be none, and `{name}` cannot take that",
                "give a value for none with `??`",
                label=f"`{show(wrong.type)}`",
            )
        else:
            self.report.say(
                "type-mismatch",
                wrong.span,
                f"`{name}` cannot take a `{show(wrong.type)}` here",
                f"it is {shapes}",
            )
        return self.broken(written.span)

    # -- operators -------------------------------------------------------------------------

    def _binary(self, written: ast.Binary, wanted: Type | None) -> Expr:
        match written.op:
            case "and" | "or":
                return self._logic(written)
            case "??":
                return self._coalesce(written, wanted)
            case "==" | "!=":
                return self._equal(written)
            case "<" | "<=" | ">" | ">=":
                return self._compare(written)
            case _:
                return self._arithmetic(written)

    def _logic(self, written: ast.Binary) -> Expr:
        # a chain of `and` is as deep as it is long: taken apart in a loop
        chain: list[ast.Binary] = []
        node: ast.Expr = written
        while isinstance(node, ast.Binary) and node.op == written.op:
            chain.append(node)
            node = node.left
        mark = self.names.mark()
        what = f"each side of `{written.op}`"
        made = self.condition(node, what)
        for binary in reversed(chain):
            self.assume(binary.left, written.op == "and")
            right = self.condition(binary.right, what)
            made = BinaryOp(binary.span, BOOL, written.op, made, right)
        self.names.rollback(mark)
        return made

    def _coalesce(self, written: ast.Binary, wanted: Type | None) -> Expr:
        left = self.expr(written.left, wanted)
        right = self.expr(written.right, wanted if wanted is not None else left.type)
        if isinstance(left.type, Broken) or isinstance(right.type, Broken):
            return BinaryOp(written.span, BROKEN, "??", left, right)
        if not isinstance(left.type, OptionalType | NoneType):
            self.report.say(
                "needless-fallback",
                written.span,
                "the left side of `??` is never none",
                "leave out the `??` and what follows it",
                label=f"`{show(left.type)}`",
                fix=Fix(
                    "remove the fallback",
                    (Edit(Span(written.left.span.end, written.right.span.end), ""),),
                ),
            )
            return left
        kind = join(required(left.type), right.type)
        if kind is None:
            self.report.say(
                "type-mismatch",
                right.span,
                f"instead of a `{show(required(left.type))}` this gives a `{show(right.type)}`",
            )
            return self.broken(written.span)
        return BinaryOp(written.span, kind, "??", left, right)

    def _pair(self, written: ast.Binary) -> tuple[Expr, Expr]:
        """Both sides; a bare enum member takes its enum from the other side."""
        if isinstance(written.left, ast.Var) and self.names.get(written.left.name.text) is None:
            right = self.expr(written.right)
            return self.expr(written.left, right.type), right
        left = self.expr(written.left)
        return left, self.expr(written.right, left.type)

    def _equal(self, written: ast.Binary) -> Expr:
        left, right = self._pair(written)
        kinds = (left.type, right.type)
        if join(*kinds) is None:
            self.report.say(
                "type-mismatch",
                written.span,
                f"a `{show(left.type)}` never equals a `{show(right.type)}`",
                _conversion(*kinds),
            )
        elif NONE in kinds and not any(isinstance(kind, OptionalType | Broken) for kind in kinds):
            side = right if isinstance(left.type, NoneType) else left
            if not isinstance(side.type, NoneType):
                self.report.say(
                    "needless-fallback",
                    written.span,
                    "this is never none",
                    "the test always gives the same answer: remove it",
                    label=f"`{show(side.type)}`",
                )
        return BinaryOp(written.span, BOOL, written.op, left, right)

    def _compare(self, written: ast.Binary) -> Expr:
        left, right = self._pair(written)
        for side in (left, right):
            if self._refuse_optional(side, f"`{written.op}`"):
                return BinaryOp(written.span, BOOL, written.op, left, right)
        kinds = (left.type, right.type)
        ordered = (INT, DECIMAL, TIME, DURATION)
        if any(isinstance(kind, Broken) for kind in kinds):
            pass
        elif join(*kinds) is None or any(kind not in ordered for kind in kinds):
            self.report.say(
                "type-mismatch",
                written.span,
                f"`{show(left.type)}` and `{show(right.type)}` have no order",
                "numbers, times and durations can be compared with each other",
            )
        return BinaryOp(written.span, BOOL, written.op, left, right)

    def _refuse_optional(self, side: Expr, what: str) -> bool:
        if isinstance(side.type, OptionalType | NoneType):
            self.report.say(
                "maybe-none",
                side.span,
                f"this may be none, and {what} needs a value",
                "give a value for none with `??`, or test it before",
                label=f"`{show(side.type)}`",
            )
            return True
        return False

    def _arithmetic(self, written: ast.Binary) -> Expr:
        chain: list[ast.Binary] = []
        node: ast.Expr = written
        while isinstance(node, ast.Binary) and node.op in "+-*/":
            chain.append(node)
            node = node.left
        made = self.expr(node)
        for binary in reversed(chain):
            right = self.expr(binary.right)
            made = self._operate(binary, made, right)
        return made

    def _operate(self, written: ast.Binary, left: Expr, right: Expr) -> Expr:
        if isinstance(left.type, Broken) or isinstance(right.type, Broken):
            return BinaryOp(written.span, BROKEN, written.op, left, right)
        refused = [self._refuse_optional(side, f"`{written.op}`") for side in (left, right)]
        if any(refused):
            return self.broken(written.span)
        kind = _arithmetic_type(written.op, left.type, right)
        if kind is None:
            both_text = left.type == TEXT or right.type == TEXT
            self.report.say(
                "type-mismatch",
                written.span,
                f"`{written.op}` does not work on `{show(left.type)}` and `{show(right.type)}`",
                'texts are put together with holes: `"{a}{b}"`' if both_text else None,
            )
            return self.broken(written.span)
        return BinaryOp(written.span, kind, written.op, left, right)

    def _minus(self, written: ast.Minus) -> Expr:
        value = self.expr(written.value)
        if isinstance(value.type, Broken) or self._refuse_optional(value, "`-`"):
            return self.broken(written.span)
        if value.type not in (INT, DECIMAL, DURATION):
            self.report.say(
                "type-mismatch", written.span, f"`-` does not work on a `{show(value.type)}`"
            )
            return self.broken(written.span)
        return Negate(written.span, value.type, value)

    def _choose(self, written: ast.Cond, wanted: Type | None) -> Expr:
        condition = self.condition(written.condition)
        mark = self.names.mark()
        self.assume(written.condition, True)
        yes = self.expr(written.yes, wanted)
        self.names.rollback(mark)
        self.assume(written.condition, False)
        no = self.expr(written.no, wanted if wanted is not None else yes.type)
        self.names.rollback(mark)
        kind = join(yes.type, no.type)
        if kind is None:
            self.report.say(
                "type-mismatch",
                no.span,
                f"`then` gives a `{show(yes.type)}`, `else` a `{show(no.type)}`",
                "both are of one type",
            )
            kind = BROKEN
        return Choose(written.span, kind, condition, yes, no)

    # -- narrowing -------------------------------------------------------------------------

    def assume(self, condition: ast.Expr, truth: bool) -> None:
        """Narrow what is known, given that `condition` came out as `truth`."""
        stack = [(condition, truth)]
        while stack:
            expr, holds = stack.pop()
            match expr:
                case ast.Paren():
                    stack.append((expr.value, holds))
                case ast.Not():
                    stack.append((expr.value, not holds))
                case ast.Binary(op="and") if holds:
                    stack += [(expr.right, True), (expr.left, True)]
                case ast.Binary(op="or") if not holds:
                    stack += [(expr.right, False), (expr.left, False)]
                case ast.Binary(op="==" | "!="):
                    if (expr.op == "!=") == holds:
                        self._learn_some(expr)

    def _learn_some(self, test: ast.Binary) -> None:
        for side, other in ((test.left, test.right), (test.right, test.left)):
            if isinstance(other, ast.NoneLit):
                path = path_of(side)
                if path is None:
                    return
                kind = self._type_at(path)
                if isinstance(kind, OptionalType):
                    # `a?.b != none` shows that `a` is there, too
                    for n in range(1, len(path)):
                        holder = self._type_at(path[:n])
                        if isinstance(holder, OptionalType):
                            self.names.learn(path[:n], holder.of)
                    self.names.learn(path, kind.of)

    def _type_at(self, path: Path) -> Type | None:
        known = self.names.narrowed(path)
        if known is not None:
            return known
        if len(path) == 1:
            bound = self.names.get(path[0])
            return bound.type if bound is not None else None
        holder = self._type_at(path[:-1])
        if holder is None:
            return None
        inner = required(holder)
        field = inner.field(path[-1]) if isinstance(inner, RecordType | ErrorType) else None
        if field is None:
            return None
        return optional(field.type) if isinstance(holder, OptionalType) else field.type


def _arithmetic_type(op: str, left: Type, divisor: Expr) -> Type | None:
    right = divisor.type
    numbers = (INT, DECIMAL)
    if left in numbers and right in numbers:
        if op != "/":
            return INT if left == right == INT else DECIMAL
        literal = divisor.value if isinstance(divisor, Negate) else divisor
        nonzero = isinstance(literal, Lit) and literal.value not in (0, "0")
        return DECIMAL if nonzero else OptionalType(DECIMAL)
    if op in "+-":
        if left == TIME and right == DURATION:
            return TIME
        if left == DURATION and right == DURATION:
            return DURATION
        if op == "+" and left == DURATION and right == TIME:
            return TIME
        if op == "-" and left == TIME and right == TIME:
            return DURATION
    if op == "*" and {left, right} == {DURATION, INT}:
        return DURATION
    return None


def _conversion(given: Type, wanted: Type) -> str | None:
    if required(wanted) == TEXT and library.showable(given):
        return 'write `text(x)` or put it in a text: `"{x}"`'
    if required(wanted) == INT and given == DECIMAL:
        return "round it: `floor(x)` or `ceil(x)`"
    return None


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
