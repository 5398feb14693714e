"""`flowc restart`: an instance that Halted or is Incomplete goes on from a step."""

from __future__ import annotations

from flowc.cli.command import Command, text
from flowc.cli.desk import COULD_NOT_RUN, InstanceArguments, act

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.console import Console


class RestartArguments(InstanceArguments):
    from_step: str | None = text("STEP", "the step to call again", spelled="--from")


def run(arguments: RestartArguments, console: Console) -> int:
    step = arguments.from_step
    if step is None:
        console.note(
            "flowc: from which step? `flowc status KEY` names it: `flowc restart KEY --from STEP`"
        )
        return COULD_NOT_RUN
    return act(arguments, console, lambda desk: desk.restart(arguments.key, step), "")


command = Command(
    "restart",
    "Let an instance that Halted or is Incomplete go on.",
    RestartArguments,
    run,
    about="The step that halted, that failed after `commit`, or whose compensation is stuck is "
    "called again, with the same key and the same arguments. Whatever else was done stays done. "
    "Mend the cause first; `flowc status` names the step.",
    examples=(("flowc restart order/o-1 --from payment --state run.db", "try the payment again"),),
)
