"""Cadence's `workflow` module as this package uses it, with types: the client ships none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from cadence import workflow as cadence  # type: ignore[import-untyped]

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Child(Protocol):
    """A child workflow that was started: awaited, it gives its result."""

    def cancel(self) -> bool: ...
    def __await__(self) -> Any: ...


def run(method: F) -> F:
    """Mark the method that is the workflow."""
    cadence.run(method)
    return method


def signal(name: str) -> Callable[[F], F]:
    """Mark a method that takes a signal."""

    def mark(method: F) -> F:
        cadence.signal(name=name)(method)
        return method

    return mark


def query(name: str) -> Callable[[F], F]:
    """Mark a method that answers a query."""

    def mark(method: F) -> F:
        cadence.query(name=name)(method)
        return method

    return mark


def identity() -> str:
    """The id of the workflow that runs here."""
    return str(cadence.WorkflowContext.get().info().workflow_id)


async def sleep(span: timedelta) -> None:
    """Let a span pass, by a timer."""
    await cadence.sleep(span)


async def wait_condition(enough: Callable[[], object]) -> None:
    """Wait until it is enough."""
    await cadence.wait_condition(lambda: bool(enough()))


def side_effect(draw: Callable[[], T], kind: type[T]) -> T:
    """Draw once; a replay gives the same."""
    drawn: T = cadence.side_effect(draw, kind)
    return drawn


def get_version(change: str, oldest: int, newest: int) -> int:
    """The newest version when first asked; a replay gives the same."""
    version: int = cadence.get_version(change, oldest, newest)
    return version


async def execute_activity(
    name: str, kind: type[T], *arguments: Any, options: Mapping[str, Any]
) -> T:
    """Let a worker run an activity."""
    given: T = await cadence.execute_activity(name, kind, *arguments, **options)
    return given


async def start_child_workflow(
    name: str, kind: type[Any], *arguments: Any, options: Mapping[str, Any]
) -> Child:
    """Start a child workflow."""
    started: Child = await cadence.start_child_workflow(name, kind, *arguments, **options)
    return started


def signal_workflow(workflow_id: str, name: str, *arguments: Any) -> Awaitable[None]:
    """Send a signal to another workflow."""
    sent: Awaitable[None] = cadence.signal_external_workflow(workflow_id, name, *arguments)
    return sent


def upsert_search_attributes(attributes: Mapping[str, str]) -> None:
    """Keep search attributes; they must be registered on the server."""
    cadence.upsert_search_attributes(attributes)
