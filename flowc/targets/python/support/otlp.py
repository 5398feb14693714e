"""OpenTelemetry by OTLP over HTTP, in short time, and knowing what did not arrive."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import MetricExportResult, MetricsData
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

WITHIN = 2.0  # seconds for a request with its retries, where no variable says another time


class Spans(OTLPSpanExporter):
    """Sends spans; `lost` once some did not arrive."""

    def __init__(self) -> None:
        super().__init__(timeout=_within("TRACES"))
        self.lost = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send, and remember a failure."""
        result = super().export(spans)
        self.lost |= result is not SpanExportResult.SUCCESS
        return result


class Metrics(OTLPMetricExporter):
    """Sends metrics, each time all that were counted; `lost` while the last did not arrive."""

    def __init__(self) -> None:
        super().__init__(timeout=_within("METRICS"))
        self.lost = False

    def export(
        self,
        metrics_data: MetricsData,
        timeout_millis: float | None = 10_000,
        **more: Any,
    ) -> MetricExportResult:
        """Send, and remember a failure."""
        result = super().export(metrics_data, timeout_millis, **more)
        self.lost = result is not MetricExportResult.SUCCESS
        return result


def quiet() -> None:
    """Keep the exporters' own log, a line for every try, to what is critical."""
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)


def _within(what: str) -> float | None:
    """The time for a request; None where the environment says it."""
    names = ("OTEL_EXPORTER_OTLP_TIMEOUT", f"OTEL_EXPORTER_OTLP_{what}_TIMEOUT")
    return None if any(os.environ.get(name) for name in names) else WITHIN
