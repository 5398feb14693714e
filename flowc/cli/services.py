"""A module of services to an object that a program calls: everything missing is found first."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
import traceback
from types import SimpleNamespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType
    from typing import Any


class Unusable(Exception):  # noqa: N818 - not an error of ours but an answer
    """Why the services cannot be used: one text per reason."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(*reasons)
        self.reasons = reasons


def load_services(name: str, operations: Iterable[Any]) -> SimpleNamespace:
    """What implements the operations, by service and method; `operations` have `title`,
    `service`, `method` and `parameters`. Raises Unusable."""
    module = _module(name)
    services: dict[str, Any] = {}
    made: dict[str, SimpleNamespace] = {}
    reasons: list[str] = []
    for operation in operations:
        if operation.service not in services:
            try:
                services[operation.service] = _service(module, operation, name)
            except Unusable as unusable:
                reasons += unusable.reasons
                services[operation.service] = None
        service = services[operation.service]
        if service is None:
            continue
        try:
            method = _method(service, operation, name)
        except Unusable as unusable:
            reasons += unusable.reasons
            continue
        holder = made.setdefault(operation.service, SimpleNamespace())
        setattr(holder, operation.method, method)
    if reasons:
        raise Unusable(*reasons)
    return SimpleNamespace(**made)


def _module(name: str) -> ModuleType:
    """The module of that name, or of that file. Raises Unusable."""
    is_file = name.endswith(".py") or os.sep in name
    if is_file and not os.path.isfile(name):
        raise Unusable(f"there is no file `{name}` with services")
    folder = os.path.dirname(os.path.abspath(name)) if is_file else os.getcwd()
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        if not is_file:
            return importlib.import_module(name)
        stem = os.path.splitext(os.path.basename(name))[0]
        spec = importlib.util.spec_from_file_location(stem, os.path.abspath(name))
        if spec is None or spec.loader is None:
            raise Unusable(f"`{name}` is no Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[stem] = module
        spec.loader.exec_module(module)
        return module
    except Unusable:
        raise
    except ModuleNotFoundError as error:
        if error.name is not None and name.partition(".")[0] == error.name:
            raise Unusable(
                f"there is no module `{name}`: give a module that Python finds, or a file"
            ) from None
        raise Unusable(f"`{name}` cannot be imported: {_said(error)}") from None
    except (Exception, SystemExit) as error:
        raise Unusable(f"`{name}` cannot be imported: {_said(error)}") from None


def _said(error: BaseException) -> str:
    """An error of the user's code in one line, with its place."""
    said = " ".join(f"{type(error).__name__}: {error}".split())
    if isinstance(error, SyntaxError):
        return said
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "importlib" not in frame.filename and frame.filename != __file__
    ]
    return f"{own[-1].filename}:{own[-1].lineno}: {said}" if own else said


def _service(module: ModuleType, operation: Any, name: str) -> object:
    """The object that implements a service; a class is made one. Raises Unusable."""
    service = str(operation.service)
    title = operation.title.partition(".")[0]
    pascal = "".join(part[:1].upper() + part[1:] for part in title.split("_"))
    for wanted in (service, title, pascal):
        found = getattr(module, wanted, None)
        if found is not None:
            break
    else:
        raise Unusable(f"`{name}` has no `{pascal}` for the service `{title}`")
    if not isinstance(found, type):
        return found
    try:
        return found()
    except Exception as error:
        raise Unusable(
            f"`{found.__name__}` of `{name}` cannot be made without arguments: {_said(error)}"
        ) from None


def _selfless(service: object, operation: Any) -> str:
    """A word about `self` where it was forgotten, else nothing."""
    written = inspect.getattr_static(type(service), operation.method, None)
    if not inspect.isfunction(written):
        return ""
    first = next(iter(inspect.signature(written).parameters), "")
    return "" if first == "self" else ": its first parameter must be `self`"


def _method(service: object, operation: Any, name: str) -> object:
    """The function of an operation. Raises Unusable."""
    method = getattr(service, operation.method, None)
    if not callable(method):
        raise Unusable(f"`{name}` has no function for `{operation.title}`")
    try:
        signature = inspect.signature(method)
    except (TypeError, ValueError):
        return method
    try:
        signature.bind(**dict.fromkeys(operation.parameters))
    except TypeError:
        given = ", ".join(operation.parameters) or "nothing"
        raise Unusable(
            f"`{operation.title}` of `{name}` takes `{signature}`, but is called by name with "
            f"{given}{_selfless(service, operation)}"
        ) from None
    return method
