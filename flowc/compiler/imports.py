"""Imports: each file read and parsed once, connected in any order, cycles told apart."""

from __future__ import annotations

from flowc.compiler.contracts import plain_text
from flowc.compiler.report import Reporter
from flowc.compiler.resolve import Scope
from flowc.diagnostic import Related
from flowc.dsl import ast
from flowc.dsl.parser import parse
from flowc.source import Source
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc.dsl.parser import Parsed

    Load = Callable[[str, str], "Source | ImportProblem"]
    """`load(importer, path)`: the source that the file named `importer` imports as `path`."""

MOST_FILES = 1000
LARGEST_KEPT = 4_000_000  # code points of imported sources, whose trees weigh some fifty times that


class ImportProblem(Struct):
    """Why a file cannot be imported, and the way out."""

    message: str
    help: str | None = None


class Trees:
    """Sources that were imported, parsed once for many checks, as long as they are not too many."""

    def __init__(self) -> None:
        self._known: dict[Source, Parsed] = {}
        self._size = 0

    def known(self, source: Source) -> Parsed | None:
        """What `parse` made of a source, if it was imported before."""
        return self._known.get(source)

    def of(self, source: Source) -> Parsed:
        """What `parse` makes of a source."""
        parsed = self._known.get(source)
        if parsed is None:
            if self._size > LARGEST_KEPT:
                self._known.clear()
                self._size = 0
            parsed = self._known[source] = parse(source)
            self._size += len(source.text)
        return parsed


class Imports:
    """The files behind one source. Two imports are one file if their sources' names are equal."""

    def __init__(self, load: Load | None, trees: Trees) -> None:
        self._load = load
        self._trees = trees
        self._scopes: dict[str, Scope] = {}
        self._through: dict[str, ast.ImportDecl] = {}  # file -> the root's import that leads to it

    def sources(self, but: Source) -> tuple[Source, ...]:
        """Every imported source, directly or not, by name."""
        found = [s.source for _, s in sorted(self._scopes.items()) if s.source is not but]
        return tuple(found)

    def connect(self, root: Scope) -> None:
        """Load everything that `root` imports. A fault in an imported file shows at the import
        that leads to it."""
        self._scopes[root.source.name] = root
        # depth-first without recursion: (scope, imports left, names on the way to it)
        entry: ast.ImportDecl
        way: tuple[str, ...] = (root.source.name,)
        stack = [(root, self._imports(root), way)]
        while stack:
            scope, left, way = stack[-1]
            if not left:
                stack.pop()
                continue
            decl = left.pop(0)
            if scope is root:
                entry = decl
            target = self._open(scope, decl, way)
            if target is None:
                continue
            other, fresh = target
            scope.add_import(decl, other)
            if fresh:
                self._through[other.source.name] = entry
                stack.append((other, self._imports(other), (*way, other.source.name)))

    def report_inner(self, root: Scope) -> None:
        """Report at the root's imports which of the files behind them have errors.

        Call after everything that is used was resolved: unused declarations are not looked at.
        """
        for name, decl in self._through.items():
            scope = self._scopes[name]
            errors = [d for d in scope.report.diagnostics if d.severity == "error"]
            if not errors:
                continue
            found = next((d for d in errors if d.name == "import-cycle"), errors[0])
            line = scope.source.position(found.finding.span.start).line
            if found.name == "import-cycle":
                message, way_out = found.finding.message, found.finding.help
            else:
                message = f"`{name}` has errors"
                way_out = f"line {line}: {found.finding.message}"
            root.report.say(
                "import-cycle" if found.name == "import-cycle" else "bad-import",
                decl.path.span,
                message,
                way_out,
                related=(Related(found.finding.span, found.finding.message, scope.source),),
            )

    @staticmethod
    def _imports(scope: Scope) -> list[ast.ImportDecl]:
        return [d for d in scope.module.declarations if isinstance(d, ast.ImportDecl)]

    def _open(
        self, scope: Scope, decl: ast.ImportDecl, way: tuple[str, ...]
    ) -> tuple[Scope, bool] | None:
        report = scope.report
        path = plain_text(decl.path, report)
        if self._load is None:
            found: Source | ImportProblem = ImportProblem(
                "imports cannot be read here", "give the file by its path"
            )
        elif len(self._scopes) > MOST_FILES:
            found = ImportProblem(f"more than {MOST_FILES} files are imported")
        else:
            found = self._load(scope.source.name, path)
        if isinstance(found, ImportProblem):
            report.say("bad-import", decl.path.span, found.message, found.help)
            return None
        if found.name in way:
            circle = " -> ".join([*way[way.index(found.name) :], found.name])
            report.say(
                "import-cycle",
                decl.path.span,
                f"this import leads back to itself: {circle}",
                "move what both need into a third file",
            )
            return None
        if found.name in self._scopes:
            return self._scopes[found.name], False
        parsed = self._trees.of(found)
        if parsed.diagnostics:
            first = parsed.diagnostics[0]
            line = found.position(first.finding.span.start).line
            report.say(
                "bad-import",
                decl.path.span,
                f"`{path}` has syntax errors",
                f"line {line}: {first.finding.message}",
            )
        made = Scope(found, parsed.module, Reporter(found))
        self._scopes[found.name] = made
        return made, True
