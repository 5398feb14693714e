"""Expressions: from what was written to what it means, with the type of every part."""

from __future__ import annotations

from flowc.compiler import library
from flowc.compiler.applying import apply_
from flowc.compiler.expr import (
    BrokenExpr,
    Comprehend,
    Expr,
    FieldOf,
    ListOf,
    Lit,
    Member,
    NotOp,
    Ref,
    TextOf,
)
from flowc.compiler.library import conversion
from flowc.compiler.literals import number
from flowc.compiler.names import Names
from flowc.compiler.narrowing import assume, path_of
from flowc.compiler.operators import binary, choose, negate
from flowc.compiler.report import did_you_mean, listed
from flowc.compiler.types import (
    BOOL,
    BROKEN,
    DURATION,
    NONE,
    TEXT,
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
    from flowc.compiler.resolve import Scope


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
                conversion(made.type, wanted),
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
                return apply_(self, written)
            case ast.Binary():
                return binary(self, written, wanted)
            case ast.Not():
                return NotOp(written.span, BOOL, self.condition(written.value, "what `not` turns"))
            case ast.Minus():
                return negate(self, written)
            case ast.Cond():
                return choose(self, written, wanted)

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
        else:
            self.declared(written.name.text, written.name.span)
        self.names.bind(written.name.text, item, written.name.span)
        condition = None
        if written.condition is not None:
            condition = self.condition(written.condition)
            assume(self, written.condition, True)
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

    def declared(self, name: str, span: Span) -> bool:
        """Whether a name that is to be bound is declared already; reported if so."""
        kind = self.scope.kind_named(name)
        if kind not in ("const", "type", "enum", "error"):
            return False  # what else is declared is never meant by a bare name
        what = f"{'an' if kind[0] == 'e' else 'a'} {kind}"
        self.report.say("bound-twice", span, f"`{name}` is {what}", "choose another name")
        return True

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
            help_text or f"it has {listed(enum.members)}",
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
        owner = self.enum_with(name.text)
        if owner is not None:
            self.report.say(
                "unknown-name",
                name.span,
                f"`{name.text}` is a member of `{owner}`",
                f"the enum is not clear here: write `{owner}.{name.text}`",
                fix=Fix("name the enum", (Edit(name.span, f"{owner}.{name.text}"),)),
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
        known = [*self.names.visible(), *self.scope.names(ast.ConstDecl), "none", "true", "false"]
        help_text, fix = did_you_mean(name.text, name.span, known)
        self.report.say(
            "unknown-name",
            name.span,
            f"nothing is bound to `{name.text}` here",
            help_text or "bind it above with `let`, a step, a parameter or a const",
            fix=fix,
        )

    def bare(self, written: ast.Expr) -> bool:
        """Whether it is a name that nothing binds, as that of an enum member."""
        if not isinstance(written, ast.Var) or self.names.get(written.name.text) is not None:
            return False
        return self.scope.kind_named(written.name.text) != "const"

    def enum_with(self, member: str) -> str | None:
        """The first enum that has the member."""
        for name in self.scope.names(ast.EnumDecl):
            kind = self.scope.enum_named(name)
            if kind is not None and member in kind.members:
                return name
        return None

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
                self.report.say(
                    "maybe-none",
                    written.field.span,
                    "what stands before the dot may be none",
                    "write `?.` (none stays none), or test it before: `if x != none { ... }`",
                    label=f"of `{show(holder)}`",
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
            help_text or (f"it has {listed(tuple(known))}" if known else "it has no fields"),
            fix=fix,
        )
