"""Names to declarations: what one file declares and imports, and the meaning of each.

Meanings are made at the first question and kept here, beside the tree. A declaration is
checked once, in the scope of its own file, where its findings go.
"""

from __future__ import annotations

from flowc.compiler import contracts
from flowc.compiler.literals import literal
from flowc.compiler.report import Reporter, did_you_mean
from flowc.compiler.types import (
    BROKEN,
    BUILTIN_ERRORS,
    DURATION,
    PRIMITIVES,
    Broken,
    EnumType,
    ErrorType,
    FieldType,
    ListType,
    OptionalType,
    Prim,
    RecordType,
    Type,
    optional,
)
from flowc.compiler.types import required as required_type
from flowc.diagnostic import Related
from flowc.dsl import ast
from flowc.source import Source, Span
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc.compiler.flow import Policy, Service

Named = (
    ast.ConstDecl
    | ast.TypeDecl
    | ast.EnumDecl
    | ast.ErrorDecl
    | ast.PolicyDecl
    | ast.ServiceDecl
    | ast.FlowDecl
)
KINDS: dict[type, str] = {
    ast.ConstDecl: "const",
    ast.TypeDecl: "type",
    ast.EnumDecl: "enum",
    ast.ErrorDecl: "error",
    ast.PolicyDecl: "policy",
    ast.ServiceDecl: "service",
    ast.FlowDecl: "flow",
}


class Const(Struct):
    """A named literal: its type and value as in expr.Lit."""

    type: Type
    value: str | int | bool | None


class Signature(Struct):
    """What a caller of a flow needs to know."""

    name: str
    params: tuple[FieldType, ...]
    result: Type | None
    keyed: bool


def kind_of(decl: Named) -> str:
    """The word that declares it."""
    return KINDS[type(decl)]


