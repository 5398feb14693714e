"""An emitted package, imported from memory: nothing is written, nothing stale can be found."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import linecache
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, ModuleType

    from flowc.targets.target import Files


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds the modules of one package among its files."""

    def __init__(self, package: str, files: Files) -> None:
        self._package = package
        self._files = files

    def _file(self, name: str) -> tuple[str, bool] | None:
        """The path of a module and whether it is a package."""
        if name != self._package and not name.startswith(self._package + "."):
            return None
        stem = name[len(self._package) + 1 :].replace(".", "/")
        inner = f"{stem}/__init__.py".lstrip("/")
        if inner in self._files:
            return inner, True
        return (f"{stem}.py", False) if f"{stem}.py" in self._files else None

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        found = self._file(fullname)
        if found is None:
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=found[1])

    def get_source(self, fullname: str) -> str:
        found = self._file(fullname)
        if found is None:
            raise ImportError(fullname)
        return self._files[found[0]]

    def is_package(self, fullname: str) -> bool:
        found = self._file(fullname)
        return found is not None and found[1]

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_source(fullname)
        name = f"<{fullname}>"
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        return compile(source, name, "exec", dont_inherit=True)


def import_package(package: str, files: Files) -> None:
    """Make the package importable under that name for the rest of the process."""
    sys.meta_path.insert(0, _Finder(package, files))
