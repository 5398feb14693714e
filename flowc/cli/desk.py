"""What the commands on instances share: the state they work on, and how they end."""

from __future__ import annotations

from flowc.cli.command import Common, argument, flag, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from flowc.cli.console import Console

DONE, COULD_NOT_RUN = 0, 2
STATE = "where instances are remembered: a SQLite file, or a PostgreSQL URL"


class DeskArguments(Common):
    """What every command on instances takes."""

    state: str = text("STATE", STATE, default="run.db")
    json: bool = flag("print JSON")


class InstanceArguments(DeskArguments):
    """What a command on one instance takes."""

    key: str = argument("KEY", "the instance: `order/o-1`, or its key where only one flow has it")


def at_desk(arguments: DeskArguments, console: Console, work: Callable[[Any], int]) -> int:
    """Do something at the desk of the state; say why not where it is refused."""
    from flowc.cli.display import clean

    try:
        __import__("dbos")
    except ImportError:
        console.note("flowc: durable runs need DBOS: `pip install 'flowc[run]'`")
        return COULD_NOT_RUN
    from flowc.targets.python.support.state import Refused

    try:
        from flowc.targets.python.support.desk import Desk

        desk = Desk(arguments.state)
        try:
            return work(desk)
        finally:
            desk.close()
    except Refused as refused:
        console.note(f"flowc: {clean(str(refused))}")
        return COULD_NOT_RUN


def act(arguments: DeskArguments, console: Console, work: Callable[[Any], Any], again: str) -> int:
    """Do something to an instance and say what; `again` is what to say where it was so."""

    def at(desk: Any) -> int:
        done = work(desk)
        if arguments.json:
            write_json(console, done._asdict() | {"at_work": desk.at_work})
            return DONE
        from flowc.cli.display import clean

        said = done.what if done.new else again
        console.write(f"{clean(done.instance)}: {clean(said)}\n")
        if not desk.at_work and not arguments.quiet:
            console.note(f"no process is at work on it: `{clean(desk.again)}` goes on")
        return DONE

    return at_desk(arguments, console, at)


def write_json(console: Console, value: object) -> None:
    """Print a result as JSON."""
    import json

    console.write_utf8(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
