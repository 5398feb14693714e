"""`flowc signal`: the answer that an instance waits for."""

from __future__ import annotations

from flowc.cli.command import Command, argument
from flowc.cli.desk import InstanceArguments, act

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.cli.console import Console


class SignalArguments(InstanceArguments):
    path: str = argument("PATH", "the await: `ruling`, `check/papers` in a sub-flow, `ruling[2]`")
    answer: str = argument("JSON|@FILE", "the answer, of the type that the await declares")


def run(arguments: SignalArguments, console: Console) -> int:
    def work(desk: Any) -> Any:
        from flowc.targets.python.support.desk import read_json

        return desk.signal(arguments.key, arguments.path, read_json(arguments.answer, "answer"))

    return act(arguments, console, work, "")


command = Command(
    "signal",
    "Answer what an instance waits for.",
    SignalArguments,
    run,
    about="An answer of the wrong type is refused before anything is kept; one that comes early is "
    "kept until it is waited for. The first answer to an await stands.",
    examples=(
        (
            'flowc signal trip/t-1 ruling \'{"granted": true, "reason": "fine"}\'',
            "grant a trip",
        ),
    ),
)
