"""What runs tell, to OpenTelemetry: a span for each step under the flow's name for it, and metrics
of steps and instances, held against the objectives that flows declare."""

from __future__ import annotations

import hashlib
import os
import re
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any, Self

from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from .events import Event
from .flow import Flow
from .values import milliseconds

_SCOPE = "flowc"
_ROUND = re.compile(r"\[\d+\]")
_PAGES = 64  # events that a span keeps: attempts of one step


class Telemetry:
    """Takes the events of an engine. What is replayed after a crash is not told again, so a span
    stands for work that was done here; one may be lost in a crash, none is doubled.

    All spans of an instance are of one trace, whatever processes worked on it: its id, and that
    of the instance's own span, come from the instance's name.
    """

    def __init__(
        self, flows: Iterable[Flow], processor: SpanProcessor, reader: MetricReader
    ) -> None:
        named = {} if "OTEL_SERVICE_NAME" in os.environ else {"service.name": _SCOPE}
        resource = Resource.create(named)
        self._flows = {flow.title: flow for flow in flows}
        self._titles: dict[str, str] = {}
        self._started: dict[str, int] = {}
        self._attempts: dict[tuple[str, str], list[tuple[Event, int]]] = {}
        self._exporters: tuple[tuple[str, Any], ...] = ()
        self._lock = threading.Lock()
        self._ids = _Ids()
        self._traces = TracerProvider(
            resource=resource, id_generator=self._ids, span_limits=SpanLimits(max_events=_PAGES)
        )
        self._traces.add_span_processor(processor)
        self._tracer = self._traces.get_tracer(_SCOPE)
        self._meters = MeterProvider([reader], resource=resource)
        meter = self._meters.get_meter(_SCOPE)
        self._steps = meter.create_histogram(
            "flow.step.duration", "s", "from the intent of a step to its outcome, with its retries"
        )
        self._depth = meter.create_histogram(
            "flow.step.attempts", "{attempt}", "attempts that a step took"
        )
        self._instances = meter.create_histogram(
            "flow.instance.duration", "s", "from the start of an instance to its ending"
        )
        self._objectives = meter.create_counter(
            "flow.slo.events", "{event}", "what an objective is measured by; `met` says which way"
        )
        meter.create_observable_gauge(
            "flow.slo.target", [self._targets], "%", "how many are to meet an objective"
        )

    @classmethod
    def from_environment(cls, flows: Iterable[Flow]) -> Self:
        """One that sends by OTLP over HTTP to where the variables `OTEL_EXPORTER_OTLP_...` say."""
        from . import otlp

        otlp.quiet()
        spans, metrics = otlp.Spans(), otlp.Metrics()
        made = cls(flows, BatchSpanProcessor(spans), PeriodicExportingMetricReader(metrics))
        made._exporters = (("traces", spans), ("metrics", metrics))
        return made

    def close(self) -> None:
        """Send what has not been sent: spans and metrics at once, since each may have to wait for
        a collector that does not answer."""
        sending = threading.Thread(target=self._traces.shutdown, name="traces")
        sending.start()
        self._meters.shutdown()
        sending.join()

    @property
    def lost(self) -> list[str]:
        """What did not arrive, as far as is known: `traces`, `metrics`."""
        return [what for what, exporter in self._exporters if exporter.lost]

    def __call__(self, event: Event) -> None:
        """Take in an event."""
        now = time.time_ns()
        place = event.instance, event.path
        match event.kind:
            case "started" | "resumed" | "restarted":
                self._titles[event.instance] = event.detail
                if event.kind == "started":
                    self._started[event.instance] = now
            case "begins":
                self._begun(event.instance, now)
            case "attempt":
                with self._lock:
                    self._attempts.setdefault(place, []).append((event, now))
            case "settled":
                self._step(event, now)
            case "woken":
                self._span(event, now, ok=event.outcome in ("answer", "due"))
            case "ended":
                self._end(event, now)

    # -- steps -----------------------------------------------------------------------------

    def _begun(self, instance: str, now: int) -> None:
        """An instance makes its first attempt: that is its start."""
        started = self._started.pop(instance, None)
        flow = self._flow(instance)
        if started is not None and flow is not None and flow.slo is not None:
            within = flow.slo.start
            if within is not None:
                met = now - started <= milliseconds(within) * 1_000_000
                self._count(instance, "start", met=met)

    def _step(self, event: Event, now: int) -> None:
        about = {**self._about(event), "flow.outcome": event.outcome}
        self._steps.record((event.took or 0) / 1000, about)
        self._depth.record(event.attempt, about)
        self._span(event, now, ok=event.outcome == "ok")

    def _span(self, event: Event, now: int, *, ok: bool) -> None:
        """A span that has ended now, with an event for each attempt."""
        with self._lock:
            attempts = self._attempts.pop((event.instance, event.path), [])
        about = {
            **self._about(event),
            "flow.instance": event.instance,
            "flow.path": event.path,
            "flow.outcome": event.outcome,
        }
        if event.attempt:
            about["flow.attempts"] = event.attempt
        parent = set_span_in_context(NonRecordingSpan(_context(event.instance)))
        start = now - (event.took or 0) * 1_000_000
        name = _ROUND.sub("", event.path)
        span = self._tracer.start_span(name, parent, start_time=start, attributes=about)
        for made, at in attempts:
            said: dict[str, Any] = {"flow.attempt": made.attempt, "flow.outcome": made.outcome}
            if made.detail:
                said["flow.detail"] = made.detail
            span.add_event("attempt", said, at)
        if not ok:
            span.set_status(StatusCode.ERROR, event.detail or event.outcome)
        span.end(now)

    # -- instances -------------------------------------------------------------------------

    def _end(self, event: Event, now: int) -> None:
        instance, took = event.instance, event.took or 0
        flow = self._flow(instance)
        about = {**self._about(event), "flow.ending": event.outcome}
        self._instances.record(took / 1000, about)
        if flow is not None and flow.slo is not None:
            if flow.slo.complete is not None:
                self._count(instance, "complete", met=took <= milliseconds(flow.slo.complete))
            if flow.slo.failures_percent is not None:
                self._count(instance, "failures", met=event.outcome == "Completed")
        attributes = {**about, "flow.instance": instance}
        with self._ids.exactly(_context(instance)):
            span = self._tracer.start_span(
                flow.name if flow is not None else instance.partition("/")[0],
                set_span_in_context(NonRecordingSpan(SpanContext(0, 0, is_remote=False))),
                start_time=now - took * 1_000_000,
                attributes=attributes,
            )
        if event.outcome != "Completed":
            span.set_status(StatusCode.ERROR, event.detail or event.outcome)
        span.end(now)
        self._titles.pop(instance, None)
        self._started.pop(instance, None)

    def _flow(self, instance: str) -> Flow | None:
        return self._flows.get(self._titles.get(instance, ""))

    def _about(self, event: Event) -> dict[str, Any]:
        """What spans and metrics say alike: few values each."""
        flow = self._flow(event.instance)
        about: dict[str, Any] = {"flow.name": event.instance.partition("/")[0]}
        if flow is not None:
            about["flow.version"] = flow.version
        if event.path:
            about["flow.step"] = _ROUND.sub("", event.path)
        if event.operation:
            about["flow.operation"] = event.operation
        return about

    def _count(self, instance: str, objective: str, *, met: bool) -> None:
        about: dict[str, Any] = {"flow.name": instance.partition("/")[0]}
        about.update({"flow.objective": objective, "flow.met": met})
        self._objectives.add(1, about)

    def _targets(self, options: CallbackOptions) -> Iterator[Observation]:
        """The declared objectives: how many percent of instances are to meet each."""
        del options
        for flow in self._flows.values():
            if flow.slo is None:
                continue
            about: dict[str, Any] = {"flow.name": flow.name, "flow.version": flow.version}
            for objective, percent in (
                ("complete", flow.slo.complete_percent),
                ("failures", flow.slo.failures_percent),
            ):
                if percent is not None:
                    met = 100 - percent if objective == "failures" else percent
                    yield Observation(met, {**about, "flow.objective": objective})


