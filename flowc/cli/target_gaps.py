"""What a target cannot keep of a file's flows, as diagnostics at the user's lines."""

from __future__ import annotations

from flowc.diagnostic import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc.compiler.check import Checked
    from flowc.source import Span
    from flowc.targets.target import Target

CODE, NAME = "PLT001", "not-on-target"


def gaps_of(name: str) -> Callable[[Checked], tuple[Diagnostic, ...]] | None:
    """What finds the gaps of the target of that name; None if there is no such target."""
    from flowc.targets.registry import find

    target = find(name)
    if target is None:
        return None
    found = target
    return lambda checked: gaps(checked, found)


def gaps(checked: Checked, target: Target) -> tuple[Diagnostic, ...]:
    """Every gap of every flow in every version, each place once; none while there are errors."""
    if checked.failed:
        return ()
    program = checked.program
    seen: set[tuple[str, Span, str]] = set()
    made: list[Diagnostic] = []
    for flow in (*program.flows, *program.older):
        for finding in target.gaps(flow, program):
            place = (flow.source.name, finding.span, finding.message)
            if place not in seen:
                seen.add(place)
                made.append(Diagnostic(flow.source, CODE, NAME, "error", finding))
    return tuple(made)
