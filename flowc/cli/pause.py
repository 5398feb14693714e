"""`flowc pause`: let an instance start no further step."""

from __future__ import annotations

from flowc.cli.command import Command
from flowc.cli.desk import InstanceArguments, act

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.console import Console


def run(arguments: InstanceArguments, console: Console) -> int:
    return act(arguments, console, lambda desk: desk.pause(arguments.key), "was paused before")


command = Command(
    "pause",
    "Let an instance start no further step.",
    InstanceArguments,
    run,
    about="A running step ends by its own budgets, and what is being undone goes on. Time goes on, "
    "too: the deadline stays. `flowc resume` lets it go on; a cancel ends the pause.",
    examples=(("flowc pause order/o-1 --state run.db", "hold one while its services are mended"),),
)
