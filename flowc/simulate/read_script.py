"""A script in JSON to a Script: every problem is found, in the user's words and with its place."""

from __future__ import annotations

import re
from difflib import get_close_matches

from flowc.simulate.script import START, Moment, Script, Scripted, Sent, without_rounds
from flowc.simulate.values import WrongType, decode, from_iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from flowc.simulate.named import Named

_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"(?:\d+(?:ms|s|m|h|d))+")
_PART = re.compile(r"(\d+)(ms|s|m|h|d)")
_LONGEST = 10**14
_FIELDS = ("start", "pace", "answers", "steps", "signals", "cancel", "records")
_OUTCOMES = ("ok", "fail", "unknown")


class BadScript(Exception):  # noqa: N818 - an answer, not an error of ours
    """Why a script cannot be played: one text per problem."""

    def __init__(self, *problems: str) -> None:
        super().__init__(*problems)
        self.problems = problems


def read_script(data: Any, names: Named) -> Script:
    """The script of decoded JSON, for a flow with these names. Raises BadScript."""
    reader = _Reader(names)
    script = reader.script(data)
    if reader.problems:
        raise BadScript(*reader.problems)
    return script


def duration(text: object) -> int | None:
    """Whole ms of `1h30m` or of a number of ms; None if it is neither."""
    if isinstance(text, int) and not isinstance(text, bool):
        return text if 0 <= text < _LONGEST else None
    if not isinstance(text, str) or not _DURATION.fullmatch(text) or len(text) > 60:
        return None
    total = sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(text))
    return total if total < _LONGEST else None