class _Ids(RandomIdGenerator):
    """Random ids, but for the span of an instance."""

    def __init__(self) -> None:
        self._own = threading.local()

    def exactly(self, context: SpanContext) -> _Exactly:
        """`with`: the ids of what is started inside."""
        return _Exactly(self._own, context)

    def generate_trace_id(self) -> int:
        context: SpanContext | None = getattr(self._own, "context", None)
        return super().generate_trace_id() if context is None else context.trace_id

    def generate_span_id(self) -> int:
        context: SpanContext | None = getattr(self._own, "context", None)
        return super().generate_span_id() if context is None else context.span_id


class _Exactly:
    def __init__(self, own: threading.local, context: SpanContext) -> None:
        self._own = own
        self._context = context

    def __enter__(self) -> None:
        self._own.context = self._context

    def __exit__(self, *_: object) -> None:
        self._own.context = None


def _context(instance: str) -> SpanContext:
    """The span of an instance itself, which may not have ended yet."""
    drawn = hashlib.sha256(instance.encode()).digest()
    trace, span = int.from_bytes(drawn[:16], "big"), int.from_bytes(drawn[16:24], "big")
    sampled = TraceFlags(TraceFlags.SAMPLED)
    return SpanContext(trace or 1, span or 1, is_remote=True, trace_flags=sampled)
