"""When two engines agree: one value for what an engine did, and one comparison.

The language's reference says what is compared: the ending with its value or error and what is
stuck, the calls with path, rounds, attempt, action, key, arguments and outcome, and their
series-parallel order. Waits and awaits show in the moments of the calls and in the whole time,
where an engine's time is exact.
"""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from flowc.simulate.as_json import ending_json
from flowc.simulate.trace import CallEvent, Fork, Series, Term, events, only

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flowc.simulate.interpret import Story

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|uuid-of-[\w/\[\]]+")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")


class Called(NamedTuple):
    """One attempt. `arguments` and `key` are texts, equal for equal values; None where an engine
    does not show it. `at` is in ms from the start, None where its time is not exact."""

    path: str
    role: str
    attempt: int
    operation: str
    arguments: str
    key: str | None = None
    outcome: str | None = None
    at: int | None = None

    @property
    def name(self) -> str:
        """Which attempt it is, in words."""
        role = "" if self.role == "do" else f" {self.role}"
        return f"{self.path}{role}#{self.attempt}"


class Told(NamedTuple):
    """What an engine did: its ending as JSON, its calls in the order in which they began, and how
    many ms it took (None where its time is not exact)."""

    ending: dict[str, Any]
    calls: list[Called]
    took: int | None = None


class _Alike:
    """Texts in which what no two engines draw alike is replaced by which one it is."""

    def __init__(self, moments: bool) -> None:
        self._known: dict[str, str] = {}
        self._moments = moments

    def text(self, said: str) -> str:
        said = _UUID.sub(lambda found: self._known.setdefault(found[0], self._next()), said)
        return _MOMENT.sub("<a moment>", said) if self._moments else said

    def _next(self) -> str:
        return f"<uuid {len(self._known) + 1}>"


def same(value: Any) -> str:
    """A JSON value as text: equal for equal values, 20 and 20.0 alike."""
    match value:
        case bool() | None | str():
            return repr(value)
        case int() | float() | Decimal():
            said = f"{value:.6f}"
            return said.rstrip("0").rstrip(".")
        case list() | tuple():
            return f"[{', '.join(map(same, value))}]"
        case dict():
            return f"{{{', '.join(f'{k}: {same(value[k])}' for k in sorted(value))}}}"
    raise TypeError(value)


def differences(
    story: Story, told: Told, *, tolerance: int = 0, moments: bool = False
) -> list[str]:
    """Where an engine parts from the reference; none if they agree.

    `tolerance` is how many ms a moment may be late; `moments`: the engine's wall clock is its own,
    so that moments in arguments and results are not compared.
    """
    wanted = called(story)
    ours, theirs = _Alike(moments), _Alike(moments)
    found = _endings(story, told.ending)
    by_name = {call.name: call for call in told.calls}
    if len(by_name) != len(told.calls):
        twice = sorted({c.name for c in told.calls if told.calls.count(c) > 1}) or "one"
        found.append(f"made an attempt twice: {twice}")
    for call in sorted(wanted, key=lambda call: call.name):
        made = by_name.get(call.name)
        if made is None:
            found.append(f"did not call {call.name} {call.operation} {call.arguments}")
        else:
            found += _parts(call, made, tolerance, ours, theirs)
    known = {call.name for call in wanted}
    found += [
        f"called {call.name} {call.arguments}" for call in told.calls if call.name not in known
    ]
    if not found:
        found += _values(story, told.ending, ours, theirs)
        found += order_differences(story, [call.name for call in told.calls])
        if told.took is not None and not 0 <= told.took - (story.end - story.start) <= tolerance:
            found.append(f"took {told.took} ms instead of {story.end - story.start} ms")
    return found


def called(story: Story) -> list[Called]:
    """The attempts of a story."""
    return [
        Called(
            event.place.path,
            event.role,
            event.attempt,
            event.operation,
            same(dict(event.arguments)),
            None if event.key is None else same(list(event.key)),
            event.outcome,
            event.at - story.start,
        )
        for event in events(story.trace)
        if isinstance(event, CallEvent)
    ]


