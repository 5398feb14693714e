"""Awaits on the real engine: answers, reminders, timeouts, cancel; like the interpreter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowc.compiler.check import check
from flowc.simulate.interpret import Story, interpret
from flowc.simulate.script import Moment, Script, Sent
from flowc.simulate.trace import SignalEvent, events
from flowc.simulate.values import decode_fields
from flowc.source import Source
from tests.support.agreement import differences
from tests.support.durable import EXAMPLES, Compiled
from tests.support.engines.python import OnPython

H = 3_600_000
TRIP = {
    "id": "t",
    "legs": ["a", "b"],
    "nights": 1,
    "days": 1,
    "wants_car": False,
    "manager": "m",
    "budget": 1,
}
CUSTOMER = {"id": "c", "email": "e", "country": "at", "starts_at": "2024-02-01T00:00:00Z"}
YES = {"granted": True, "reason": ""}
SMALL = (Path(__file__).parent / "data" / "awaits.flow").read_text()


class Played:
    """Programs on both engines, by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0

    def both(self, text: str, name: str, script: Script, given: dict[str, Any]) -> dict[str, Any]:
        """Play a story on both engines; they must agree. Gives how it ended."""
        self._number += 1
        text = text.replace(" jitter", "")
        checked = check(Source("test.flow", text))
        program = checked.program
        flow = program.find(name)
        assert flow is not None
        story = interpret(program, flow, dict(decode_fields(flow.params, given)), script)
        with OnPython(checked, self._folder / f"run{self._number}.db") as engine:
            told = engine.play(flow, script, given)
        assert differences(story, told) == []
        self.consumed = consumed(story)
        return told.ending


def consumed(story: Story) -> list[str]:
    return [e.path for e in events(story.trace) if isinstance(e, SignalEvent) and e.taken]


@pytest.fixture
def played(tmp_path: Path) -> Played:
    return Played(tmp_path)


def sent(to: str, hours: float, value: Any) -> Sent:
    return Sent(to, Moment(at=int(hours * H)), value)


@pytest.mark.parametrize(
    ("hours", "value", "cancel", "ending"),
    [
        (0.0, YES, None, "Completed"),
        (13.0, YES, None, "Completed"),
        (24.0, YES, None, "Completed"),
        (48.0, YES, None, "Completed"),
        (49.0, YES, None, "ApprovalExpired"),
        (30.0, {"granted": False, "reason": "no"}, None, "Rejected"),
        (30.0, YES, 20.0, "Cancelled"),
        (30.0, YES, 0.0, "Cancelled"),
        (30.0, YES, 30.0, "Cancelled"),
        (30.0, YES, 31.0, "Completed"),
    ],
)
def test_the_trip_waits_for_its_manager(
    played: Played, hours: float, value: Any, cancel: float | None, ending: str
) -> None:
    text = (EXAMPLES / "trip.flow").read_text()
    stop = None if cancel is None else Moment(at=int(cancel * H))
    script = Script(signals=(sent("ruling", hours, value),), cancel=stop)
    found = played.both(text, "book_trip", script, {"trip": TRIP})
    assert found.get("error", {}).get("name", found["ending"]) == ending


@pytest.mark.parametrize(
    ("hours", "cancel", "ending"),
    [
        (1.0, None, "Completed"),
        (200.0, None, "DocumentsMissing"),
        (1.0, 0.5, "Cancelled"),
        (1.0, 100.0, "Cancelled"),
        (1.0, 2000.0, "Completed"),
    ],
)
def test_onboarding_waits_for_papers(
    played: Played, hours: float, cancel: float | None, ending: str
) -> None:
    text = (EXAMPLES / "onboard.flow").read_text()
    stop = None if cancel is None else Moment(at=int(cancel * H))
    papers = sent("check/papers", hours, {"passport": "p"})
    records = {"reference": "r"}
    script = Script(signals=(papers,), cancel=stop, records=records)
    found = played.both(
        text.replace("record reference = uuid()", 'let reference = "r"'),
        "onboard",
        script.replace(records={}),
        {"customer": CUSTOMER},
    )
    assert found.get("error", {}).get("name", found["ending"]) == ending


@pytest.mark.parametrize("answered", [0.0, 1.0, 2.0, 3.5, 4.0, 5.0])
@pytest.mark.parametrize("cancel", [None, 0.5, 4.0, 8.75, 9.5])
def test_rounds_have_addresses_of_their_own(
    played: Played, answered: float, cancel: float | None
) -> None:
    script = Script(
        signals=(
            sent("word[1]", answered, "one"),
            sent("word[2]", answered + 1, None),
            sent("last", 8.5, 3),
            sent("after_all", 40, True),
        ),
        cancel=None if cancel is None else Moment(at=int(cancel * H)),
    )
    played.both(SMALL, "many", script, {"id": "x"})


