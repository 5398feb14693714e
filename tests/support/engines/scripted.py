"""What a script gives to an attempt, for services that answer in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowc.simulate.attempting import invented
from flowc.simulate.invent import invent

if TYPE_CHECKING:
    from flowc.compiler.flow import Operation, Program
    from flowc.simulate.script import Script, Scripted


def operations(program: Program) -> dict[str, Operation]:
    """Every operation that a program's flows know, by its title."""
    return {
        operation.title: operation
        for flow in (*program.flows, *program.older, *program.imported)
        for service in flow.services
        for operation in service.operations
    }


def give(operation: Operation, path: str, scripted: Scripted) -> Any:
    """The value of an attempt. Raises its error."""
    match scripted.outcome:
        case "ok":
            return invented(operation, path) if scripted.invented else scripted.value
        case "fail":
            raise raised(operation, scripted)
    raise ConnectionError(scripted.message or "gone")


def raised(operation: Operation, scripted: Scripted) -> Exception:
    """An exception whose class is called like the error."""
    fields = dict(scripted.fields)
    error = next((each for each in operation.raises if each.name == scripted.error), None)
    if error is not None and scripted.invented:
        fields = {f.name: invent(f.type, f.name) for f in error.fields} | fields
    said = scripted.message or scripted.error
    made: Exception = type(scripted.error, (Exception,), {})(said)
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def takes(script: Script, scripted: Scripted) -> int | None:
    """How long an attempt lasts, in ms; None: as long as it may."""
    if scripted.takes is not None:
        return scripted.takes
    return None if scripted.outcome == "unknown" else script.pace


def address(path: str, role: str) -> str:
    """How a script names a call: `payment probe`."""
    return path if role == "do" else f"{path} {role}"
