"""Every single fault of a flow, and every pair of faults, as scripts."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from flowc.compiler.flow import Call, Step, walk
from flowc.simulate.named import named
from flowc.simulate.script import Script, Scripted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Flow, Program

UNKNOWN = Scripted("unknown")
OK = Scripted(invented=True)
WRONG = Scripted("ok", {"odd": 1})
Steps = dict[str, tuple[Scripted, ...]]


class Fault(NamedTuple):
    """Something that goes wrong at a call, and what has to go wrong for it to be made."""

    name: str
    path: str
    because: Steps
    outcomes: tuple[Scripted, ...]


def faults(program: Program, flow: Flow) -> Iterator[Fault]:
    """Each operation fails, is unknown or gives nonsense, once or always.

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
        because: Steps = {}
        if role == "probe":
            because[step] = (UNKNOWN,)
        elif role == "undo" and last is not None:
            because[last.name] = (UNKNOWN,)
            because[f"{last.name} probe"] = (Scripted("ok"),)
        kinds = {"unknown": UNKNOWN, "nonsense": WRONG, "unlisted": Scripted("fail", error="Odd")}
        for error in operation.raises:
            kinds[error.name] = Scripted("fail", invented=True, error=error.name)
        if role == "probe":
            kinds["nothing"] = Scripted("ok")
        for name, kind in kinds.items():
            yield Fault(f"{path} {name}", path, because, (kind,))
            yield Fault(f"{path} {name}, then ok", path, because, (kind, OK))


def single_faults(program: Program, flow: Flow) -> Iterator[tuple[str, Script]]:
    """A name and a script for each."""
    for fault in faults(program, flow):
        yield fault.name, Script(steps={**fault.because, fault.path: fault.outcomes})


def pairs(program: Program, flow: Flow) -> Iterator[tuple[str, Script]]:
    """Every two faults that stay, at different calls."""
    lasting = [fault for fault in faults(program, flow) if len(fault.outcomes) == 1]
    for one, two in combinations(lasting, 2):
        if one.path != two.path:
            own: Steps = {one.path: one.outcomes, two.path: two.outcomes}
            steps = {**one.because, **two.because, **own}
            yield f"{one.name}; {two.name}", Script(steps=steps)
