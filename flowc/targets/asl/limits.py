"""The limits of Step Functions that a definition can be held against before it is written."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.diagnostic import Finding
from flowc.targets.asl.machine import machine
from flowc.targets.asl.rendered import rendered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_DEFINITION = 1_048_576  # bytes
_MARKER_ROOM = 300  # bytes of the line that says where a definition comes from


def size_gap(flow: ir.Flow) -> Iterator[Finding]:
    """That the definition would be too large to create."""
    size = len(rendered(machine(flow, "", called=True).definition).encode()) + _MARKER_ROOM
    if size > LARGEST_DEFINITION:
        yield Finding(
            flow.name_span,
            f"the definition would have {size:,} bytes, and Step Functions takes "
            f"{LARGEST_DEFINITION:,}",
            "move a part of it into a flow of its own, called as a step",
        )
