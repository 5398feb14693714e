"""Values: built by position or by name, frozen, equal by what they hold."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from flowc.diagnostic import Finding
from flowc.source import Span
from flowc.struct import Struct


class Nine(Struct):
    a: int
    b: int
    c: int
    d: int
    e: int
    f: int
    g: int
    h: int
    i: int = 9


class Empty(Struct):
    pass


def test_fields_by_position_by_name_and_by_default() -> None:
    assert Span(1, 2) == Span(1, end=2) == Span(start=1, end=2)
    assert Finding(Span(1, 2), "m").help is None
    assert Finding(Span(1, 2), "m", label="l").label == "l"
    assert Nine(1, 2, 3, 4, 5, 6, 7, 8).i == 9
    assert Nine(1, 2, 3, 4, 5, 6, 7, h=8, i=0).i == 0
    assert Empty() == Empty()


@pytest.mark.parametrize(
    ("values", "named"),
    [((), {}), ((1,), {}), ((1, 2, 3), {}), ((1, 2), {"start": 1}), ((1,), {"stop": 2})],
)
def test_wrong_fields_are_refused(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Span(*values, **named)


def test_values_are_frozen_and_equal_by_what_they_hold() -> None:
    span = Span(1, 2)
    with pytest.raises(AttributeError, match="frozen"):
        span.start = 3  # type: ignore[misc]
    with pytest.raises(AttributeError):
        span.other = 3
    assert span != Span(1, 3)
    assert span != (1, 2)
    assert hash(span) == hash(Span(1, 2))
    assert span.replace(end=5) == Span(1, 5)
    assert pickle.loads(pickle.dumps(span)) == span
    assert repr(span) == "Span(start=1, end=2)"
