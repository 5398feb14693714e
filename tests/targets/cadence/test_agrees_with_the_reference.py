"""Stories on Cadence as by the reference interpreter: in the client's test environment as far as it
goes, and on a server of one thread that leaves nothing out."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from flowc.compiler.flow import Flow
from flowc.simulate.interpret import interpret
from flowc.simulate.invent import invent_fields
from flowc.simulate.script import Moment, Script, Sent
from flowc.simulate.trace import CallEvent, events
from flowc.simulate.values import decode_fields
from tests.support import agreement
from tests.support.batches import FLOWS, SCRIPTS, text
from tests.support.cadence import OnCadence, OnEnvironment, OnServer
from tests.support.durable import EXAMPLES
from tests.support.faults import single_faults
from tests.support.meaningful import draw_script, given

NAMES = ("order", "trip", "onboard")
AWAITS = Path(__file__).parents[1] / "python" / "data" / "awaits.flow"
SECOND, HOUR = 1000, 3_600_000
CANCELS = (1, 500, 1500, 2999, 4100, 7001, 9999, 12_001, 20_001)


def example(name: str) -> str:
    """The text of an example, with waits of a fixed length."""
    return (EXAMPLES / f"{name}.flow").read_text().replace(" jitter", "")


def differences(
    made: OnServer | OnEnvironment, flow: Flow, script: Script, values: dict[str, Any]
) -> list[str] | None:
    """Where the stories part; None if the engine cannot show this one."""
    story = interpret(made.program, flow, dict(decode_fields(flow.params, values)), script)
    seen = made.play(flow, script, values)
    if seen is None:
        return None
    found = [each for each in agreement.differences(story, seen) if not _rounded(each, script)]
    begun = {(a.path, a.number): a.at for a in made.attempts}
    for event in events(story.trace):
        if isinstance(event, CallEvent) and not found and not _fractions(script):
            role = "" if event.role == "do" else f" {event.role}"
            name = event.place.path + role
            at = begun[name, event.attempt]
            if at != event.at - story.start:
                found.append(f"{name}#{event.attempt} after {at}, not {event.at - story.start} ms")
    return found


def _fractions(script: Script) -> bool:
    takes = [scripted.takes or 0 for each in script.steps.values() for scripted in each]
    return any(span % SECOND for span in takes)


def _rounded(difference: str, script: Script) -> bool:
    """Cadence counts whole seconds, and rounds up: what is left of a `within` is longer then."""
    if not difference.startswith("took ") or not _fractions(script):
        return False
    ours, theirs = (int(word) for word in difference.split() if word.isdigit())
    return 0 < ours - theirs < 5 * SECOND


def main(made: OnCadence) -> Flow:
    return next(flow for flow in made.program.flows if flow.key is not None)


def named(flow: Flow, ident: str) -> dict[str, Any]:
    """An input with a key of its own."""
    values = invent_fields(flow.params, "")
    first = flow.params[0].name
    values[first] = {**values[first], "id": ident}
    return values


@pytest.mark.parametrize("name", NAMES)
def test_an_example_under_every_single_fault_on_the_server(name: str) -> None:
    made = OnServer(example(name))
    flow = main(made)
    found: dict[str, list[str]] = {}
    for number, (fault, script) in enumerate(
        [("nothing fails", Script()), *single_faults(made.program, flow)]
    ):
        if parted := differences(made, flow, script, named(flow, f"x{number}")):
            found[fault] = parted
    assert found == {}


def test_what_the_environment_can_show_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    found: dict[str, list[str]] = {}
    lacking: Counter[str] = Counter()
    stories = 0
    for name in NAMES:
        made = OnEnvironment(example(name))
        flow = main(made)
        faults = [("nothing fails", Script()), *single_faults(made.program, flow)]
        faults.append(("cancelled", Script(cancel=Moment(at=SECOND))))
        for number, (fault, script) in enumerate(faults):
            stories += 1
            parted = differences(made, flow, script, named(flow, f"x{number}"))
            if parted is None:
                lacking[made.lacks(script)] += 1
            elif parted:
                found[f"{name}: {fault}"] = parted
    assert found == {}
    with capsys.disabled():
        shares = ", ".join(f"{why} {100 * n / stories:.0f}%" for why, n in lacking.items())
        print(f"\nof {stories} stories Cadence's test environment cannot show: {shares}")
    assert set(lacking) == {"a retry of the server", "cancel"}
    assert sum(lacking.values()) < stories / 2


@pytest.mark.parametrize(("engine", "seed"), [(OnServer, 4), (OnEnvironment, 5)])
def test_generated_flows(engine: type[OnServer | OnEnvironment], seed: int) -> None:
    random = Random(seed)
    made = engine(text(random))
    found: list[str] = []
    lacking = 0
    for n, k in product(range(FLOWS), range(SCRIPTS)):
        flow = made.program.find(f"main{n}")
        assert flow is not None
        script = draw_script(random, made.program, flow)
        if k % 2 and engine is OnServer:
            script = script.replace(cancel=Moment(at=random.choice(CANCELS)))
        parted = differences(made, flow, script, given(random, f"i{n}-{k}"))
        lacking += parted is None
        found += [f"main{n}, script {k}: {each}" for each in parted or ()]
    assert found == []
    assert lacking < FLOWS * SCRIPTS / 2


TRIP = {"id": "t", "legs": ["a", "b"], "nights": 1, "days": 1, "wants_car": False}
TRIP |= {"manager": "m", "budget": 1}
YES, NO = {"granted": True, "reason": ""}, {"granted": False, "reason": "no"}


def sent(to: str, hours: float, value: Any) -> Sent:
    return Sent(to, Moment(at=int(hours * HOUR)), value)


def cancelled(hours: float | None) -> Moment | None:
    return None if hours is None else Moment(at=int(hours * HOUR))


def told(made: OnServer, name: str, script: Script, values: dict[str, Any]) -> str:
    """How a story ends, which must be as by the reference."""
    flow = made.program.find(name)
    assert flow is not None
    assert differences(made, flow, script, values) == []
    ending = next(reversed(made.server.executions.values())).result
    for execution in made.server.executions.values():
        if execution.parent is None:
            ending = execution.result
    return str((ending.get("error") or {}).get("name", ending["ending"]))


def test_the_trip_waits_for_its_manager() -> None:
    made = OnServer(example("trip"))
    for number, (hours, value, stop, ending) in enumerate(
        (
            (0.0, YES, None, "Completed"),
            (13.0, YES, None, "Completed"),
            (24.0, YES, None, "Completed"),
            (49.0, YES, None, "ApprovalExpired"),
            (30.0, NO, None, "Rejected"),
            (30.0, YES, 20.0, "Cancelled"),
            (30.0, YES, 31.0, "Completed"),
        )
    ):
        script = Script(signals=(sent("ruling", hours, value),), cancel=cancelled(stop))
        trip = {**TRIP, "id": f"t{number}"}
        assert told(made, "book_trip", script, {"trip": trip}) == ending


def test_a_child_gets_its_messages_through_its_parent() -> None:
    text = example("onboard").replace("record reference = uuid()", 'let reference = "r"')
    made = OnServer(text)
    for number, (hours, stop, ending) in enumerate(
        (
            (1.0, None, "Completed"),
            (200.0, None, "DocumentsMissing"),
            (1.0, 0.5, "Cancelled"),
            (1.0, 100.0, "Cancelled"),
            (1.0, 2000.0, "Completed"),
        )
    ):
        customer = {"id": f"c{number}", "email": "e", "country": "at"}
        customer["starts_at"] = "2024-02-01T00:00:00Z"
        papers = sent("check/papers", hours, {"passport": "p"})
        script = Script(signals=(papers,), cancel=cancelled(stop))
        assert told(made, "onboard", script, {"customer": customer}) == ending


def test_awaits_in_rounds_with_reminders_and_in_a_child_under_cancel() -> None:
    made = OnServer(AWAITS.read_text())
    number = 0
    for answered, stop in product((0.0, 1.0, 3.5, 4.0), (None, 0.5, 4.0, 8.75, 9.5)):
        number += 1
        script = Script(
            signals=(
                sent("word[1]", answered, "one"),
                sent("word[2]", answered + 1, None),
                sent("last", 8.5, 3),
                sent("after_all", 40, True),
                sent("nowhere", 1, "refused"),
                sent("last", 0.25, "refused too"),
            ),
            cancel=cancelled(stop),
        )
        told(made, "many", script, {"id": f"m{number}"})
    for answered, stop in product((0.0, 4.0, 6.0), (None, 3.0, 4.5, 5.0, 8.0)):
        number += 1
        script = Script(signals=(sent("sub/inner", answered, "hi"),), cancel=cancelled(stop))
        told(made, "calls", script, {"id": f"m{number}"})