@pytest.mark.parametrize("answered", [0.0, 4.0, 6.0])
@pytest.mark.parametrize("cancel", [None, 0.0, 3.0, 4.5, 5.0, 8.0])
def test_cancel_reaches_a_flow_that_runs_as_a_step(
    played: Played, answered: float, cancel: float | None
) -> None:
    script = Script(
        signals=(sent("sub/inner", answered, "hello"),),
        cancel=None if cancel is None else Moment(at=int(cancel * H)),
    )
    played.both(SMALL, "calls", script, {"id": "x"})


class Silent:
    """Services of `many` and `calls` that do nothing."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.s = self

    def make(self, id: str, n: int) -> str:  # noqa: A002
        self.calls.append(f"make {n}")
        return id

    def undo(self, id: str, n: int) -> None:  # noqa: A002, ARG002
        self.calls.append(f"undo {n}")

    def nudge(self, id: str, n: int) -> None:  # noqa: A002, ARG002
        self.calls.append(f"nudge {n}")


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return Compiled(SMALL.replace("  wait 1h\n", ""))


@pytest.fixture
def engines(compiled: Compiled, tmp_path: Path) -> Iterator[Any]:
    """Makes engines on one state in real time, one after the other."""
    made: list[Any] = []
    services = Silent()

    def launched() -> Any:
        if made:
            made[-1].close()
        kept = compiled.module("runtime.attempt").Services(services)
        flows = compiled.module("flows").FLOWS
        made.append(compiled.module("runtime.engine").Engine(flows, kept, str(tmp_path / "run.db")))
        made[-1].launch()
        made[-1].services = services
        return made[-1]

    yield launched
    made[-1].close()


def flow_of(compiled: Compiled, name: str) -> Any:
    return next(f for f in compiled.module("flows").FLOWS if f.name == name)


def test_an_await_outlives_its_process_and_is_answered_in_another(
    compiled: Compiled, engines: Any
) -> None:
    first = engines()
    ident = first.start(flow_of(compiled, "calls"), {"id_": "x"})
    first.settle(ident)
    second = engines()
    second.settle(ident)
    second.signal(ident, "sub/inner", "hello")
    assert second.ending(ident)["value"] == "hello"
    assert second.services.calls == ["make 0", "make 9"]


def test_an_answer_and_a_cancel_are_kept_for_the_next_process(
    compiled: Compiled, engines: Any
) -> None:
    first = engines()
    flow = flow_of(compiled, "calls")
    one, two = first.start(flow, {"id_": "x"}), first.start(flow, {"id_": "y"})
    first.settle(one)
    first.settle(two)
    first.mail.post(one, "sub/inner", "early", 0)
    first.mail.post(two, "", None, 0)
    second = engines()
    assert second.ending(one)["value"] == "early"
    assert second.ending(two)["error"]["name"] == "Cancelled"
    assert second.services.calls[-2:] == ["undo 9", "undo 0"]


def test_what_does_not_fit_is_refused_to_its_sender(compiled: Compiled, engines: Any) -> None:
    engine = engines()
    ident = engine.start(flow_of(compiled, "calls"), {"id_": "x"})
    for path, payload, said in (
        ("sub/inner", 3, "does not fit"),
        ("inner", "x", "has no await"),
        ("sub/other", "x", "has no await"),
        ("", None, "has no await"),
    ):
        with pytest.raises(Exception, match=said):
            engine.signal(ident, path, payload)
    with pytest.raises(Exception, match="is not known"):
        engine.signal("calls/nobody", "sub/inner", "x")
    engine.signal(ident, "sub/inner", "x")
    assert engine.ending(ident)["value"] == "x"
    with pytest.raises(Exception, match="has ended"):
        engine.cancel(ident)


def test_cancel_wakes_an_await_and_undoes(compiled: Compiled, engines: Any) -> None:
    engine = engines()
    ident = engine.start(flow_of(compiled, "calls"), {"id_": "x"})
    engine.settle(ident)
    engine.cancel(ident)
    engine.cancel(ident)
    assert engine.ending(ident)["error"]["name"] == "Cancelled"
    assert engine.services.calls == ["make 0", "make 9", "undo 9", "undo 0"]
