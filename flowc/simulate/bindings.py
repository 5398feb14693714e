"""Which statements an expression draws on: names to the statements that bind them."""

from __future__ import annotations

from flowc.compiler.expr import Expr, names_in
from flowc.compiler.flow import Await, Let, Record, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.simulate.places import Places

    Binder = Step | Let | Record | Await


class Bindings:
    """The statements of a flow that bind a name, several where arms bind the same one."""

    __slots__ = ("_by_name",)

    def __init__(self, places: Places) -> None:
        self._by_name: dict[str, list[Binder]] = {}
        for node in places.nodes:
            if isinstance(node, Step | Let | Record | Await):
                self._by_name.setdefault(node.name, []).append(node)

    def sources(self, expr: Expr) -> tuple[Binder, ...]:
        """The steps, records and awaits that an expression gets its value from, through `let`."""
        found: dict[int, Binder] = {}
        seen: set[str] = set()
        names: list[str] = sorted(names_in(expr))
        while names:
            name = names.pop()
            if name in seen:
                continue
            seen.add(name)
            for binder in self._by_name.get(name, ()):
                if isinstance(binder, Let):
                    names.extend(names_in(binder.value))
                else:
                    found[id(binder)] = binder
        return tuple(found.values())

    def values(self, name: str) -> tuple[Expr, ...]:
        """What a name stands for where it is bound by `let`."""
        return tuple(
            binder.value for binder in self._by_name.get(name, ()) if isinstance(binder, Let)
        )
