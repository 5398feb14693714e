"""What runs tell OpenTelemetry: spans as the flow names its steps, metrics against its objectives,
and nothing twice when a process takes over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.support.durable import EXAMPLES, Bench, Compiled, Script
from tests.support.processes import until

ORDER = (EXAMPLES / "order.flow").read_text().replace(" jitter", "")
TRIP = (EXAMPLES / "trip.flow").read_text()
GIVEN = {"id": "o", "email": "e", "items": [], "total": 1}
DEFAULTS: dict[str, Any] = {
    "inventory.reserve": {"id": "h", "warehouse": "w"},
    "fraud.score": {"level": "Low", "reason": ""},
    "payments.charge": {"id": "p"},
    "payments.lookup": {"id": "p"},
    "shipping.create": {"id": "s", "tracking": "t"},
    "airline.hold": {"id": "a", "price": 1},
    "hotels.hold": {"id": "h", "price": 1},
    "cards.charge": {"id": "c"},
    "airline.issue": {"leg": "l", "number": "n"},
}


class Heard:
    """A telemetry whose spans and metrics stay here."""

    def __init__(self, compiled: Compiled) -> None:
        self._spans = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        made = compiled.module("runtime.telemetry").Telemetry
        flows = compiled.module("flows").FLOWS
        self.telemetry = made(flows, SimpleSpanProcessor(self._spans), self._reader)

    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._spans.get_finished_spans()

    def points(self, name: str) -> list[Any]:
        data = self._reader.get_metrics_data()
        assert data is not None
        metrics = [
            metric
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        ]
        return [
            point for metric in metrics if metric.name == name for point in metric.data.data_points
        ]


def test_a_process_that_takes_over_tells_only_what_it_does(tmp_path: Path) -> None:
    compiled = Compiled(TRIP)
    heard = Heard(compiled)
    trip = {
        "id": "t",
        "legs": ["l"],
        "nights": 1,
        "days": 1,
        "wants_car": False,
        "budget": 0,
        "manager": "m",
    }
    first, second = (_listening(compiled, tmp_path / "run.db", heard) for _ in range(2))
    flow = next(f for f in compiled.module("flows").FLOWS if f.name == "book_trip")
    first.launch()
    ident = first.start(flow, flow.read_input({"trip": trip}))
    until(lambda: len(heard.spans()) == 2)
    first.close()
    assert sorted(span.name for span in heard.spans()) == ["flight", "hotel"]
    second.launch()
    second.signal(ident, "ruling", {"granted": True, "reason": ""})
    assert second.ending(ident)["ending"] == "Completed"
    second.close()
    names = [span.name for span in heard.spans()]
    assert sorted(names[:2]) == ["flight", "hotel"]
    assert names[2:] == ["ruling", "paid", "ticket", "book_trip"]
    assert len({span.context.trace_id for span in heard.spans() if span.context}) == 1


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("telemetry")
    with Bench(Compiled(ORDER), folder / "run.db", DEFAULTS) as bench:
        yield bench


def played(bench: Bench, script: Script, ident: str) -> Heard:
    """Play an order and tell its events."""
    heard = Heard(bench.compiled)
    before = len(bench.events)
    given = GIVEN | {"id": ident}
    bench.play("fulfil_order", script, instance=ident, order=given)
    for event in bench.events[before:]:
        heard.telemetry(event)
    return heard


def test_a_span_for_each_step_inside_that_of_its_instance(orders: Bench) -> None:
    script = Script(payments__charge=[(10, ConnectionError("down")), {"id": "p"}])
    heard = played(orders, script, "ok")
    names = ["hold", "risk", "payment", "parcel", "note", "fulfil_order"]
    assert [span.name for span in heard.spans()] == names
    spans = {span.name: span for span in heard.spans()}
    root, payment = spans["fulfil_order"], spans["payment"]
    assert root.context is not None
    assert root.parent is None
    assert {span.context.trace_id for span in heard.spans() if span.context} == {
        root.context.trace_id
    }
    assert {s.parent.span_id for s in heard.spans() if s.parent} == {root.context.span_id}
    assert payment.attributes is not None
    assert payment.attributes["flow.operation"] == "payments.charge"
    assert payment.attributes["flow.attempts"] == 2
    assert payment.attributes["flow.instance"] == "fulfil_order/ok"
    outcomes = [event.attributes["flow.outcome"] for event in payment.events if event.attributes]
    assert outcomes == ["unknown", "ok"]
    assert payment.start_time is not None
    assert payment.end_time is not None
    assert payment.end_time - payment.start_time >= 10_000_000_000  # a virtual timeout
    assert root.attributes is not None
    assert (root.attributes["flow.ending"], root.attributes["flow.version"]) == ("Completed", 2)
    depths = {
        point.attributes["flow.step"]: point.sum for point in heard.points("flow.step.attempts")
    }
    assert depths == {"hold": 1, "risk": 1, "payment": 2, "parcel": 1, "note": 1}


def test_failures_are_counted_against_the_objectives(orders: Bench) -> None:
    declined = type("CardDeclined", (Exception,), {"code": "limit"})()
    heard = played(orders, Script(payments__charge=[declined]), "declined")
    assert [span.name for span in heard.spans()] == [
        *("hold", "risk", "payment", "hold undo", "fulfil_order")
    ]
    failed = [span.name for span in heard.spans() if not span.status.is_ok]
    assert failed == ["payment", "fulfil_order"]
    met = {
        point.attributes["flow.objective"]: point.attributes["flow.met"]
        for point in heard.points("flow.slo.events")
    }
    assert met == {"start": True, "complete": True, "failures": False}
    targets = {
        (point.attributes["flow.version"], point.attributes["flow.objective"]): point.value
        for point in heard.points("flow.slo.target")
    }
    assert targets[2, "complete"] == 99
    assert targets[2, "failures"] == 99.5
    (ended,) = heard.points("flow.instance.duration")
    assert ended.attributes["flow.ending"] == "Compensated"


def test_one_that_takes_too_long_misses_its_objective(orders: Bench) -> None:
    script = Script(mail__confirm=[(29, ConnectionError())] * 60 + [None])
    heard = played(orders, script, "slow")
    met = {
        point.attributes["flow.objective"]: point.attributes["flow.met"]
        for point in heard.points("flow.slo.events")
    }
    assert met["complete"] is False


class Given:
    """Services that always give the same."""

    def __getattr__(self, service: str) -> Any:
        class Service:
            def __getattr__(self, method: str) -> Any:
                return lambda **given: DEFAULTS.get(f"{service}.{method}")

        return Service()


def _listening(compiled: Compiled, state: Path, heard: Heard) -> Any:
    """An engine in real time whose events are heard."""
    services = compiled.module("runtime.attempt").Services(Given(), dicts=True)
    flows = compiled.module("flows").FLOWS
    engine = compiled.module("runtime.engine").Engine
    return engine(flows, services, str(state), watcher=heard.telemetry)
