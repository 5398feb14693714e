"""What Cadence is asked for, and what can be said to an instance that runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import grpc
import pytest
from cadence.api.v1 import workflow_pb2
from cadence.error import WorkflowExecutionAlreadyStartedError

from flowc.compiler.flow import Flow
from flowc.simulate.invent import invent_fields
from flowc.simulate.script import Script, Scripted
from tests.support.cadence import OnServer
from tests.support.cadence_server import Execution, Stalled
from tests.support.durable import EXAMPLES

TEXT = """\
error Busy transient
policy once { timeout 90m, heartbeat 1500ms }
policy own { timeout 1s500ms, attempts 3, backoff 1s500ms..3s factor 2 }
policy bounded { timeout 10s, attempts 3, backoff 1s, within 12s }
policy roomy { timeout 10s, attempts 3, backoff 1s, within 1m }
service s {
  action keyed(id: text) -> text writes r key id raises Busy
  action blind(id: text) -> text writes r raises Busy
  action undo(id: text) writes r key id absorbing
  read look(id: text) -> text
}
flow child(id: text) -> text {
  version 2 supports 1

  await word: text
  return word
}
flow waits(id: text) -> text {
  version 1
  owner "o" runbook "r"
  key id on duplicate reject

  step first = s.keyed(id) with once
    compensate s.undo(id) with once
  await ruling: bool from "boss"
  step said = child(id)
  return "{said} {ruling}"
}
flow late(id: text) -> text {
  version 1
  owner "o" runbook "r"
  key id on duplicate attach
  deadline 5s, compensate within 1h

  step one = s.keyed(id) with once
    compensate s.undo(id) with once
  step two = s.look(id) with once
  return two
}
flow steps(id: text) -> text {
  version 1
  owner "o" runbook "r"
  key id on duplicate attach

  step a = s.look(id) with once
  step b = s.look(id) with own
  step c = s.look(id) with bounded
  step d = s.look(id) with roomy
  step e = s.blind(id) with own
    on unknown halt
  step f = s.look(id) with once within 20s
  return a
}
"""


@pytest.fixture
def made() -> OnServer:
    return OnServer(TEXT)


def flow(made: OnServer, name: str) -> Flow:
    found = made.program.find(name)
    assert found is not None
    return found


def scheduled(execution: Execution) -> list[Any]:
    return [
        event.activity_task_scheduled_event_attributes
        for event in execution.history
        if event.HasField("activity_task_scheduled_event_attributes")
    ]


def begun(made: OnServer, ident: str = "i", flow_name: str = "waits") -> str:
    """An instance that waits for somebody; gives its id."""
    of = flow(made, flow_name)
    made.begin(of, Script())
    made.module("runtime.engine").Source.read = made.server.time
    emitted = made.flow(of)
    arguments = emitted.read_input({"id": ident})
    known: str = emitted.instance(arguments)
    made.server.start(emitted.title, known, list(arguments.values()))
    until(made, lambda: not made.server.pending)
    return known


def until(made: OnServer, enough: Callable[[], bool]) -> None:
    while not enough():
        made.server.step()


def test_policies_become_options_in_whole_seconds(made: OnServer) -> None:
    made.play(flow(made, "steps"), Script(), {"id": "i"})
    execution = made.server.executions["steps/i"]
    asked = {}
    for made_of in scheduled(execution):
        step = made.server.converter.from_data(made_of.input, [None] * 3)[0]
        asked[step] = made_of
        for span in ("schedule_to_close", "schedule_to_start", "start_to_close"):
            assert getattr(made_of, f"{span}_timeout").nanos == 0
    assert asked["a"].start_to_close_timeout.seconds == 90 * 60
    assert asked["a"].heartbeat_timeout.seconds == 2
    assert asked["a"].schedule_to_close_timeout.seconds > 90 * 60  # not the client's own hour
    assert not asked["a"].HasField("retry_policy")
    retry = asked["b"].retry_policy
    assert asked["b"].start_to_close_timeout.seconds == 2
    assert (retry.initial_interval.seconds, retry.maximum_interval.seconds) == (2, 3)
    assert (retry.backoff_coefficient, retry.maximum_attempts) == (2.0, 3)
    assert list(retry.non_retryable_error_reasons) == ["WrongType"]
    assert not asked["c"].HasField("retry_policy")  # within could end in the middle of an attempt
    assert asked["c"].schedule_to_start_timeout.seconds == 12
    assert asked["d"].HasField("retry_policy")
    assert not asked["e"].HasField("retry_policy")  # not to be repeated when nobody knows
    assert asked["f"].schedule_to_close_timeout.seconds == 20


def test_a_deadline_that_passes_in_a_step_is_looked_at_before_the_next(made: OnServer) -> None:
    for number, (span, ending) in enumerate(((4999, "Completed"), (5000, "Compensated"))):
        script = Script(steps={"one": (Scripted(invented=True, takes=span),)})
        seen = made.play(flow(made, "late"), script, {"id": f"l{number}"})
        assert seen.ending["ending"] == ending
    assert [(call.path, call.role) for call in seen.calls] == [("one", "do"), ("one", "undo")]
    assert seen.ending["error"]["name"] == "DeadlineExceeded"


def test_a_reason_that_no_retry_mends_is_not_retried(made: OnServer) -> None:
    script = Script(steps={"b": (Scripted("ok", 12),)})
    seen = made.play(flow(made, "steps"), script, {"id": "w"})
    assert seen.ending["error"]["fields"] == {"step": "b"}
    assert sum(call.path == "b" for call in seen.calls) == 1


def test_an_instance_can_be_asked_answered_and_paused(made: OnServer) -> None:
    ident, server = begun(made), made.server
    assert server.query(ident, "status") == {
        "phase": "Running",
        "at": ["ruling from boss"],
        "paused": False,
        "cancelled": False,
        "stuck": [],
    }
    assert server.query(ident, "refusal", "ruling", "yes") == (
        "ruling: expected bool, found the text 'yes'"
    )
    assert server.query(ident, "refusal", "other", True) == "nobody awaits 'other'"
    server.signal(ident, "pause")
    server.signal(ident, "deliver", "ruling", "yes")  # nobody hears of the refusal
    server.signal(ident, "deliver", "ruling", True)
    assert server.query(ident, "refusal", "ruling", True) == "'ruling' was answered before"
    server.signal(ident, "deliver", "said/word", "early")
    with pytest.raises(Stalled):
        server.run(server.executions[ident])
    assert server.query(ident, "status")["paused"] is True
    server.signal(ident, "resume")
    assert server.run(server.executions[ident])["value"] == "early true"
    assert server.executions["waits/i/said"].definition.name == "child@2"


def test_a_cancel_before_the_first_decision_leaves_nothing_done(made: OnServer) -> None:
    server = made.server
    server.executions.clear()
    made.begin(flow(made, "waits"), Script())
    execution = server.start("waits@1", "waits/i", ["i"])
    server.cancel("waits/i")
    assert execution.closed == "canceled"
    assert made.attempts == []


def test_a_child_that_is_cancelled_before_it_begins_is_an_ordinary_error(made: OnServer) -> None:
    ident, server = begun(made), made.server
    server.signal(ident, "deliver", "ruling", False)
    until(made, lambda: f"{ident}/said" in server.executions)
    server.cancel(f"{ident}/said")
    ending = server.run(server.executions[ident])
    assert (ending["ending"], ending["error"]["name"]) == ("Compensated", "Cancelled")
    assert [attempt.path for attempt in made.attempts] == ["first", "first undo"]


def test_an_input_that_does_not_fit_never_begins(made: OnServer) -> None:
    made.server.start("waits@1", "waits/i", [12])
    with pytest.raises(Exception, match="expected text, found the number 12"):
        made.server.step()


def test_search_attributes_follow_an_instance(made: OnServer) -> None:
    server = made.server
    made.begin(flow(made, "waits"), Script())
    made.module("runtime.engine").Source.read = server.time
    tracked = made.module("runtime.children").Origin(tracked=True)
    execution = server.start("waits@1", "waits/i", ["i", tracked])
    until(made, lambda: not server.pending)
    server.cancel("waits/i")
    server.run(execution)
    kept = [
        dict(
            event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
        )
        for event in execution.history
        if event.HasField("upsert_workflow_search_attributes_event_attributes")
    ]
    assert [each["FlowStatus"].data for each in kept] == [b'"Running"', b'"Compensated"']
    assert (kept[0]["FlowKey"].data, kept[0]["FlowOwner"].data) == (b'"i"', b'"o"')


def test_a_child_that_is_ended_from_outside_halts_its_parent(made: OnServer) -> None:
    ident, server = begun(made), made.server
    server.signal(ident, "deliver", "ruling", False)
    until(made, lambda: f"{ident}/said" in server.executions and not server.pending)
    server.terminate(f"{ident}/said")
    ending = server.run(server.executions[ident])
    assert (ending["ending"], ending["step"]) == ("Halted", "said")
    assert [entry["step"] for entry in ending["ledger"]] == ["first"]
    until(made, lambda: not server.pending)
    assert [what.partition(":")[0] for _, _, what in made.pages] == ["halted at said"]


def test_a_cancel_while_somebody_is_paged_changes_nothing(made: OnServer) -> None:
    ident, server = begun(made), made.server
    server.signal(ident, "deliver", "ruling", False)
    until(made, lambda: f"{ident}/said" in server.executions and not server.pending)
    server.terminate(f"{ident}/said")
    server.cancel(ident)
    assert server.run(server.executions[ident])["ending"] == "Halted"
    assert len(made.pages) == 1


def test_a_cancel_undoes_while_a_child_runs(made: OnServer) -> None:
    ident, server = begun(made), made.server
    server.signal(ident, "deliver", "ruling", False)
    until(made, lambda: f"{ident}/said" in server.executions and not server.pending)
    server.cancel(ident)
    ending = server.run(server.executions[ident])
    assert ending["error"]["name"] == "Cancelled"
    assert server.executions[f"{ident}/said"].result["ending"] == "Compensated"
    assert [attempt.path for attempt in made.attempts] == ["first", "first undo"]


class Client:
    """One that has started everything already."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.options: dict[str, Any] = {}

    async def start_workflow(self, *asked: Any, **options: Any) -> None:
        self.asked.append(asked)
        self.options = options
        raise WorkflowExecutionAlreadyStartedError("taken", grpc.StatusCode.ALREADY_EXISTS, "", "")


def test_a_key_is_taken_once_and_for_all(made: OnServer) -> None:
    starter, client = made.module("runtime.starter"), Client()
    for name, attaches in (("steps", True), ("waits", False)):
        emitted = made.flow(flow(made, name))
        starting = starter.start(client, emitted, emitted.read_input({"id": "i"}), "list")
        if attaches:
            assert asyncio.run(starting) == f"{name}/i"
        else:
            with pytest.raises(starter.Refused, match="was started before"):
                asyncio.run(starting)
    assert client.options["workflow_id"] == "waits/i"
    assert client.options["execution_start_to_close_timeout"] > timedelta(days=3000)
    assert client.options["workflow_id_reuse_policy"] == (
        workflow_pb2.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
    )


def test_an_order_takes_few_more_events_than_by_hand() -> None:
    made = OnServer((EXAMPLES / "order.flow").read_text())
    order = flow(made, "fulfil_order")
    given = invent_fields(order.params, "")
    made.play(order, Script(), given)
    (execution,) = made.server.executions.values()
    # five activities and six decisions, three events each; the timer of the deadline, and the
    # clock: of the deadline, and of the policy whose `within` may cut an attempt
    assert len(execution.history) == 1 + 5 * 3 + 6 * 3 + 1 + 1 + 2
