"""Starting instances by business key (rule 15): a (flow, key) is taken once and for all."""

from __future__ import annotations

from flowc.simulate.evaluate import evaluate
from flowc.simulate.interpret import interpret
from flowc.simulate.library import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.compiler.flow import Flow, Program
    from flowc.simulate.interpret import Story
    from flowc.simulate.script import Script
    from flowc.simulate.values import Value


class Taken(Exception):  # noqa: N818 - an answer, not an error of ours
    """The key was used before, and the flow says `reject`."""


class Instances:
    """The instances that an engine remembers, each with its story."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._stories: dict[tuple[str, str], Story] = {}

    def start(self, flow: Flow, given: dict[str, Value], script: Script) -> Story:
        """The story of a new instance; with `attach` that of the one whose key it has.

        Rule 15: a key stays taken however the instance ended; `attach` ignores the second input.
        Raises Taken, and ValueError for a flow without a key.
        """
        if flow.key is None:
            raise ValueError(f"{flow.name} has no key")
        key = (flow.name, text(evaluate(flow.key, given), flow.key.type))
        if key in self._stories:
            if flow.on_duplicate == "reject":
                raise Taken(f"{flow.name}/{key[1]}")
            return self._stories[key]
        story = self._stories[key] = interpret(self._program, flow, given, script)
        return story
