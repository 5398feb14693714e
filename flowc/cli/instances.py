"""`flowc instances`: every instance that a state remembers, and where it stands."""

from __future__ import annotations

from flowc.cli.command import Command, text
from flowc.cli.desk import DONE, DeskArguments, at_desk, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.cli.console import Console


class InstancesArguments(DeskArguments):
    flow: str | None = text("NAME", "only those of this flow")
    only: str | None = text("STATE", "only those that stand so: `waiting`, `Halted`")


def run(arguments: InstancesArguments, console: Console) -> int:
    def work(desk: Any) -> int:
        found = [
            each
            for each in desk.instances()
            if arguments.flow in (None, each["flow"])
            and (arguments.only is None or arguments.only.lower() == each["state"].lower())
        ]
        if arguments.json:
            write_json(console, found)
            return DONE
        from flowc.targets.python.support.told import listed

        console.write(listed(found))
        under_way = any(each["ended"] is None for each in found)
        if under_way and not desk.at_work and not arguments.quiet:
            from flowc.cli.display import clean

            console.note(
                f"no process is at work on this state: `{clean(desk.again)}` goes on with what "
                "has not ended"
            )
        return DONE

    return at_desk(arguments, console, work)


command = Command(
    "instances",
    "List the instances that a state remembers.",
    InstancesArguments,
    run,
    about="An instance has ended (Completed, Compensated, Incomplete, Halted) or it is running, "
    "waiting, undoing or paused. AT is the step at which it stands.",
    examples=(
        ("flowc instances --state run.db", "all of them"),
        ("flowc instances --only halted --json", "those that need people, as JSON"),
    ),
)
