"""Applications: constructors, library functions and ambient values, with their arguments."""

from __future__ import annotations

from flowc.compiler import library
from flowc.compiler.expr import (
    Ambient,
    Construct,
    Expr,
    LibCall,
    Lit,
)
from flowc.compiler.report import did_you_mean, listed
from flowc.compiler.types import (
    NONE,
    FieldType,
    OptionalType,
    RecordType,
    show,
)
from flowc.dsl import ast
from flowc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.compiler.typer import Typer


def apply_(typer: Typer, written: ast.Apply) -> Expr:
    """`name(args)`: a constructor, a function of the library, or an ambient value."""
    name = written.name.text
    if not name:
        return typer.broken(written.span)
    record = typer.scope.record_named(name)
    if record is not None:
        return construct(typer, written, record)
    if name in library.AMBIENT:
        return _ambient(typer, written)
    if name in library.LIBRARY:
        return _library(typer, written)
    for arg in written.args:
        typer.expr(arg.value)
    if typer.scope.signature(name) is not None:
        typer.report.say(
            "unknown-name",
            written.name.span,
            f"`{name}` is a flow, not a function",
            f"call it in a step of its own: `step x = {name}(...)`",
        )
        return typer.broken(written.span)
    known = [*library.LIBRARY, *library.AMBIENT, *typer.scope.names(ast.TypeDecl)]
    help_text, fix = did_you_mean(name, written.name.span, known)
    typer.report.say(
        "unknown-name",
        written.name.span,
        f"there is no function or type `{name}`",
        help_text or "actions of services are called in steps: `step x = service.action(...)`",
        fix=fix,
    )
    return typer.broken(written.span)


def construct(typer: Typer, written: ast.Apply, record: RecordType) -> Expr:
    """`T(a: x)`: fields by name or in order; an optional one may be left out."""
    values = arguments(
        typer, record.fields, written.args, written.name.span, f"`{record.name}`", "field"
    )
    named = tuple((field.name, value) for field, value in zip(record.fields, values, strict=True))
    return Construct(written.span, record, named)


def arguments(
    typer: Typer,
    params: tuple[FieldType, ...],
    args: tuple[ast.Arg, ...],
    at: Span,
    owner: str,
    what: str,
) -> tuple[Expr, ...]:
    """One value per parameter, in their order; what is missing or too much is reported."""
    given: dict[str, Expr] = {}
    told = False  # a misnamed argument is one mistake, not also a missing one
    by_name = {param.name: param for param in params}
    for place, arg in enumerate(args):
        if arg.name is None:
            if place >= len(params):
                typer.expr(arg.value)
                if len(params) == 0:
                    taken = f"{owner} takes no {what}s"
                else:
                    taken = f"{owner} takes {len(params)} {what}{'s' * (len(params) > 1)}"
                typer.report.say(
                    "wrong-arguments", arg.span, f"{taken}, and this is number {place + 1}"
                )
                continue
            param = params[place]
        elif arg.name.text in by_name:
            param = by_name[arg.name.text]
        else:
            typer.expr(arg.value)
            told = True
            if arg.name.text:
                help_text, fix = did_you_mean(arg.name.text, arg.name.span, by_name)
                typer.report.say(
                    "wrong-arguments",
                    arg.name.span,
                    f"{owner} has no {what} `{arg.name.text}`",
                    help_text or f"it has {listed(tuple(by_name))}",
                    fix=fix,
                )
            continue
        if param.name in given:
            told = True
            typer.expr(arg.value)
            typer.report.say("wrong-arguments", arg.span, f"{what} `{param.name}` is given twice")
            continue
        given[param.name] = typer.value(arg.value, param.type, f"{what} `{param.name}`")
    missing = [
        param.name
        for param in params
        if param.name not in given and not isinstance(param.type, OptionalType)
    ]
    if missing and not told and not any(isinstance(arg.value, ast.Missing) for arg in args):
        typer.report.say(
            "wrong-arguments",
            at,
            f"{owner} also needs {listed(tuple(missing))}",
            f"give {'it' if len(missing) == 1 else 'them'}: "
            + ", ".join(f"`{name}: ...`" for name in missing),
        )
    return tuple(
        given.get(param.name)
        or (Lit(at, NONE, None) if isinstance(param.type, OptionalType) else typer.broken(at))
        for param in params
    )


def _ambient(typer: Typer, written: ast.Apply) -> Expr:
    name = written.name.text
    count, kind, what = library.AMBIENT[name]
    for arg in written.args:
        typer.expr(arg.value)
    if len(written.args) != count:
        typer.report.say(
            "wrong-arguments",
            written.span,
            f"`{name}` takes {'no argument' if count == 0 else 'one argument'}",
        )
    return Ambient(written.span, kind, what)


def _library(typer: Typer, written: ast.Apply) -> Expr:
    name = written.name.text
    args = tuple(typer.expr(arg.value) for arg in written.args)
    for arg in written.args:
        if arg.name is not None:
            typer.report.say(
                "wrong-arguments",
                arg.name.span,
                "functions take their arguments in order",
                f"leave out `{arg.name.text}:`",
            )
    overloads = library.LIBRARY[name]
    fitting = [s for s in overloads if library.arity(s, len(args)) is not None]
    shapes = " or ".join(f"`{library.describe(s)}`" for s in overloads)
    if not fitting:
        typer.report.say(
            "wrong-arguments",
            written.span,
            f"`{name}` does not take {len(args)} argument{'s' * (len(args) != 1)}",
            f"it is {shapes}",
        )
        return typer.broken(written.span)
    kinds = tuple(arg.type for arg in args)
    results = [library.apply(signature, kinds) for signature in fitting]
    for signature, result in zip(fitting, results, strict=True):
        if not isinstance(result, int):
            return LibCall(written.span, result, signature.id, args)
    wrong = args[max(result for result in results if isinstance(result, int))]
    if isinstance(wrong.type, OptionalType):
        typer.report.say(
            "maybe-none",
            wrong.span,
            f"this may be none, and `{name}` cannot take that",
            "give a value for none with `??`",
            label=f"`{show(wrong.type)}`",
        )
    else:
        typer.report.say(
            "type-mismatch",
            wrong.span,
            f"`{name}` cannot take a `{show(wrong.type)}` here",
            f"it is {shapes}",
        )
    return typer.broken(written.span)
