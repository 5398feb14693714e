"""Flows and operations to the names that a template and its definitions call them by, each once."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc.compiler import flow as ir

AWAIT, LOG_DAYS = "FlowAwait", "LogDays"
PARTS = ("", "Logs", "Role", "Failed")  # the resources of a machine, by what follows its name


class Logical:
    """The names of one program. A parameter and a resource may not share one; files may not
    differ by upper and lower case alone."""

    def __init__(self, flows: Iterable[ir.Flow], taken: Iterable[str] = ()) -> None:
        self._taken = {AWAIT, LOG_DAYS, *taken}
        self.machines: dict[str, str] = {}  # flow -> resource
        self.callees: dict[str, str] = {}  # flow -> substitution in the definitions that call it
        self.files: dict[str, str] = {}  # flow -> file
        files: set[str] = set()
        for flow in flows:
            pascal = _pascal(flow.name)
            self.machines[flow.name] = self._free(f"{pascal}Flow", PARTS)
            self.callees[flow.name] = self._free(f"Flow{pascal}", ("",))
            name, number = flow.name, 1
            while name.casefold() in files:
                number += 1
                name = f"{flow.name}-{number}"
            files.add(name.casefold())
            self.files[flow.name] = f"{name}.asl.json"
        self._functions: dict[str, str] = {}

    def function(self, operation: ir.Operation) -> str:
        """The parameter that says which function answers an operation."""
        known = self._functions.get(operation.title)
        if known is None:
            wanted = _pascal(operation.service) + _pascal(operation.name)
            known = self._functions[operation.title] = self._free(wanted, ("",))
        return known

    def _free(self, wanted: str, parts: tuple[str, ...]) -> str:
        name, number = wanted, 1
        while any(f"{name}{part}" in self._taken for part in parts):
            number += 1
            name = f"{wanted}{number}"
        self._taken.update(f"{name}{part}" for part in parts)
        return name


def _pascal(name: str) -> str:
    """`fulfil_order` as `FulfilOrder`."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("_") if word) or "Underscore"
