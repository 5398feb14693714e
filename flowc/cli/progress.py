"""What a run tells as it goes to lines, to JSON, or to a picture of what is under way on a
terminal."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from rich.text import Text

    from flowc.cli.console import Console

_REFRESH = 8  # pictures a second
_MOST = 20  # lines of a picture
_STYLES = {
    "ok": "green",
    "failed": "red",
    "unknown": "yellow",
    "Completed": "bold green",
    "Compensated": "bold yellow",
    "Incomplete": "bold red",
    "Halted": "bold red",
}


@contextmanager
def progress(
    events: Any, console: Console, *, quiet: bool, as_json: bool, color: str
) -> Iterator[Callable[[Any], None]]:
    """What takes the events of a run, for as long as it goes; `events` is its module of them."""
    if as_json:
        yield lambda event: console.write_utf8(json.dumps(events.as_json(event)) + "\n")
    elif quiet:
        yield _silent
    elif not _is_screen(console):
        yield lines(events, console)
    else:
        with _live(events, console, console.coloured(console.err, color)) as tell:
            yield tell


def _silent(event: object) -> None:
    del event


def _is_screen(console: Console) -> bool:
    """Whether lines can be taken back on standard error, and rich is there to do it."""
    if not console.err.isatty() or console.env.get("TERM") == "dumb":
        return False
    try:
        __import__("rich")
    except ImportError:
        return False
    return True


def lines(events: Any, console: Console) -> Callable[[Any], None]:
    """What prints progress, a line an event."""
    from flowc.cli.display import clean

    def tell(event: Any) -> None:
        if event.kind not in events.SILENT:
            console.note(clean(events.describe(event)))

    return tell


@contextmanager
def _live(events: Any, console: Console, coloured: bool) -> Iterator[Callable[[Any], None]]:
    """What has happened scrolls by; what is under way stands below it."""
    from rich.console import Console as Screen
    from rich.live import Live

    screen = Screen(file=console.err, no_color=not coloured, highlight=False)
    under_way = UnderWay(events)
    with Live(
        get_renderable=under_way.picture,
        console=screen,
        refresh_per_second=_REFRESH,
        transient=True,
    ) as live:

        def tell(event: Any) -> None:
            under_way.take(event)
            if event.kind not in events.SILENT:
                live.console.print(_line(events, event), soft_wrap=True)

        yield tell


def _line(events: Any, event: Any) -> Text:
    from rich.text import Text

    from flowc.cli.display import clean

    style = _STYLES.get(event.outcome, "")
    if event.kind in ("stuck", "page"):
        style = "bold red"
    if event.path.endswith(" undo") and event.outcome == "ok":
        style = "yellow"
    return Text(clean(events.describe(event)), style)


class UnderWay:
    """What runs, waits, or is tried again now, by instance and path."""

    def __init__(self, events: Any) -> None:
        self._span = events.span
        self._lock = threading.Lock()
        self._due: dict[str, int | None] = {}
        self._doing: dict[tuple[str, str], tuple[Any, float]] = {}

    def take(self, event: Any) -> None:
        """Learn what happened."""
        with self._lock:
            place = event.instance, event.path
            match event.kind:
                case "started" | "resumed" | "restarted":
                    self._due[event.instance] = event.until
                case "begins" | "retry" | "waits" | "awaits" | "paused":
                    self._doing[place] = event, time.time()
                case "attempt" | "woken":
                    self._doing.pop(place, None)
                case "commit" if not event.path:
                    self._due[event.instance] = None  # it is ignored from here on
                case "ended":
                    self._due.pop(event.instance, None)
                    for doing in [one for one in self._doing if one[0] == event.instance]:
                        del self._doing[doing]
            if event.kind == "begins":
                for doing, (held, _) in list(self._doing.items()):
                    if held.kind == "paused" and doing[0] == event.instance:
                        del self._doing[doing]

    def rows(self, now: float) -> list[str]:
        """What is under way, as lines; `now` is seconds since 1970."""
        with self._lock:
            due, doing = dict(self._due), dict(self._doing)
        found: list[str] = []
        for instance, until in due.items():
            left = f"  {self._left(until, now)} to its deadline" if until is not None else ""
            found.append(f"{instance}{left}")
            mine = [told for (named, _), told in doing.items() if named == instance]
            found += [f"  {self._row(event, since, now)}" for event, since in mine]
        if len(found) > _MOST:
            found[_MOST - 1 :] = [f"... and {len(found) - _MOST + 1} more"]
        return found

    def _row(self, event: Any, since: float, now: float) -> str:
        name = event.path
        passed = self._span(int(now - since) * 1000)
        left = "" if event.until is None else f", {self._left(event.until, now)} left"
        match event.kind:
            case "begins":
                attempt = f" (attempt {event.attempt})" if event.attempt > 1 else ""
                return f"> {name}: {event.operation}{attempt} for {passed}"
            case "retry":
                return f"> {name}: attempt {event.attempt} in {self._left(event.until, now)}"
            case "awaits":
                who = f" of {event.detail}" if event.detail else ""
                return f"? {name}: waits for an answer{who}{left}"
            case "paused":
                return f"= {name}: paused for {passed}"
        return f"- {name}: waits{left}"

    def _left(self, until: int, now: float) -> str:
        return str(self._span(max(0, until // 1000 - int(now)) * 1000))

    def picture(self) -> Text:
        """The lines, for a screen."""
        from rich.text import Text

        from flowc.cli.display import clean

        shown = Text(overflow="ellipsis", no_wrap=True)
        for row in self.rows(time.time()):
            style = "dim" if row.startswith("  ") else "bold"
            shown.append(clean(row) + "\n", style)
        shown.rstrip()
        return shown
