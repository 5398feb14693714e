"""Virtual time: generators that pause until a moment or until something holds, in a fixed order."""

from __future__ import annotations

from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from typing import Any, TypeVar

    T = TypeVar("T")


class Pause(Struct):
    """Go on at the moment `until` (ms; None: never), or as soon as `when` holds."""

    until: int | None
    when: Callable[[], bool] | None = None


if TYPE_CHECKING:
    Task = Generator[Pause, None, T]


class Stalled(Exception):  # noqa: N818 - not an error of ours but an answer
    """Nothing will ever happen any more, and the story has not ended."""


class Clockwork:
    """Runs tasks in virtual time. Those that may go on at the same moment do so in the order
    in which they were started, after the alarms of that moment."""

    def __init__(self, start: int) -> None:
        self.now = start
        self._tasks: list[_Running] = []
        self._alarms: list[tuple[int, int, Callable[[], None]]] = []

    def alarm(self, moment: int, ring: Callable[[], None]) -> None:
        """Call `ring` at a moment, before any task goes on then."""
        self._alarms.append((max(moment, self.now), len(self._alarms), ring))
        self._alarms.sort(key=lambda alarm: alarm[:2])

    def run(self, task: Task[T]) -> T:
        """Run a task to its end. Raises what it raises; Stalled if it waits for nothing."""
        main = self._start(task)
        while not main.done:
            self._ring()
            ready = next((t for t in self._tasks if t.ready(self.now)), None)
            if ready is None:
                self._advance()
            else:
                ready.go()
                self._tasks = [t for t in self._tasks if not t.done]
        if main.error is not None:
            raise main.error
        result: T = main.result
        return result

    def together(self, tasks: Sequence[Task[T]]) -> Task[list[T]]:
        """Run tasks side by side until all have settled; give their results in order."""
        running = [self._start(task) for task in tasks]
        yield Pause(None, lambda: all(task.done for task in running))
        for task in running:
            if task.error is not None:
                raise task.error
        return [task.result for task in running]

    def _start(self, task: Task[Any]) -> _Running:
        running = _Running(task)
        self._tasks.append(running)
        return running

    def _ring(self) -> None:
        while self._alarms and self._alarms[0][0] <= self.now:
            self._alarms.pop(0)[2]()

    def _advance(self) -> None:
        moments = [t.pause.until for t in self._tasks if t.pause and t.pause.until is not None]
        moments += [moment for moment, _, _ in self._alarms]
        if not moments:
            raise Stalled
        self.now = max(self.now, min(moments))


class _Running:
    def __init__(self, task: Task[Any]) -> None:
        self._task = task
        self.pause: Pause | None = None
        self.done = False
        self.result: Any = None
        self.error: Exception | None = None

    def ready(self, now: int) -> bool:
        pause = self.pause
        if pause is None or (pause.until is not None and pause.until <= now):
            return True
        return pause.when is not None and pause.when()

    def go(self) -> None:
        try:
            self.pause = next(self._task)
        except StopIteration as stop:
            self.done, self.result = True, stop.value
        except Exception as error:  # noqa: BLE001 - handed to who waits for it
            self.done, self.error = True, error
