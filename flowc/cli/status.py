"""`flowc status`: what happened to one instance, where it stands, and what can be done."""

from __future__ import annotations

from flowc.cli.command import Command
from flowc.cli.desk import DONE, InstanceArguments, at_desk, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.cli.console import Console


def run(arguments: InstanceArguments, console: Console) -> int:
    def work(desk: Any) -> int:
        story = desk.story(arguments.key)
        if arguments.json:
            write_json(console, story)
            return DONE
        from flowc.targets.python.support.told import told

        console.write(told(story))
        return DONE

    return at_desk(arguments, console, work)


command = Command(
    "status",
    "Tell what happened to an instance, and what can be done.",
    InstanceArguments,
    run,
    about="Every step with its outcome and attempts, what is live and what undoes it, what it "
    "waits for and until when, the deadline that is left, and the commands that help.",
    examples=(("flowc status order/o-1 --state run.db", "the story of one instance"),),
)
