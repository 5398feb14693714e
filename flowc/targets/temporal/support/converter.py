"""Payloads: the flow's values as plain JSON, which other clients and the UI can read and write."""

from __future__ import annotations

import json
from typing import Any, get_origin

from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
)

from .values import decode, encode


class _Values(JSONPlainPayloadConverter):
    def to_payload(self, value: Any) -> Payload | None:
        try:
            made = encode(value)
        except TypeError:
            return super().to_payload(value)
        data = json.dumps(made, separators=(",", ":"), sort_keys=True, allow_nan=False)
        return Payload(metadata={"encoding": self.encoding.encode()}, data=data.encode())

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        found = json.loads(payload.data)
        if type_hint in (None, Any, object, dict) or get_origin(type_hint) is dict:
            return found
        if (type_hint.__module__ or "").startswith("temporalio"):
            return super().from_payload(payload, type_hint)
        return decode(type_hint, found)


class FlowPayloadConverter(CompositePayloadConverter):
    """Temporal's own converters, with the flow's values in plain JSON."""

    def __init__(self) -> None:
        own = _Values()
        standard = DefaultPayloadConverter.default_encoding_payload_converters
        super().__init__(*(own if c.encoding == own.encoding else c for c in standard))


DATA_CONVERTER = DataConverter(payload_converter_class=FlowPayloadConverter)