class Scope:
    """The names of one file. `used` gathers which of its own declarations were asked for."""

    def __init__(self, source: Source, module: ast.Module, report: Reporter) -> None:
        self.source = source
        self.module = module
        self.report = report
        self.used: set[str] = set()
        self.second: list[Named] = []  # declarations under a name that is taken
        self._own: dict[str, Named] = {}
        self._imported: dict[str, Scope] = {}
        self._types: dict[str, Type] = {}
        self._in_progress: set[str] = set()
        self._errors: dict[str, ErrorType] = {}
        self._consts: dict[str, Const] = {}
        self._policies: dict[str, Policy] = {}
        self._services: dict[str, Service] = {}
        self._signatures: dict[str, Signature] = {}
        for decl in module.declarations:
            if not isinstance(decl, ast.ImportDecl):
                self._declare(decl)

    def _declare(self, decl: Named) -> None:
        name = decl.name.text
        if not name:
            return
        if isinstance(decl, ast.ErrorDecl) and name in BUILTIN_ERRORS:
            self.report.say(
                "duplicate-declaration",
                decl.name.span,
                f"error `{name}` is built in",
                "choose another name; the built-in one can be handled with `on` as it is",
            )
        elif name in PRIMITIVES:
            self.report.say(
                "duplicate-declaration",
                decl.name.span,
                f"`{name}` is a built-in type",
                "choose another name",
            )
        elif name in self._own:
            first = self._own[name]
            self.report.say(
                "duplicate-declaration",
                decl.name.span,
                f"`{name}` is declared twice",
                "all declarations of a file share one set of names: rename one of them",
                related=(Related(first.name.span, f"the {kind_of(first)} `{name}` is here"),),
            )
            self.second.append(decl)
        else:
            self._own[name] = decl

    def add_import(self, decl: ast.ImportDecl, scope: Scope) -> None:
        """Make the declarations of another file known; a clash is reported at the import."""
        for name, theirs in scope._own.items():
            ours = self._own.get(name)
            before = self._imported.get(name)
            if ours is not None or (before is not None and before is not scope):
                self.report.say(
                    "duplicate-declaration",
                    decl.span,
                    f"the import brings a second `{name}`",
                    "rename one of the two declarations",
                    related=(
                        Related(ours.name.span, f"the {kind_of(ours)} `{name}` of this file")
                        if ours is not None
                        else Related(before._own[name].name.span, "the first one", before.source)
                        if before is not None
                        else Related(decl.span, ""),
                        Related(theirs.name.span, "the imported one", scope.source),
                    ),
                )
            else:
                self._imported[name] = scope

    # -- looking up ------------------------------------------------------------------------

    def owner(self, name: str) -> Scope | None:
        """The scope whose file declares `name`, among this file and its imports."""
        return self if name in self._own else self._imported.get(name)

    def find(self, name: str) -> Named | None:
        """The declaration of `name`; counts as a use."""
        owner = self.owner(name)
        if owner is None:
            return None
        self.used.add(name)
        return owner._own[name]

    def kind_named(self, name: str) -> str | None:
        """The word that declares `name`, if anything does; no use."""
        owner = self.owner(name)
        return None if owner is None else kind_of(owner._own[name])

    def names(self, *kinds: type) -> list[str]:
        """Every known name, or those of some kinds of declaration."""
        own = [(name, decl) for name, decl in self._own.items()]
        own += [(name, scope._own[name]) for name, scope in self._imported.items()]
        return [name for name, decl in own if not kinds or isinstance(decl, kinds)]

    def declared(self) -> Iterable[Named]:
        """This file's own declarations, in order."""
        return self._own.values()

    def unknown(self, what: str, name: ast.Name, known: Iterable[str]) -> None:
        """Report that there is no such thing, with the nearest that there is."""
        if not name.text or any(decl.name.text == name.text for decl in self.second):
            return  # it was declared twice, which has been said
        other = self.find(name.text)
        if other is not None:
            self.report.say(
                "unknown-name",
                name.span,
                f"`{name.text}` is {_a(kind_of(other))}, but {_a(what)} is needed here",
            )
            return
        help_text, fix = did_you_mean(name.text, name.span, known)
        self.report.say(
            "unknown-name",
            name.span,
            f"there is no {what} `{name.text}`",
            help_text or f"declare it, or import the file that does: {_example(what, name.text)}",
            fix=fix,
        )

    # -- types -----------------------------------------------------------------------------

    def type_of(self, ref: ast.TypeRef) -> Type:
        """The type that was written."""
        if ref.item is not None:
            item = self.type_of(ref.item)
            if isinstance(required_type(item), ListType):
                self.report.say(
                    "bad-type",
                    ref.span,
                    "a list of lists is not possible",
                    "wrap the inner list: `type Row { cells: [text] }` and a list of `Row`",
                )
                return BROKEN
            kind: Type = ListType(item)
        else:
            assert ref.name is not None
            kind = self.type_named(ref.name)
        return optional(kind) if ref.optional else kind

    def type_named(self, name: ast.Name) -> Type:
        """The built-in or declared type of that name."""
        if name.text in PRIMITIVES:
            return PRIMITIVES[name.text]
        decl = self.find(name.text)
        owner = self.owner(name.text)
        if owner is None or not isinstance(decl, ast.TypeDecl | ast.EnumDecl):
            self.unknown("type", name, [*self.names(ast.TypeDecl, ast.EnumDecl), *PRIMITIVES])
            return BROKEN
        if name.text in owner._in_progress:
            self.report.say(
                "bad-type",
                name.span,
                f"type `{name.text}` contains itself",
                "hold an id of the other one instead",
            )
            return BROKEN
        return owner._declared_type(name.text, decl)

    def _declared_type(self, name: str, decl: ast.TypeDecl | ast.EnumDecl) -> Type:
        if name in self._types:
            return self._types[name]
        doc = decl.doc.text if decl.doc else None
        made: Type
        if isinstance(decl, ast.EnumDecl):
            members = self._unique(decl.members, "member")
            made = EnumType(name, decl.name.span, self.source, doc, members)
        else:
            self._in_progress.add(name)
            fields = self.fields(decl.fields, "field")
            self._in_progress.discard(name)
            made = RecordType(name, decl.name.span, self.source, doc, fields)
        self._types[name] = made
        return made

    def enum_named(self, name: str) -> EnumType | None:
        """The enum of that name, if there is one."""
        owner = self.owner(name)
        decl = owner._own[name] if owner else None
        if owner is None or not isinstance(decl, ast.EnumDecl):
            return None
        self.used.add(name)
        made = owner._declared_type(name, decl)
        return made if isinstance(made, EnumType) else None

    def record_named(self, name: str) -> RecordType | None:
        """The record type of that name, if there is one."""
        owner = self.owner(name)
        decl = owner._own[name] if owner else None
        if owner is None or not isinstance(decl, ast.TypeDecl):
            return None
        self.used.add(name)
        made = owner._declared_type(name, decl)
        return made if isinstance(made, RecordType) else None

    def fields(self, fields: tuple[ast.Field, ...], what: str) -> tuple[FieldType, ...]:
        """The meaning of a list of fields or parameters; a repeated name is reported."""
        self._unique(tuple(field.name for field in fields), what)
        seen: dict[str, FieldType] = {}
        for field in fields:
            made = FieldType(field.name.span, field.name.text, self.type_of(field.type))
            seen.setdefault(made.name, made)
        return tuple(seen.values())

    def _unique(self, names: tuple[ast.Name, ...], what: str) -> tuple[str, ...]:
        seen: dict[str, Span] = {}
        for name in names:
            if name.text in seen and name.text:
                self.report.say(
                    "duplicate-declaration",
                    name.span,
                    f"{what} `{name.text}` stands here twice",
                    "rename or remove one",
                    related=(Related(seen[name.text], "the first one"),),
                )
            seen.setdefault(name.text, name.span)
        return tuple(seen)

    # -- errors, consts, flows -------------------------------------------------------------

    def error_named(self, name: ast.Name) -> ErrorType | None:
        """The declared or built-in error of that name."""
        if name.text in BUILTIN_ERRORS:
            return BUILTIN_ERRORS[name.text]
        decl = self.find(name.text)
        owner = self.owner(name.text)
        if owner is None or not isinstance(decl, ast.ErrorDecl):
            self.unknown("error", name, [*self.names(ast.ErrorDecl), *BUILTIN_ERRORS])
            return None
        return owner.error(decl)

    def error(self, decl: ast.ErrorDecl) -> ErrorType:
        """The meaning of one of this file's errors."""
        name = decl.name.text
        if name not in self._errors:
            for field in decl.fields or ():
                if field.name.text in ("name", "message"):
                    self.report.say(
                        "duplicate-declaration",
                        field.name.span,
                        f"every error has a field `{field.name.text}` of its own",
                        "choose another name for this one",
                    )
            self._errors[name] = ErrorType(
                name,
                decl.name.span,
                self.source,
                decl.doc.text if decl.doc else None,
                self.fields(decl.fields or (), "field"),
                decl.transient,
            )
        return self._errors[name]

    def const(self, name: str) -> Const | None:
        """The value of a const, if there is one of that name."""
        owner = self.owner(name)
        decl = owner._own[name] if owner else None
        if owner is None or not isinstance(decl, ast.ConstDecl):
            return None
        self.used.add(name)
        return owner.const_declared(decl)

    def _literal(self, value: ast.Expr) -> Const:
        found = literal(value, self.report)
        if found is not None:
            return Const(*found)
        if isinstance(value, ast.Get) and isinstance(value.value, ast.Var):
            enum = self.enum_named(value.value.name.text)
            if enum is not None and value.field.text in enum.members:
                return Const(enum, value.field.text)
        if not isinstance(value, ast.Missing):
            self.report.say(
                "not-a-literal",
                value.span,
                "a const is a literal: it is not computed",
                "write a number, text without holes, duration, `true`, `false` or `Enum.Member`",
            )
        return Const(BROKEN, None)

    def duration(self, written: ast.DurationExpr, *, zero: bool = False) -> int | None:
        """Milliseconds of a duration literal or const. None, and a finding, for anything else."""
        if isinstance(written, ast.Duration):
            ms: int | None = written.ms
        else:
            const = self.const(written.name.text)
            if const is None:
                self.unknown("const", written.name, self.names(ast.ConstDecl))
                return None
            if not isinstance(const.type, Prim | Broken) or const.type not in (DURATION, BROKEN):
                self.report.say(
                    "type-mismatch",
                    written.span,
                    f"`{written.name.text}` is no duration",
                    "write one like `30s`, `5m` or `1d12h`",
                )
                return None
            ms = const.value if isinstance(const.value, int) else None
        if ms == 0 and not zero:
            self.report.say(
                "bad-number",
                written.span,
                "a duration of 0 allows nothing",
                "write how long, as in `30s`, or leave it out",
            )
            return None
        return ms

    def signature(self, name: str) -> Signature | None:
        """What callers need of a flow, if there is one of that name."""
        owner = self.owner(name)
        decl = owner._own[name] if owner else None
        if owner is None or not isinstance(decl, ast.FlowDecl):
            return None
        self.used.add(name)
        return owner._signature(decl)

    def _signature(self, decl: ast.FlowDecl) -> Signature:
        name = decl.name.text
        if name not in self._signatures:
            self._signatures[name] = Signature(
                name,
                self.fields(decl.params, "parameter"),
                self.type_of(decl.result) if decl.result else None,
                any(isinstance(head, ast.KeyHead) for head in decl.heads),
            )
        return self._signatures[name]

    # -- this file's own declarations ------------------------------------------------------

    def type_declared(self, decl: ast.TypeDecl | ast.EnumDecl) -> Type:
        """The meaning of one of this file's types."""
        return self._declared_type(decl.name.text, decl)

    def const_declared(self, decl: ast.ConstDecl) -> Const:
        """The meaning of one of this file's consts."""
        name = decl.name.text
        if name not in self._consts:
            self._consts[name] = self._literal(decl.value)
        return self._consts[name]

    def policy_declared(self, decl: ast.PolicyDecl) -> Policy:
        """The meaning of one of this file's policies."""
        name = decl.name.text
        if name not in self._policies:
            self._policies[name] = contracts.policy(decl, self)
        return self._policies[name]

    def service_declared(self, decl: ast.ServiceDecl) -> Service:
        """The meaning of one of this file's services."""
        name = decl.name.text
        if name not in self._services:
            self._services[name] = contracts.service(decl, self)
        return self._services[name]

    # -- contracts -------------------------------------------------------------------------

    def policy(self, name: ast.Name) -> Policy | None:
        """The policy of that name; a missing one is reported."""
        decl = self.find(name.text)
        owner = self.owner(name.text)
        if owner is None or not isinstance(decl, ast.PolicyDecl):
            self.unknown("policy", name, self.names(ast.PolicyDecl))
            return None
        return owner.policy_declared(decl)

    def service(self, name: str) -> Service | None:
        """The service of that name, if there is one."""
        owner = self.owner(name)
        decl = owner._own[name] if owner else None
        if owner is None or not isinstance(decl, ast.ServiceDecl):
            return None
        self.used.add(name)
        return owner.service_declared(decl)


def base(kind: Type) -> Type:
    """The innermost type of an optional or a list."""
    while isinstance(kind, OptionalType | ListType):
        kind = kind.of if isinstance(kind, OptionalType) else kind.item
    return kind


def _a(what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"


def _example(what: str, name: str) -> str:
    return {
        "type": f"`type {name} {{ ... }}`",
        "error": f"`error {name}`",
        "policy": f"`policy {name} {{ timeout 10s }}`",
        "service": f"`service {name} {{ ... }}`",
        "const": f"`const {name} = 5d`",
    }.get(what, f"`{name}`")
