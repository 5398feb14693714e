"""Payloads: the flow's values as plain JSON, which other clients and the UI can read and write."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, get_origin

from cadence.api.v1.common_pb2 import Payload  # type: ignore[import-untyped]

from .values import decode, encode

_PLAIN = (None, Any, object, dict, list, float)
_reader = json.JSONDecoder()


class FlowDataConverter:
    """Cadence's form, values of JSON after each other, with the flow's own types."""

    def to_data(self, values: Sequence[Any]) -> Payload:
        """Values as bytes."""
        parts = (
            json.dumps(encode(value), separators=(",", ":"), sort_keys=True, allow_nan=False)
            for value in values
        )
        return Payload(data=" ".join(parts).encode())

    def from_data(self, payload: Payload, type_hints: Sequence[Any]) -> list[Any]:
        """As many values as there are, of these types. Raises WrongType, ValueError."""
        text, place = payload.data.decode(), 0
        found: list[Any] = []
        for hint in type_hints or (None,):
            while place < len(text) and text[place].isspace():
                place += 1
            if place == len(text):
                break
            value, place = _reader.raw_decode(text, place)
            plain = hint in _PLAIN or get_origin(hint) in (dict, list)
            found.append(value if plain else decode(hint, value))
        return found
