"""What an engine cannot show or keep, each with its reason: nothing else is tolerated.

A limit of an engine's meaning changes what the reference expects of it; a limit of what can be
seen hides a case, and is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from flowc.simulate.clockwork import Pause
from flowc.simulate.interpret import Instance
from flowc.simulate.script import without_rounds
from flowc.simulate.stepping import Failing
from flowc.simulate.values import ErrorValue

if TYPE_CHECKING:
    from flowc.simulate.script import Script


class Limit(NamedTuple):
    """`kind`: `otherwise`: the reference is told of it; `unseen`: this is not compared;
    `hidden`: such a case is not counted as held."""

    engine: str
    kind: Literal["otherwise", "unseen", "hidden"]
    what: str
    why: str


LIMITS = (
    Limit(
        "asl",
        "otherwise",
        "cancel ends an `await` and nothing else",
        "Step Functions gives a running execution no message but the answer to a task token",
    ),
    Limit(
        "asl",
        "otherwise",
        "an `await` that is interrupted asks again for at least a second",
        "a task cannot be given less than one second",
    ),
    Limit(
        "asl",
        "unseen",
        "how an attempt was judged",
        "an execution shows what it does next, not what it thinks of a reply",
    ),
    Limit(
        "asl",
        "hidden",
        "an older version of a flow",
        "an execution keeps the definition it began with: older versions have no machine",
    ),
    Limit(
        "temporal",
        "hidden",
        "stories that end otherwise if calls take up to 7 s longer, in flows whose spans are "
        "whole minutes",
        "the time-skipping server's clock also goes on in real time",
    ),
    Limit(
        "dev",
        "hidden",
        "stories that end otherwise if calls take up to 0.24 s longer, where a second is 0.25 s",
        "the dev server's clock is the real one",
    ),
    Limit(
        "temporal",
        "unseen",
        "the exact moment of a call, and moments in arguments",
        "the same clock; which day it is, the server says",
    ),
    Limit(
        "temporal",
        "unseen",
        "the idempotency key of a call",
        "a service is given the arguments, and the key is a part of them",
    ),
    Limit(
        "temporal",
        "hidden",
        "the cases of the next line, and a wait that ends just at the deadline",
        "the same clock",
    ),
    Limit(
        "cadence",
        "hidden",
        "a message or a cancel at the very moment of something else, on whose order all hangs",
        "what comes first is decided on first; a cancel before all decisions closes the workflow",
    ),
    Limit(
        "environment",
        "hidden",
        "cancel, a signal against a timer, a retry of the server",
        "the test environment of Cadence's client has none of them",
    ),
)
# how many ms later a call may end, by engine
LATER = {"temporal": (700, 7000), "dev": (60, 240)}
SHORTEST = 1000  # ms


class OnStates(Instance):
    """The reference with the limits of Step Functions: nobody hears of a cancel but an await, and
    that one asks for a second at least."""

    def __init__(self, *parts: Any, **named: Any) -> None:
        super().__init__(*parts, **named)
        self._heard: set[tuple[str, int]] = set()  # what was no answer, by the await it came to

    def look(self) -> None:
        if self.due is not None and self.now >= self.due:
            raise Failing(ErrorValue("DeadlineExceeded", "DeadlineExceeded", own=True))

    def _rest(self, end: int | None, path: str | None, reminder: Any) -> Any:
        if path is not None:
            known = (end, self.due, reminder())
            late = any(moment is not None and moment <= self.now for moment in known)
            if late and not self._interrupted(path):
                inbox = self.world.inbox
                yield Pause(self.now + SHORTEST, lambda: self.cancelled or bool(inbox.get(path)))
            ended = yield from super()._rest(end, path, reminder)
            while self._interrupted(path):
                pass  # it was asked again at once
            if ended == "cancelled":
                raise Failing(ErrorValue("Cancelled", "Cancelled", own=True))
            return ended
        moments = [moment for moment in (end, self.due) if moment is not None]
        while self.now < min(moments):
            yield Pause(min(moments))
        return "due" if self.due is None or (end is not None and end <= self.due) else "deadline"

    def _interrupted(self, path: str) -> bool:
        """Whether a message that is no answer lies there, which ends the asking at once; each does
        so once."""
        script = self.world.script
        came = [
            sent.when.at for sent in script.signals if sent.to in (path, without_rounds(path))
        ] + [None if script.cancel is None else script.cancel.at]
        for number, at in enumerate(came):
            arrived = at is not None and script.start + at <= self.now
            if arrived and (path, number) not in self._heard:
                self._heard.add((path, number))
                return True
        return False


def apart(script: Script) -> tuple[Script, Script]:
    """The script with messages that come 1 ms later, and with a cancel that does."""
    signals = tuple(
        each.replace(when=each.when.replace(at=(each.when.at or 0) + 1)) for each in script.signals
    )
    cancel = script.cancel
    if cancel is not None:
        cancel = cancel.replace(at=(cancel.at or 0) + 1)
    return script.replace(signals=signals), script.replace(cancel=cancel)


def later(script: Script, span: int) -> Script:
    """The script with calls that take longer, where they do not take all that they may."""
    steps = {
        name: tuple(
            each if each.takes is None else each.replace(takes=each.takes + span)
            for each in outcomes
        )
        for name, outcomes in script.steps.items()
    }
    return script.replace(steps=steps, pace=script.pace + span)
