"""Imports to sources: relative paths that stay inside the project, each file read once."""

from __future__ import annotations

import os

from flowc.cli.cache import digest
from flowc.cli.files import Refused, decode, read_bytes
from flowc.cli.project import display, project_root
from flowc.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.compiler.imports import ImportProblem, Trees

ABSENT = "-"


class Loader:
    """Reads what files import. `touched` holds every path tried since it was last cleared, with
    the digest of what was found there (`ABSENT`: nothing that can be read)."""

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        """`names`: what users call the files at some absolute paths."""
        self._names = names or {}
        self.touched: dict[str, str] = {}
        self._sources: dict[str, tuple[Source | Refused, str]] = {}
        self._paths: dict[str, str] = {}
        self._roots: dict[str, str] = {}
        self._places: dict[tuple[str, str], str] = {}  # (importer's place, import) -> where it is
        self._trees: Trees | None = None

    @property
    def trees(self) -> Trees:
        """The trees of what was imported so far."""
        if self._trees is None:
            from flowc.compiler.imports import Trees

            self._trees = Trees()
        return self._trees

    def enter(self, source: Source, path: str, content: str) -> Source:
        """Begin with a file: so that imports of it find the same source. `path` is where it
        lies, `content` its digest. Gives the source that an earlier import of it read, if that
        is the same, so that it need not be parsed again."""
        self.touched = {}
        self._paths[source.name] = path
        real = os.path.realpath(path)
        before, digested = self._sources.get(real, (None, ""))
        if isinstance(before, Source) and digested == content and before.name == source.name:
            return before
        self._sources[real] = (source, content)
        return source

    def root(self, path: str) -> str:
        """The project root of a file, symbolic links resolved."""
        folder = os.path.dirname(path)
        known = self._roots.get(folder)
        if known is None:
            known = self._roots[folder] = project_root(os.path.realpath(folder))
        return known

    def __call__(self, importer: str, path: str) -> Source | ImportProblem:
        """The file that the source named `importer` imports as `path`."""
        from flowc.compiler.imports import ImportProblem

        origin = self._paths.get(importer) or os.path.abspath(importer)
        place = self._places.get((origin, path)) or self._find(origin, path)
        if isinstance(place, ImportProblem):
            return place
        self._places[origin, path] = place
        found, content = self._read(place)
        self.touched[place] = content
        if isinstance(found, Refused):
            return ImportProblem(_refusal(path, found), found.help)
        return found

    def _find(self, origin: str, path: str) -> str | ImportProblem:
        """Where the import of a file lies, symbolic links resolved."""
        from flowc.compiler.imports import ImportProblem

        fault = _misshapen(path)
        if fault is not None:
            return ImportProblem(*fault)
        wanted = os.path.normpath(os.path.join(os.path.dirname(origin), *path.split("/")))
        real = os.path.realpath(wanted)
        root = self.root(origin)
        if os.path.commonpath((real, root)) != root:
            through = " (it is a symbolic link)" if real != wanted else ""
            return ImportProblem(
                f"`{path}` lies outside the project{through}",
                f"imports stay below `{root}`, the nearest folder with `flowc.toml`, "
                "`pyproject.toml` or `.git`",
            )
        return real

    def _read(self, real: str) -> tuple[Source | Refused, str]:
        known = self._sources.get(real)
        if known is None:
            try:
                data = read_bytes(real)
                source = Source(self._names.get(real) or display(real), decode(data))
                self._paths[source.name] = real
                known = source, digest(data)
            except Refused as refused:
                known = refused, digest(refused.data) if refused.data else ABSENT
            self._sources[real] = known
        return known

    def place(self, source: Source) -> str:
        """Where a source lies, symbolic links resolved."""
        return os.path.realpath(self._paths.get(source.name) or source.name)

    def at(self, real: str) -> Source:
        """The source at a place that an earlier run knew; without text if it is gone."""
        found, _ = self._read(real)
        return found if isinstance(found, Source) else Source(display(real), "")


def _misshapen(path: str) -> tuple[str, str] | None:
    """Why a text is no import path, whatever the disk says."""
    form = 'write a path relative to this file, with `/`: `import "common.flow"`'
    if not path.strip():
        return "the import names no file", form
    if "\0" in path or any(ord(letter) < 32 for letter in path):
        return "the path has a control character in it", form
    if path.startswith(("/", "~")) or path[1:2] == ":" or "://" in path:
        return f"`{path}` is not relative", form
    if "\\" in path:
        return f"`{path}` has a backslash in it", form
    return None


def _refusal(path: str, refused: Refused) -> str:
    message = refused.message
    if message.startswith(("is ", "may ", "cannot ")):
        return f"`{path}` {message}"
    if message.startswith("no such"):
        return f"there is no file `{path}`"
    return f"`{path}`: {message}"