def ending_differences(story: Story, ending: dict[str, Any]) -> list[str]:
    """Where two endings part: kind, value or error, what is stuck, what a halt keeps."""
    found = _endings(story, ending)
    return found or _values(story, ending, _Alike(moments=False), _Alike(moments=False))


def order_differences(story: Story, names: Sequence[str]) -> list[str]:
    """Where attempts, known by their names, are not in the order of a story's series."""
    found: list[str] = []
    order = {name: n for n, name in reversed(list(enumerate(names)))}
    _ordered(only(story.trace, (CallEvent,)), order, found)
    return found


def _endings(story: Story, ending: dict[str, Any]) -> list[str]:
    wanted = ending_json(story.flow, story.ending)
    found = []
    for name in ("ending", "stuck", "step", "ledger"):
        ours, theirs = wanted.get(name), ending.get(name)
        if name == "ledger":
            if theirs is None:
                continue
            theirs = list(_steps(theirs))
        if name == "stuck":
            ours, theirs = sorted(ours or ()), sorted(theirs or ())
        if ours != theirs:
            found.append(f"{name}: {theirs!r} instead of {ours!r}")
    ours, theirs = wanted.get("error") or {}, ending.get("error") or {}
    if ours.get("name") != theirs.get("name"):
        found.append(f"error: {theirs.get('name')} instead of {ours.get('name')}")
    return found


def _steps(ledger: Any) -> Iterable[str]:
    """The steps of a ledger: paths, or entries that may hold ledgers of what ran side by side."""
    for entry in ledger:
        match entry:
            case str():
                yield entry
            case list():
                yield from _steps(entry)
            case {"step": str(step)}:
                yield step
            case dict():
                yield from _steps(each for each in entry.values() if isinstance(each, list))


def _values(story: Story, ending: dict[str, Any], ours: _Alike, theirs: _Alike) -> list[str]:
    """The value or the error's fields; after the calls, so that what was drawn is known."""
    wanted, found = ending_json(story.flow, story.ending), []
    for name in ("value", "error"):
        one, two = wanted.get(name), ending.get(name)
        if name == "error":
            one, two = (one or {}).get("fields"), (two or {}).get("fields")
        if ours.text(same(one)) != theirs.text(same(two)):
            found.append(f"{name}: {same(two)} instead of {same(one)}")
    return found


def _parts(
    wanted: Called, made: Called, tolerance: int, ours: _Alike, theirs: _Alike
) -> Iterable[str]:
    for part in ("operation", "arguments", "key", "outcome"):
        one, two = getattr(wanted, part), getattr(made, part)
        if two is None and part in ("key", "outcome"):
            continue
        if ours.text(str(one)) != theirs.text(str(two)):
            yield f"{wanted.name}: {part} {two} instead of {one}"
    if made.at is not None and wanted.at is not None and not 0 <= made.at - wanted.at <= tolerance:
        yield f"{wanted.name}: after {made.at} ms instead of {wanted.at} ms"


def _ordered(term: Term, order: dict[str, int], found: list[str]) -> tuple[int, int]:
    """First and last place of a term's calls; what is in series must not overlap."""
    match term:
        case Series() | Fork():
            places = [_ordered(part, order, found) for part in term.parts]
            places = [place for place in places if place[1] >= 0]
            if isinstance(term, Series):
                for (_, last), (first, _) in pairwise(places):
                    if last > first:
                        found.append(f"out of order around place {first}")
            if not places:
                return 0, -1
            return min(first for first, _ in places), max(last for _, last in places)
        case CallEvent():
            role = "" if term.role == "do" else f" {term.role}"
            place = order[f"{term.place.path}{role}#{term.attempt}"]
            return place, place
    raise AssertionError(term)
