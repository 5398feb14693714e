"""`flowc cancel`: ask an instance to stop and undo what it did."""

from __future__ import annotations

from flowc.cli.command import Command
from flowc.cli.desk import InstanceArguments, act

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.console import Console


def run(arguments: InstanceArguments, console: Console) -> int:
    return act(
        arguments, console, lambda desk: desk.cancel(arguments.key), "was asked to cancel before"
    )


command = Command(
    "cancel",
    "Ask an instance to stop and undo what it did.",
    InstanceArguments,
    run,
    about="A running step is never cut: it ends by its own budgets, then what was done is undone, "
    "last effect first. A wait ends at once. After its `commit` an instance only goes forward, and "
    "a cancel is refused.",
    examples=(("flowc cancel order/o-1 --state run.db", "stop one, and undo"),),
)
