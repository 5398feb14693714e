"""Modules that a run is known to need, straight from their bytecode.

`import` searches, asks and books more for a module than most of flowc's take to run: a third of
linting one file. What is not exactly as expected here is left to it.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib import ModuleSpec  # `importlib` has them too, and costs as much as a parse
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader
from marshal import loads

from flowc.cli.import_order import ORDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

_LARGEST = 120_000  # bytes of bytecode; below what malloc asks the system for
_HEAD = MAGIC_NUMBER + bytes(4)  # of bytecode that holds for its source's age and size
_READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def import_ahead(stage: str) -> None:
    """Import what a stage of a run (a key of `ORDER`) needs, each module after those it imports.

    Only from bytecode that `import` would take as well, and never a module that is there already.
    """
    modules = sys.modules
    tag = sys.implementation.cache_tag
    if tag is None or sys.flags.optimize or sys.pycache_prefix is not None:
        return
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for place in ORDER[stage]:
        is_package = place.endswith("/__init__")
        name = "flowc." + place.removesuffix("/__init__").replace("/", ".")
        if name in modules:
            continue
        folder, _, stem = f"{root}/{place}".rpartition("/")
        source = f"{folder}/{stem}.py"
        cached = f"{folder}/__pycache__/{stem}.{tag}.pyc"
        code = _code(source, cached)
        if code is None:
            continue
        above, _, last = name.rpartition(".")
        parent = modules.get(above)
        if parent is None:
            continue
        spec = ModuleSpec(name, SourceFileLoader(name, source), origin=source)
        spec.has_location = True
        spec.cached = cached
        module = type(sys)(name)
        module.__spec__ = spec
        module.__loader__ = spec.loader
        module.__file__ = source
        module.__dict__["__cached__"] = cached
        module.__package__ = above
        if is_package:
            module.__package__ = name
            module.__path__ = spec.submodule_search_locations = [folder]
        modules[name] = module
        try:
            exec(code, module.__dict__)
        except BaseException:
            del modules[name]
            raise
        setattr(parent, last, module)


def _code(source: str, cached: str) -> CodeType | None:
    """The bytecode of a source, None if it is not there or not of it."""
    try:
        handle = os.open(cached, _READ)
        try:
            data = os.read(handle, _LARGEST)
        finally:
            os.close(handle)
        now = os.stat(source)
    except OSError:
        return None
    age = int(now.st_mtime) & 0xFFFF_FFFF
    head = _HEAD + age.to_bytes(4, "little") + (now.st_size & 0xFFFF_FFFF).to_bytes(4, "little")
    if data[:16] != head or len(data) == _LARGEST:
        return None
    try:
        code: CodeType = loads(memoryview(data)[16:])
    except (EOFError, TypeError, ValueError):
        return None
    return code if code.co_filename == source else None
