"""A script: what each attempt of a story gives and how long it takes, who signals, who cancels."""

from __future__ import annotations

import re

from flowc.simulate.values import from_iso
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

START = from_iso("2024-01-01T00:00:00+00:00")
_ROUNDS = re.compile(r"\[\d+\]")


class Scripted(Struct):
    """One attempt. `value` is the JSON that it gives; `invented`: whatever fits its type.

    `error` names what it fails with; one that the operation does not list, or a value of the
    wrong type, is an unknown outcome (rule 1). `takes` is in ms; None: an unknown outcome takes as
    long as it may, all others the script's `pace`.
    """

    outcome: Literal["ok", "fail", "unknown"] = "ok"
    value: Any = None
    invented: bool = False
    error: str = ""
    fields: tuple[tuple[str, Any], ...] = ()
    message: str = ""
    takes: int | None = None


class Moment(Struct):
    """`at` ms after the start, or as soon as the step `after` has settled, or `asked` ms after the
    await was reached. One of them is given."""

    at: int | None = None
    after: str | None = None
    asked: int | None = None


class Sent(Struct):
    """A signal: `value` is its JSON payload."""

    to: str
    when: Moment
    value: Any = None
    invented: bool = False


class Script(Struct):
    """Everything that is not in the flow. Steps are named by their path (`check/screen[2]`, or
    `payment probe` and `payment undo`); without rounds it stands for every round. What nobody
    wrote goes well, in no time unless there is a `pace` (ms), which never exceeds the limit of an
    attempt. With `answers` an await to which no signal is written is answered at the same pace.
    """

    start: int = START
    steps: dict[str, tuple[Scripted, ...]] = {}  # noqa: RUF012 - never changed
    signals: tuple[Sent, ...] = ()
    silent: frozenset[str] = frozenset()  # awaits that nobody answers, also with `answers`
    cancel: Moment | None = None
    records: dict[str, Any] = {}  # noqa: RUF012 - never changed
    pace: int = 0
    answers: bool = False

    def attempt(self, path: str, number: int) -> Scripted:
        """What attempt `number` (from 1) of a call gives; the last one written is repeated."""
        written = self.steps.get(path) or self.steps.get(without_rounds(path)) or ()
        if not written:
            return Scripted(invented=True)
        return written[min(number, len(written)) - 1]

    def recorded(self, path: str) -> Any:
        """The value that a `record` draws, None where nobody wrote one."""
        return self.records.get(path, self.records.get(without_rounds(path)))


def without_rounds(path: str) -> str:
    """`check[1]/screen[2] undo` as `check/screen undo`."""
    return _ROUNDS.sub("", path)