class _Reader:
    def __init__(self, names: Named) -> None:
        self.names = names
        self.problems: list[str] = []

    def say(self, where: str, what: str) -> None:
        self.problems.append(f"`{where}`: {what}")

    def script(self, data: Any) -> Script:
        if not isinstance(data, dict):
            self.problems.append(f"a script is an object with some of {_listed(_FIELDS)}")
            return Script()
        self.closed("", data, _FIELDS)
        return Script(
            start=self.start(data.get("start")),
            steps=self.steps(data.get("steps", {})),
            signals=self.signals(data.get("signals", [])),
            cancel=self.cancel(data.get("cancel")),
            records=self.records(data.get("records", {})),
            pace=self.span("pace", data.get("pace", 0)),
            answers=self.flag("answers", data.get("answers", False)),
        )

    def closed(self, where: str, data: dict[str, Any], known: Collection[str]) -> None:
        for name in data:
            if name not in known:
                self.say(where + name, f"no such field; {_nearest(name, known)}")

    def start(self, given: Any) -> int:
        if given is None:
            return START
        try:
            return from_iso(str(given))
        except ValueError:
            self.say("start", 'not a time; write it like "2024-01-31T12:00:00Z"')
            return START

    def span(self, where: str, given: Any) -> int:
        ms = duration(given)
        if ms is None:
            self.say(where, 'not a duration; write it like "90s" or "1h30m", or as a number of ms')
        return ms or 0

    def flag(self, where: str, given: Any) -> bool:
        if not isinstance(given, bool):
            self.say(where, "true or false is needed")
        return given is True

    # -- steps ------------------------------------------------------------------------------

    def steps(self, given: Any) -> dict[str, tuple[Scripted, ...]]:
        if not isinstance(given, dict):
            self.say("steps", "an object is needed: outcomes by step")
            return {}
        made: dict[str, tuple[Scripted, ...]] = {}
        for path, outcomes in given.items():
            where = f"steps.{path}"
            plain = without_rounds(path)
            if plain in self.names.flows:
                self.say(where, f"it runs a flow; name a step in it, as `{path}/...`")
            elif plain not in self.names.operations:
                self.say(where, f"no such step; {_nearest(plain, self.names.operations)}")
            written = outcomes if isinstance(outcomes, list) else [outcomes]
            if not written:
                self.say(where, "at least one outcome is needed")
            made[path] = tuple(
                self.outcome(f"{where}[{n}]" if isinstance(outcomes, list) else where, each)
                for n, each in enumerate(written)
            )
        return made

    def outcome(self, where: str, given: Any) -> Scripted:
        if given in ("ok", "unknown"):
            return Scripted(given, invented=True)
        words = [] if not isinstance(given, dict) else [w for w in _OUTCOMES if w in given]
        if len(words) != 1:
            self.say(
                where,
                '"ok", "unknown", {"ok": value}, {"fail": "Error"} or {"unknown": "why"} is needed',
            )
            return Scripted()
        word = words[0]
        self.closed(f"{where}.", given, (word, "takes", "message", *(["with"] * (word == "fail"))))
        takes = self.span(f"{where}.takes", given["takes"]) if "takes" in given else None
        value = given[word]
        if word == "ok":
            return Scripted("ok", value, takes=takes)
        if not isinstance(value, str):
            self.say(f"{where}.{word}", "a text is needed")
            value = ""
        if word == "unknown":
            return Scripted("unknown", message=value, takes=takes)
        fields = given.get("with", {})
        if not isinstance(fields, dict):
            self.say(f"{where}.with", "an object is needed: the error's fields")
            fields = {}
        message = given.get("message", "")
        return Scripted(
            "fail",
            invented="with" not in given,
            error=value,
            fields=tuple(fields.items()),
            message=message if isinstance(message, str) else "",
            takes=takes,
        )

    # -- what comes from outside ---------------------------------------------------------------

    def signals(self, given: Any) -> tuple[Sent, ...]:
        if not isinstance(given, list):
            self.say("signals", "a list is needed")
            return ()
        return tuple(self.signal(f"signals[{n}]", each) for n, each in enumerate(given))

    def signal(self, where: str, given: Any) -> Sent:
        if not isinstance(given, dict) or not isinstance(given.get("to"), str):
            self.say(where, '{"to": await, "at": duration, "value": ...} is needed')
            return Sent("", Moment(at=0))
        self.closed(f"{where}.", given, ("to", "value", "at", "after", "asked"))
        to = given["to"]
        if without_rounds(to) not in self.names.awaits:
            self.say(f"{where}.to", f"no such await; {_nearest(to, self.names.awaits)}")
        when = self.moment(where, given, ("at", "after", "asked"))
        return Sent(to, when, given.get("value"), "value" not in given)

    def moment(self, where: str, given: dict[str, Any], words: tuple[str, ...]) -> Moment:
        said = [word for word in words if word in given]
        if len(said) != 1:
            self.say(where, f"one of {_listed(words)} is needed")
            return Moment(at=0)
        word, value = said[0], given[said[0]]
        if word != "after":
            ms = self.span(f"{where}.{word}", value)
            return Moment(at=ms) if word == "at" else Moment(asked=ms)
        known = self.names.settling
        if not isinstance(value, str) or without_rounds(value) not in known:
            self.say(f"{where}.after", f"no such step; {_nearest(str(value), known)}")
        return Moment(after=str(value))

    def cancel(self, given: Any) -> Moment | None:
        if given is None:
            return None
        if not isinstance(given, dict):
            self.say("cancel", '{"at": duration} or {"after": step} is needed')
            return None
        self.closed("cancel.", given, ("at", "after"))
        return self.moment("cancel", given, ("at", "after"))

    def records(self, given: Any) -> dict[str, Any]:
        if not isinstance(given, dict):
            self.say("records", "an object is needed: values by record")
            return {}
        for path, value in given.items():
            record = self.names.records.get(without_rounds(path))
            if record is None:
                nearest = _nearest(path, self.names.records)
                self.say(f"records.{path}", f"no such record; {nearest}")
                continue
            try:
                decode(record.type, value)
            except WrongType as wrong:
                self.say(f"records.{path}", str(wrong))
        return given


def _nearest(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"there is {_listed(known)}" if known else "there is none"


def _listed(words: Collection[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
