"""An instance as the state knows it to what people are told: JSON that says what happened, where it
stands, and what can be done."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .facts import Facts, NoSuchAwait
from .history import Called, History, Item, Workflow, shown
from .rehearsal import sample
from .values import encode, instant, iso

LIVE = ("live", "perhaps", "stuck", "undoing")


@dataclass(frozen=True)
class Account:
    """All that is known of an instance. Moments are milliseconds since 1970; `points` are the
    steps from which it can be restarted, `held` whether a process is at work on its state, `again`
    the command that is one."""

    instance: str
    state: str
    again: str
    facts: Facts
    order: Mapping[str, Any]
    settled: bool
    broke: str
    root: Workflow
    history: History
    paused: int | None
    cancelled: int | None
    restarts: list[dict[str, Any]]
    held: bool
    points: list[str]
    awaited: Callable[[str], Any]
    now: int

    @property
    def word(self) -> str:
        """Where it stands, in one word."""
        if self.broke:
            return "broken off"
        if self.settled:
            return str(self.root.ending["ending"])
        if self.history.undoing:
            return "undoing"
        if self.paused is not None:
            return "paused"
        return "waiting" if self.history.waits else "running"

    @property
    def due(self) -> int | None:
        """When its deadline passes."""
        if self.facts.deadline is None:
            return None
        return int(self.order["started"]) + self.facts.deadline

    @property
    def ended(self) -> int | None:
        return int(self.root.ending["at"]) if self.settled and not self.broke else None

    @property
    def listens(self) -> bool:
        """Whether cancel and deadline still change its way."""
        return not self.settled and "" not in self.history.committed


def summary(account: Account) -> dict[str, Any]:
    """The row of an instance in a list of them."""
    return {
        "instance": account.instance,
        "flow": account.facts.name,
        "version": account.facts.version,
        "state": account.word,
        "started": _moment(account.order["started"]),
        "ended": _moment(account.ended),
        "deadline": _moment(account.due),
        "at": _where(account),
    }


def _where(account: Account) -> str | None:
    """The step at which it stands."""
    if account.settled:
        return account.points[0] if account.points else None
    open_ = [i for i in account.history.items if i.call.outcome in ("running", "retrying")]
    undoing = [i for i in account.history.items if i.effect == "undoing"]
    found = [*undoing, *account.history.waits, *open_]
    return found[0].path if found else None


def tell(account: Account) -> dict[str, Any]:
    """What `status` prints."""
    ending = account.root.ending if account.settled else None
    left = None if account.due is None or account.settled else account.due - account.now
    return {
        **summary(account),
        "key": account.instance.partition("/")[2],
        "owner": account.facts.owner,
        "runbook": account.facts.runbook,
        "input": account.order["input"],
        "ending": None if ending is None else {k: v for k, v in ending.items() if k != "at"},
        "error": account.broke or None,
        "deadline_left": left,
        "committed": "" in account.history.committed,
        "cancel_asked": _moment(account.cancelled),
        "paused": _moment(account.paused),
        "at_work": account.held,
        "asked": _moment(account.now),
        "steps": [_item(item) for item in account.history.items],
        "ledger": [_entry(item) for item in account.history.items if item.effect in LIVE],
        "waits": [_wait(item, account) for item in account.history.waits],
        "pages": account.history.pages,
        "restarts": account.restarts,
        "restart_from": account.points,
        "next": _next(account),
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "path": item.path,
        "kind": item.kind,
        "nth": item.nth,
        "flow": item.flow,
        **_called(item.call),
        "from": item.who,
        "until": _moment(item.until),
        "effect": item.effect,
        "probe": None if item.probe is None else _called(item.probe),
        "undo": None if item.undo is None else _called(item.undo),
    }


def _called(called: Called) -> dict[str, Any]:
    return {
        "operation": called.operation,
        "arguments": called.arguments,
        "outcome": called.outcome,
        "attempts": called.attempts,
        "attempt": called.attempt,
        "again": _moment(called.again),
        "detail": called.detail,
        "began": _moment(called.began),
        "ended": _moment(called.ended),
        "value": called.value,
    }


def _entry(item: Item) -> dict[str, Any]:
    return {"step": item.path, "effect": item.effect, "undo": item.undoes}


def _wait(item: Item, account: Account) -> dict[str, Any]:
    told: dict[str, Any] = {
        "path": item.path,
        "kind": item.kind,
        "from": item.who,
        "until": _moment(item.until),
        "left": None if item.until is None else item.until - account.now,
    }
    if item.kind == "await":
        told["answer"] = example(account, item.path)
    return told


def example(account: Account, path: str) -> Any:
    """An answer of the type that an await takes."""
    try:
        return encode(sample(account.awaited(path), "..."))
    except NoSuchAwait:
        return None


def _next(account: Account) -> list[dict[str, str | None]]:
    """What can be done: why, and the command, where one does it."""
    key = shlex.quote(account.instance)
    state = f"--state {shlex.quote(account.state)}"
    run = account.again
    found: list[tuple[str, str]] = []
    if account.settled:
        found += _after_the_end(account, key, state)
        if found:
            found.append(("then let it go on", run))
        if not account.points and account.word == "Halted":
            return [{"to": line, "command": None} for line in _by_hand(account)]
    else:
        if not account.held:
            found.append(("no process is at work on it: let it go on", run))
        if account.paused is not None:
            found.append(("let it start steps again", f"flowc resume {key} {state}"))
        for item in account.history.waits:
            if item.kind == "await":
                import json

                answer = json.dumps(example(account, item.path), ensure_ascii=False)
                who = f" for {item.who}" if item.who else ""
                line = f"flowc signal {key} {shlex.quote(item.path)} {shlex.quote(answer)} {state}"
                found.append((f"answer `{item.path}`{who}", line))
        going = account.word != "undoing"
        if going and account.listens and account.cancelled is None:
            found.append(("stop it and undo what it did", f"flowc cancel {key} {state}"))
        if going and account.paused is None:
            found.append(("let it start no further step", f"flowc pause {key} {state}"))
    return [{"to": why, "command": line} for why, line in found]


def _after_the_end(account: Account, key: str, state: str) -> list[tuple[str, str]]:
    stuck = account.root.ending.get("stuck", ()) if not account.broke else ()
    found = []
    for step in account.points:
        line = f"flowc restart {key} --from {shlex.quote(step)} {state}"
        if step in stuck:
            found.append((f"once its cause is mended, undo `{step}` again", line))
        else:
            found.append((f"once its cause is mended, call `{step}` again with the same key", line))
    return found


def _by_hand(account: Account) -> list[str]:
    """What is left to people where no step can be called again."""
    live = [item.path for item in reversed(account.history.items) if item.effect in LIVE]
    listed = ", ".join(f"`{path}`" for path in live)
    undo = [f"undo by hand what is live, the last first: {listed}"] if live else []
    below = [fault_of(each) for path, each in account.root.endings() if path and fault_of(each)]
    why = f": {below[0]}" if below else ""
    return [
        f"no step can be called again{why}",
        *undo,
        "once its cause is mended, start it under another key",
    ]


def _moment(at: int | None) -> str | None:
    return None if at is None else iso(instant(at))


def error_of(ending: Mapping[str, Any]) -> str:
    """Why an instance ended as it did, in one line; empty if nothing went wrong."""
    if "error" in ending:
        return shown(ending["error"])
    if "reason" in ending:
        return fault_of(ending) or f"{ending['step']}: {ending['reason']}"
    return ""


def fault_of(ending: Mapping[str, Any]) -> str:
    """What went wrong in the code of a flow, outside any step; empty if nothing did."""
    if ending["ending"] != "Halted" or ending["step"]:
        return ""
    return f"the flow's code failed outside any step: {ending['reason']}"
