"""The suite of agreement: a case is held against the reference on one engine or another."""

from __future__ import annotations

import re
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from flowc.compiler.check import Checked, check
from flowc.simulate.as_json import ending_json
from flowc.simulate.interpret import Story, interpret
from flowc.simulate.trace import CallEvent, events, only
from flowc.simulate.values import decode_fields
from flowc.source import Source
from tests.support.agreement import differences
from tests.support.limits import LATER, OnStates, apart, later

if TYPE_CHECKING:
    from flowc.compiler.flow import Flow
    from flowc.simulate.script import Script

ENGINES = ("python", "sfnx", "moto", "temporal", "dev", "cadence", "environment")
FAST = ("python", "sfnx")
STATES = ("sfnx", "moto")  # interpreters of Step Functions
_SECONDS = re.compile(r"\b(\d+)s\b")
_numbers = count()


class Held(NamedTuple):
    """What came of one case: where the engine differs; or why it could not be shown."""

    found: list[str]
    hidden: bool = False


class Stage:
    """One engine, kept ready for any number of programs."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self._open = ExitStack()
        self._server: Any = None

    def __enter__(self) -> Self:
        if self.engine in ("temporal", "dev"):
            from tests.support.engines.temporal import Server

            self._server = self._open.enter_context(Server(skipping=self.engine == "temporal"))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def program(self, text: str) -> Playing:
        """A program in which a second is what it is here."""
        if self.unit != 1:
            length = round(self.unit * 1000)
            text = _SECONDS.sub(lambda found: f"{int(found[1]) * length}ms", text)
        return Playing(self.engine, checked(text), self._server)

    @property
    def unit(self) -> float:
        """How many seconds a second of a script is here: a minute where the clock is not exact,
        and a part of one where it is the real one."""
        return {"temporal": 60, "dev": 0.25}.get(self.engine, 1)

    @property
    def late(self) -> int:
        """How many ms after a whole second messages come: where time is exact, at the very same
        moment as other things."""
        return 300 if self.engine in LATER else 0


def checked(text: str) -> Checked:
    made = check(Source("test.flow", text))
    errors = [d.finding.message for d in made.diagnostics if d.severity == "error"]
    assert not errors, (errors, text)
    return made


class Playing:
    """One program on one engine."""

    def __init__(self, engine: str, of: Checked, server: Any = None) -> None:
        self.engine, self.of = engine, of
        self._server = server
        self._open = ExitStack()
        self.on: Any = None

    def __enter__(self) -> Self:
        if self.engine == "python":
            from tests.support.engines.python import OnPython

            folder = Path(self._open.enter_context(TemporaryDirectory()))
            self.on = self._open.enter_context(OnPython(self.of, folder / "state.db"))
        elif self.engine in STATES:
            from tests.support.engines.asl import OnAsl

            self.on = self._open.enter_context(OnAsl(self.of, self.engine))
        elif self.engine in ("cadence", "environment"):
            from tests.support.engines.cadence import OnCadence

            environment = self.engine == "environment"
            self.on = self._open.enter_context(OnCadence(self.of, environment=environment))
        else:
            from tests.support.engines.temporal import OnTemporal

            self.on = self._open.enter_context(OnTemporal(self.of, self._server))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def hold(self, flow: Flow, script: Script, given: dict[str, Any]) -> Held:
        """Play one instance here and by the reference. Its input must name it newly."""
        story = self._story(flow, script, given)
        if self.engine in STATES and flow is not self.of.program.find(flow.name):
            return Held([], hidden=True)
        exact = self.engine not in LATER
        if self.engine == "cadence" and script.cancel is not None and script.cancel.at == 0:
            return Held([], hidden=True)
        if (self.engine == "cadence" or not exact) and any(
            told(self._story(flow, each, given)) != told(story) for each in apart(script)
        ):
            return Held([], hidden=True)
        spans = LATER.get(self.engine, ())
        if any(told(self._story(flow, later(script, s), given)) != told(story) for s in spans):
            return Held([], hidden=True)
        try:
            made = self.on.play(flow, script, given)
        except Exception as error:  # noqa: BLE001 - a finding like any other
            return Held([f"{type(error).__name__}: {str(error)[:500]}"])
        if made is None:
            return Held([], hidden=True)
        return Held(differences(story, made, moments=not exact))

    def _story(self, flow: Flow, script: Script, given: dict[str, Any]) -> Story:
        values = dict(decode_fields(flow.params, given))
        kind = OnStates if self.engine in STATES else None
        return interpret(self.of.program, flow, values, script, kind)

    def close(self) -> list[str]:
        """What is found out at the end of a program: a history that does not replay."""
        return self.on.replay() if hasattr(self.on, "replay") else []


def told(story: Story) -> object:
    """A story without its moments."""
    calls = [
        (e.place, e.role, e.attempt, e.arguments, e.outcome)
        for e in events(story.trace)
        if isinstance(e, CallEvent)
    ]
    shape = _shape(only(story.trace, (CallEvent,)))
    return ending_json(story.flow, story.ending), calls, shape


def _shape(term: Any) -> object:
    parts = getattr(term, "parts", None)
    return None if parts is None else (type(term).__name__, [_shape(part) for part in parts])


def fresh() -> str:
    """A business key that no instance has had."""
    return f"i{next(_numbers)}"
