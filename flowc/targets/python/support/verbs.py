"""The words of a command line that act on instances: each looks at the state alone."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from .desk import Desk, Done, read_json
from .told import listed, told

VERBS = {
    "instances": "list the instances that the state remembers",
    "status": "tell what happened to an instance, and what can be done",
    "signal": "answer what an instance waits for",
    "cancel": "ask an instance to stop and undo what it did",
    "pause": "let an instance start no further step",
    "resume": "let a paused instance go on",
    "restart": "let an instance that Halted or is Incomplete go on from a step",
}


def act(words: Sequence[str]) -> int:
    """Do what a command line of one of the verbs says; 0 if it is done. Raises Refused."""
    parser = argparse.ArgumentParser()
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, does in VERBS.items():
        known = verbs.add_parser(verb, help=does, description=does)
        known.add_argument("--state", default="run.db", help="SQLite file, or a PostgreSQL URL")
        known.add_argument("--json", action="store_true", help="print JSON")
        if verb != "instances":
            known.add_argument("key", help="the instance, as `instances` names it")
        if verb == "signal":
            known.add_argument("path", help="the await, as `status` names it")
            known.add_argument("answer", help="JSON, or @file")
        if verb == "restart":
            known.add_argument("--from", dest="step", required=True, help="the step to call again")
    given = parser.parse_args(words)
    desk = Desk(given.state)
    try:
        value, text = _do(desk, given)
    finally:
        desk.close()
    sys.stdout.write(json.dumps(value, indent=2) + "\n" if given.json else text)
    return 0


def _do(desk: Desk, given: argparse.Namespace) -> tuple[Any, str]:
    """What came of it: as JSON, and as text."""
    done: Done
    match given.verb:
        case "instances":
            found = desk.instances()
            return found, listed(found)
        case "status":
            story = desk.story(given.key)
            return story, told(story)
        case "signal":
            done = desk.signal(given.key, given.path, read_json(given.answer, "answer"))
        case "restart":
            done = desk.restart(given.key, given.step)
        case verb:
            done = getattr(desk, verb)(given.key)
    return done._asdict(), f"{done.instance}: {done.what}{'' if done.new else ', as before'}\n"
