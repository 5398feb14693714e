"""Every single fault of a flow, as scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.compiler.flow import Call, Step, walk
from flowc.simulate.named import named
from flowc.simulate.script import Script, Scripted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Flow, Program

UNKNOWN = Scripted("unknown")
OK = Scripted(invented=True)
WRONG = Scripted("ok", {"odd": 1})


def single_faults(program: Program, flow: Flow) -> Iterator[tuple[str, Script]]:
    """A name and a script: each operation fails, is unknown or gives nonsense, once or always.

    A probe is asked because its step is unknown; a compensation runs because the last
    compensated step is unknown.
    """
    last = next(
        (
            step
            for step in reversed([node for node in walk(flow.body) if isinstance(node, Step)])
            if isinstance(step.call, Call) and step.compensation is not None
        ),
        None,
    )
    for path, operation in named(program, flow).operations.items():
        step, _, role = path.partition(" ")
        because: dict[str, tuple[Scripted, ...]] = {}
        if role == "probe":
            because[step] = (UNKNOWN,)
        elif role == "undo" and last is not None:
            because[last.name] = (UNKNOWN,)
            because[f"{last.name} probe"] = (Scripted("ok"),)
        faults = {"unknown": UNKNOWN, "nonsense": WRONG, "unlisted": Scripted("fail", error="Odd")}
        for error in operation.raises:
            faults[error.name] = Scripted("fail", invented=True, error=error.name)
        if role == "probe":
            faults["nothing"] = Scripted("ok")
        for name, fault in faults.items():
            yield f"{path} {name}", Script(steps={**because, path: (fault,)})
            yield f"{path} {name}, then ok", Script(steps={**because, path: (fault, OK)})
