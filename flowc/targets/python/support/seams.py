"""What a run needs of the world around it: a journal, limits of time, a way to be undone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from .errors import FlowError
from .ledger import Scope

if TYPE_CHECKING:
    from .run import Run


class Journal(Protocol):
    """What remembers: work done once is never done again, also after a crash."""

    @property
    def execution(self) -> str:
        """Changes whenever the instance is picked up again."""

    @property
    def replays(self) -> bool:
        """Whether rows of before a restart stay true."""

    @property
    def restarting(self) -> bool:
        """Inside of `once`: whether a restart begins with this row."""

    async def once(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do the work and keep its JSON result; or return the result that was kept."""

    async def note(self, name: str, make: Callable[[], Any]) -> Any:
        """As `once`, for a row that is there without waiting: it is made off the loop."""

    async def sleep(self, span: int) -> None:
        """Let milliseconds pass, through crashes."""


@dataclass(frozen=True)
class Limits:
    """The moment an instance is due, and how many milliseconds unwinding may take."""

    due: int | None = None
    compensate_within: int | None = None


def own(error: FlowError) -> FlowError:
    """Mark an error as the instance's own: nothing handles it."""
    error.own = True
    return error


class Caught:
    """A stretch of code that is undone by itself; `error` is what was caught, if anything."""

    def __init__(self, run: Run, errors: tuple[type[FlowError], ...]) -> None:
        self._run = run
        self._errors = errors
        self._outer = run.ledger
        self.error: FlowError | None = None

    async def __aenter__(self) -> Self:
        self._outer = self._run.ledger
        self._run.ledger = Scope()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        inner, self._run.ledger = self._run.ledger, self._outer
        if isinstance(error, self._errors) and isinstance(error, FlowError) and not error.own:
            self.error = error
            await self._run.unwind(inner)
            return True
        self._outer.entries.append(inner)
        return False
