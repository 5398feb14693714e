"""`flowc resume`: let a paused instance go on."""

from __future__ import annotations

from flowc.cli.command import Command
from flowc.cli.desk import InstanceArguments, act

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.console import Console


def run(arguments: InstanceArguments, console: Console) -> int:
    return act(arguments, console, lambda desk: desk.resume(arguments.key), "was not paused")


command = Command(
    "resume",
    "Let a paused instance go on.",
    InstanceArguments,
    run,
    examples=(("flowc resume order/o-1 --state run.db", "let it start steps again"),),
)
