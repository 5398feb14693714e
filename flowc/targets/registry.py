"""The targets that there are, by name; each is imported only when it is asked for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.targets.target import Target

NAMES = ("python", "asl", "temporal", "cadence")


def find(name: str) -> Target | None:
    """The target of that name."""
    match name:
        case "python":
            from flowc.targets.python.target import Python

            return Python()
        case "asl":
            from flowc.targets.asl.target import Asl

            return Asl()
        case "temporal":
            from flowc.targets.temporal.target import Temporal

            return Temporal()
        case "cadence":
            from flowc.targets.cadence.target import Cadence

            return Cadence()
        case _:
            return None
