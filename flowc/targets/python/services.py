"""Services to Protocols, to builders of calls with frozen arguments, and to stubs to fill in."""

from __future__ import annotations

from flowc.compiler.flow import Flow, Operation, Service
from flowc.targets.python.declarations import imports, joined
from flowc.targets.python.kinds import Kinds, parameters
from flowc.targets.python.names import (
    ANNOTATIONS,
    BUILTINS,
    Names,
    all_of,
    docstring,
    pascal,
    quote,
)
from flowc.targets.writer import Code, Group, Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_STANDARD = (
    ("collections.abc", ("Awaitable", "Sequence")),
    ("dataclasses", ("dataclass",)),
    ("datetime", ("datetime", "timedelta")),
    ("decimal", ("Decimal",)),
    ("typing", ("Protocol",)),
)


class Services:
    """The Python names of all services of a program and of their operations."""

    def __init__(self, flows: Iterable[Flow], kinds: Kinds) -> None:
        found: dict[tuple[str, int, int], Service] = {}
        for flow in flows:
            for service in flow.services:
                found.setdefault((service.name, id(service.source), service.span.start), service)
        self.services = tuple(found.values())
        self._kinds = kinds
        types = set(kinds.classes)
        standard = {name for _, names in _STANDARD for name in names}
        classes = Names(frozenset(types | standard | {"Services", "Call", "Operation"}) | BUILTINS)
        attributes = Names(ANNOTATIONS | {"services"})
        builders = Names(
            frozenset(types | standard | {"Call", "Operation", "OPERATIONS"}) | BUILTINS
        )
        self._class: dict[int, str] = {}
        self._attribute: dict[int, str] = {}
        self._method: dict[Operation, str] = {}
        self._builder: dict[Operation, str] = {}
        for service in self.services:
            self._class[id(service)] = classes.take(pascal(service.name))
            self._attribute[id(service)] = attributes.take(service.name)
            methods = all_of(tuple(o.name for o in service.operations), ANNOTATIONS)
            for operation in service.operations:
                self._method[operation] = methods[operation.name]
                self._builder[operation] = builders.take(f"{service.name}_{operation.name}")
        self._known: dict[int, tuple[Operation, str]] = {}
        self._constants = {o: builders.take(name.upper()) for o, name in self._builder.items()}
        self._stubs = {
            id(service): classes.take(f"{pascal(service.name)}Service") for service in self.services
        }

    def builder(self, operation: Operation) -> str:
        """How flow modules make a call of it."""
        known = self._known.get(id(operation))
        if known is None or known[0] is not operation:  # hashing all of it takes long
            known = self._known[id(operation)] = operation, self._builder[operation]
        return f"calls.{known[1]}"

    def protocols(self) -> str:
        """The module that says what has to be implemented."""
        body = Writer()
        for service in self.services:
            body.blank(2)
            body.line(f"class {self._class[id(service)]}(Protocol):")
            with body.indented():
                body.lines(docstring(service.doc or f"The service `{service.name}`."))
                for operation in service.operations:
                    self._protocol(operation, body)
        body.blank(2)
        body.line("@dataclass(frozen=True)")
        body.line("class Services:")
        with body.indented():
            body.line('"""One implementation of each service."""')
            body.blank()
            for service in self.services:
                body.line(f"{self._attribute[id(service)]}: {self._class[id(service)]}")
        out = Writer()
        out.line('"""What flows need of the outside: implement these."""')
        return self._module(out, body, ())

    def _protocol(self, operation: Operation, out: Writer) -> None:
        out.blank()
        self._signature(operation, out, both=True)
        with out.indented():
            out.lines(docstring(contract(operation)))

    def _signature(self, operation: Operation, out: Writer, *, both: bool) -> None:
        params = parameters(operation)
        given = tuple(f"{params[p.name]}: {self._kinds.show(p.type)}" for p in operation.params)
        result = self._kinds.show(operation.result, given=True)
        if both:
            result = f"{result} | Awaitable[{result}]"
        out.line(Group(f"def {self._method[operation]}(", ("self", *given), f") -> {result}:"))

    def calls(self) -> str:
        """The module that freezes arguments into calls."""
        body = Writer()
        for service in self.services:
            for operation in service.operations:
                self._call(service, operation, body)
        listed = tuple(self._constants.values())
        body.blank(2)
        body.line(Group("OPERATIONS = (", listed, ",)" if len(listed) == 1 else ")"))
        out = Writer()
        out.line('"""Calls as values: an operation with its arguments, frozen until it is made."""')
        classes = tuple(self._kinds.name(error) for error in self._kinds.errors)
        more = ((".errors", classes), (".runtime.calls", ("Call", "Operation")))
        return self._module(out, body, more)

    def _call(self, service: Service, operation: Operation, out: Writer) -> None:
        params = parameters(operation)
        constant = self._constants[operation]
        kind = "read" if operation.is_read else "notify" if not operation.is_write else "write"
        parts: list[Code] = [
            f"title={quote(operation.title)}",
            f"service={quote(self._attribute[id(service)])}",
            f"method={quote(self._method[operation])}",
            f'kind="{kind}"',
            Group(
                "parameters={",
                tuple(
                    f"{quote(params[p.name])}: {self._kinds.show(p.type)}" for p in operation.params
                ),
                "}",
            ),
            f"result={self._kinds.show(operation.result)}",
        ]
        if operation.key is not None:
            parts.append(f"key={_tuple([quote(params[name]) for name in operation.key])}")
        if operation.raises:
            parts.append(f"raises={_tuple([self._kinds.name(e) for e in operation.raises])}")
        if operation.absorbing:
            parts.append("absorbing=True")
        out.blank(2)
        out.line(Group(f"{constant} = Operation(", tuple(parts), ")"))
        out.blank(2)
        given = tuple(f"{params[p.name]}: {self._kinds.show(p.type)}" for p in operation.params)
        result = self._kinds.show(operation.result)
        out.line(Group(f"def {self._builder[operation]}(", given, f") -> Call[{result}]:"))
        with out.indented():
            out.lines(docstring(operation.doc or f"Call `{operation.title}`."))
            pairs = tuple(f"{quote(name)}: {name}" for name in params.values())
            out.line(Group("return Call(", (constant, Group("{", pairs, "}")), ")"))

    def stubs(self) -> str:
        """A first implementation, for the user to fill in; never written again."""
        body = Writer()
        for service in self.services:
            body.blank(2)
            body.line(f"class {self._stubs[id(service)]}:")
            with body.indented():
                body.lines(docstring(service.doc or f"The service `{service.name}`."))
                for operation in service.operations:
                    body.blank()
                    self._signature(operation, body, both=False)
                    with body.indented():
                        body.lines(docstring(contract(operation)))
                        body.line(f"raise NotImplementedError({quote(operation.title)})")
        body.blank(2)
        made = tuple(
            f"{self._attribute[id(service)]}={self._stubs[id(service)]}()"
            for service in self.services
        )
        body.line(Group("SERVICES = Services(", made, ")"))
        out = Writer()
        out.line('"""The services of the flows. This file is yours: it is written only once."""')
        return self._module(out, body, ((".services", ("Services",)),))

    def _module(
        self, out: Writer, body: Writer, more: tuple[tuple[str, tuple[str, ...]], ...]
    ) -> str:
        out.blank()
        out.line("from __future__ import annotations")
        out.blank()
        out.lines(imports(body.text, _STANDARD))
        out.blank()
        classes = self._kinds.values
        out.lines(imports(body.text, sorted(((".model", classes), *more))))
        return joined(out, body)


def _tuple(parts: list[str]) -> str:
    return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"


def contract(operation: Operation) -> str:
    """What an implementer must know, in sentences."""
    said: list[str] = []
    if operation.is_read:
        said.append("Changes nothing.")
    elif operation.notifies is not None:
        said.append(f"Only tells somebody ({operation.notifies}).")
    else:
        said.append(f"Changes {operation.writes}." if operation.writes else "Has an effect.")
    if operation.key and not operation.is_read:
        said.append(f"Must be harmless to repeat with the same {' and '.join(operation.key)}.")
    elif not operation.is_read:
        said.append("Is never repeated when nobody knows whether it happened.")
    if operation.absorbing:
        said.append("Succeeds also when there is nothing to do, and bars a late attempt.")
    for error in operation.raises:
        said.append(f"May raise {error.name}{' (tried again)' if error.transient else ''}.")
    head = f"{operation.doc.strip()}\n\n" if operation.doc else ""
    return head + "\n".join(said)
