"""A source to what it means: its tree, its flows at every version, and what is wrong with it."""

from __future__ import annotations

from flowc.compiler import contracts
from flowc.compiler.flow import Flow, Program, SubFlow
from flowc.compiler.imports import Imports, Trees
from flowc.compiler.lower import lower_all
from flowc.compiler.report import Reporter
from flowc.compiler.resolve import Scope, kind_of
from flowc.dsl import ast
from flowc.dsl.parser import parse
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.compiler.imports import Load
    from flowc.compiler.resolve import Named
    from flowc.diagnostic import Diagnostic
    from flowc.source import Source


class Checked(Struct):
    """A source after every check of the compiler.

    `program` exists also where there are errors (their parts are Broken); after syntax errors
    it is empty. `declarations` maps the name of each of the file's flows to its tree.
    """

    source: Source
    module: ast.Module
    diagnostics: tuple[Diagnostic, ...]
    program: Program
    declarations: dict[str, ast.FlowDecl]
    imports: tuple[Source, ...]

    @property
    def failed(self) -> bool:
        """Whether there is any error."""
        return any(d.severity == "error" for d in self.diagnostics)


EMPTY = Program((), (), ())


def check(source: Source, load: Load | None = None, trees: Trees | None = None) -> Checked:
    """Parse and check a source. `load` reads what it imports; without it every import fails.
    `trees`, given for several sources, parses each source that they import only once.

    Never raises for anything that stands in the source or its imports.
    """
    parsed = (trees.known(source) if trees else None) or parse(source)
    if parsed.diagnostics:
        return Checked(source, parsed.module, parsed.diagnostics, EMPTY, {}, ())
    report = Reporter(source)
    imports = Imports(load, trees or Trees())
    scope = Scope(source, parsed.module, report)
    imports.connect(scope)
    newest: list[Flow] = []
    older: list[Flow] = []
    declarations: dict[str, ast.FlowDecl] = {}
    for decl in scope.declared():
        match decl:
            case ast.FlowDecl():
                *before, last = lower_all(decl, scope)
                newest.append(last)
                older.extend(before)
                declarations[decl.name.text] = decl
            case ast.TypeDecl() | ast.EnumDecl():
                scope.type_declared(decl)
            case ast.ErrorDecl():
                scope.error(decl)
            case ast.PolicyDecl():
                scope.policy_declared(decl)
            case ast.ServiceDecl():
                scope.service_declared(decl)
            case ast.ConstDecl():
                scope.const_declared(decl)
    for decl in scope.second:
        _mentions(decl, scope)
    imported = _imported((*newest, *older), scope)
    imports.report_inner(scope)
    whole = not any(isinstance(decl, ast.FlowDecl) for decl in scope.second)
    if whole and any(isinstance(d, ast.FlowDecl) and _is_entry(d) for d in scope.declared()):
        _unused(scope)
    program = Program(tuple(newest), tuple(older), imported)
    return Checked(
        source, parsed.module, report.diagnostics, program, declarations, imports.sources(source)
    )


def _imported(flows: tuple[Flow, ...], scope: Scope) -> tuple[Flow, ...]:
    """The flows of other files that these call, directly or not, at every version."""
    found: dict[str, tuple[Flow, ...]] = {}
    todo = [(flow, scope) for flow in flows]
    while todo:
        flow, home = todo.pop()
        for step in flow.steps:
            if not isinstance(step.call, SubFlow):
                continue
            owner = home.owner(step.call.flow)
            if owner is None or owner is scope or step.call.flow in found:
                continue
            decl = owner.find(step.call.flow)
            if isinstance(decl, ast.FlowDecl):
                made = lower_all(decl, owner)
                found[step.call.flow] = made
                todo.extend((child, owner) for child in made)
    return tuple(flow for name in sorted(found) for flow in found[name])


def _mentions(decl: Named, scope: Scope) -> None:
    """Look at a declaration that is not kept: what it mentions is used, and may be wrong."""
    match decl:
        case ast.TypeDecl():
            scope.fields(decl.fields, "field")
        case ast.ErrorDecl():
            scope.fields(decl.fields or (), "field")
        case ast.PolicyDecl():
            contracts.policy(decl, scope)
        case ast.ServiceDecl():
            contracts.service(decl, scope)
        case _:
            pass


def _is_entry(decl: ast.FlowDecl) -> bool:
    return any(isinstance(head, ast.KeyHead) for head in decl.heads)


def _unused(scope: Scope) -> None:
    """Report what nothing in an entry file uses; a library file may declare for others."""
    twice = {decl.name.text for decl in scope.second}  # a use may have meant either
    for decl in scope.declared():
        name = decl.name.text
        if name in scope.used or name in twice or isinstance(decl, ast.FlowDecl):
            continue
        scope.report.say(
            "unused-declaration",
            decl.name.span,
            f"{kind_of(decl)} `{name}` is used nowhere in this file",
            "remove it, or move what is shared into a file to import",
        )
