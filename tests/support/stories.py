"""Small stories on the reference interpreter, told in one line.

`tell("step a = s.do(id) with once", "a=Boom")` gives `a Boom => Completed`... The line says the
calls (`a` went well, `a ?` is unknown, `a Boom` failed, `a#2` is the second attempt, `a undo` its
compensation), `;` between what is ordered and `{x | y}` around what is not, and the ending.
"""

from __future__ import annotations

import json
import re
from typing import Any

from flowc.compiler.check import check
from flowc.compiler.flow import Flow, Program
from flowc.simulate.interpret import Ending, Story, interpret
from flowc.simulate.invent import invent_fields
from flowc.simulate.read_script import duration
from flowc.simulate.script import START, Moment, Script, Scripted, Sent
from flowc.simulate.trace import CallEvent, Event, Fork, Series, Term, events, only
from flowc.simulate.values import ErrorValue, decode_fields, encode
from flowc.source import Source

PRELUDE = """\
error Boom(why: text)
error Bang
error Busy transient
enum Size { S, M, L }
type Thing { id: text, size: Size, price: decimal, note: text? }
policy once { timeout 10s }
policy thrice { timeout 10s, attempts 3, backoff 1s..4s factor 2 }
policy patient { timeout 10s, attempts unlimited, backoff 1s, within 25s }
policy total { within 25s, attempts unlimited, backoff 5s }
policy paged { timeout 10s, attempts 2, backoff 1s, exhausted page "oncall" }
service s {
  action do(k: text) -> text writes r key k raises Boom | Bang | Busy
  action loose(k: text) -> text writes r raises Boom | Busy
  action quiet(k: text) writes r key k raises Boom
  action undo(k: text) writes r absorbing raises Boom | Busy
  action keyed(k: text) writes r key k raises Boom
  action strict(k: text) writes r raises Boom
  action tell(k: text) notifies inbox raises Boom | Busy
  read look(k: text) -> text? raises Boom | Busy
  read count(k: text) -> int
  read happened(k: text) -> bool
}
"""
UNDO = "\n  compensate s.undo(id) with once"
PARAMS = "id: text, flag: bool, many: int, xs: [text], size: Size"
GIVEN: dict[str, Any] = {"id": "i", "flag": True, "many": 2, "xs": ["x", "y", "z"], "size": "M"}
_STEP = re.compile(r"([\w/\[\] ]+)=(.+)")
_EVENT = re.compile(r"([\w/\[\]]+)@([\w/\[\]]+)(?:=(.+))?")


def program(body: str, header: str = "", result: str = "", more: str = "") -> Program:
    """A flow `f` with this body, in a file without errors."""
    head = f"flow f({PARAMS}){result} {{\nversion 1\n{header}\n\n"
    checked = check(Source("story.flow", f"{PRELUDE}{more}\n{head}{body}\n}}\n"))
    errors = [found.finding.message for found in checked.diagnostics if found.severity == "error"]
    assert not errors, errors
    return checked.program


def script(said: str = "", **more: Any) -> Script:
    """`a=Boom; b=?/ok:2s; a undo=?; cancel@3s; cancel@b; word@2h=true`: outcomes, one for each
    attempt, perhaps with how long they take or `="json"` a value; a cancel; signals."""
    steps: dict[str, tuple[Scripted, ...]] = {}
    signals: list[Sent] = []
    cancel: Moment | None = None
    for part in filter(None, (part.strip() for part in said.split(";"))):
        if (event := _EVENT.fullmatch(part)) is not None:
            name, when, value = event.groups()
            at = duration(when)
            moment = Moment(after=when) if at is None else Moment(at=at)
            if name == "cancel":
                cancel = moment
            else:
                signals.append(Sent(name, moment, json.loads(value)))
            continue
        step = _STEP.fullmatch(part)
        assert step is not None, part
        steps[step[1]] = tuple(_outcome(word) for word in step[2].split("/"))
    return Script(steps=steps, signals=tuple(signals), cancel=cancel, **more)


def _outcome(word: str) -> Scripted:
    said, _, span = word.partition(":")
    takes = duration(span) if span else None
    if said == "?":
        return Scripted("unknown", takes=takes)
    if said == "ok":
        return Scripted(invented=True, takes=takes)
    if said[0].isupper():
        return Scripted("fail", error=said, invented=True, takes=takes)
    return Scripted("ok", json.loads(said), takes=takes)


def play(
    body: str,
    said: str = "",
    *,
    header: str = "",
    result: str = "",
    more: str = "",
    given: dict[str, Any] | None = None,
    **options: Any,
) -> Story:
    """The story of `f` under a script."""
    return run(program(body, header, result, more), script(said, **options), given or {})


def run(made: Program, written: Script, given: dict[str, Any], flow: Flow | None = None) -> Story:
    """The story of a program's last flow."""
    flow = flow or made.flows[-1]
    data = {**invent_fields(flow.params, ""), **GIVEN, **given}
    known = {param.name for param in flow.params}
    values = decode_fields(flow.params, {k: v for k, v in data.items() if k in known})
    return interpret(made, flow, dict(values), written)


def tell(body: str, said: str = "", **more: Any) -> str:
    """Calls and ending in one line."""
    return line(play(body, said, **more))


def line(story: Story) -> str:
    """A story in one line."""
    calls = _shown(only(story.trace, (CallEvent,)))
    return f"{calls} => {ended(story.flow, story.ending)}".strip()


def ended(flow: Flow, ending: Ending) -> str:
    """An ending in a word or two."""
    parts = []
    if ending.error is not None:
        parts.append(error(ending.error))
    elif ending.kind in ("Completed", "Incomplete") and ending.value is not None:
        parts.append(json.dumps(encode(ending.value, flow.result)))
    if ending.stuck:
        parts.append(f"stuck {' '.join(ending.stuck)}")
    if ending.kind == "Halted":
        parts.append(ending.step)
        parts.append(f"kept {' '.join(ending.ledger)}" if ending.ledger else "kept nothing")
    return f"{ending.kind}({', '.join(parts)})" if parts else ending.kind


def error(value: ErrorValue) -> str:
    fields = " ".join(str(field) for _, field in value.fields if value.name in _TOLD)
    return f"{value.name} {fields}".strip()


_TOLD = ("Unknown", "TimedOut", "LimitReached")


def _shown(term: Term) -> str:
    match term:
        case Series():
            return "; ".join(_shown(part) for part in term.parts)
        case Fork():
            return f"{{{' | '.join(_shown(part) for part in term.parts)}}}"
        case CallEvent():
            return call(term)
    raise AssertionError(term)


def call(event: CallEvent) -> str:
    role = "" if event.role == "do" else f" {event.role}"
    number = f"#{event.attempt}" if event.attempt > 1 else ""
    outcome = {"ok": "", "unknown": " ?"}.get(event.outcome) or ""
    if event.error is not None:
        outcome = f" {event.error.name}"
    return f"{event.place.path}{role}{number}{outcome}"


def found(story: Story, kind: type[Event]) -> list[Any]:
    """All events of a kind, in the order of the flow."""
    return [event for event in events(story.trace) if isinstance(event, kind)]


def times(story: Story) -> dict[str, float]:
    """When each call began, in seconds after the start."""
    return {call(event): (event.at - START) / 1000 for event in found(story, CallEvent)}


def took(story: Story) -> float:
    """How many seconds the story lasted."""
    return (story.end - story.start) / 1000
