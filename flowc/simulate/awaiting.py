"""Waits, awaits and signals: what ends a wait (rule 10), and how a message finds its await (16)."""

from __future__ import annotations

from functools import partial

from flowc.compiler.flow import Await, Step, SubFlow
from flowc.simulate.clockwork import Pause
from flowc.simulate.invent import invent
from flowc.simulate.script import without_rounds
from flowc.simulate.stepping import Failing, Here, Stepping
from flowc.simulate.trace import LedgerEvent, SignalEvent, TimerEvent
from flowc.simulate.values import ErrorValue, WrongType, decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from flowc.compiler.flow import Block, Flow, Reminder
    from flowc.simulate.attempting import World
    from flowc.simulate.clockwork import Task
    from flowc.simulate.script import Sent

    Ended = Literal["due", "signal", "cancelled", "deadline"]


class Awaiting(Stepping):
    """One instance of a flow, as far as waiting goes."""

    def block(self, block: Block, here: Here) -> Task[None]:
        raise NotImplementedError

    def wait(self, end: int, kind: Literal["wait", "every"], here: Here) -> Task[None]:
        """Let time pass until `end`. Rule 10: cancel and deadline end a wait at once."""
        began = self.now
        ended = yield from self._rest(end, None, lambda: None)
        place = self.place(kind, here)
        here.lane.add(TimerEvent(began, self.now, place, kind, max(end, began), ended))
        if ended != "due":
            self.look()

    def _rest(self, end: int | None, path: str | None, reminder: Any) -> Task[Ended]:
        """Pause until `end`, a signal for `path`, cancel or deadline; give what it was.

        `reminder()` is the moment of the next reminder, None if there is none; when it comes this
        ends as "due" before `end`.
        """
        while True:
            inbox = () if path is None else self.world.inbox.get(path, ())
            if self.cancelled:
                return "cancelled"
            if inbox:
                return "signal"
            due = self.due
            # rule 10: a timeout beats a reminder due at the same moment
            if end is not None and self.now >= end and (due is None or end <= due):
                return "due"
            if due is not None and self.now >= due:
                return "deadline"
            nudge = reminder()
            if nudge is not None and self.now >= nudge:
                return "due"
            moments = [moment for moment in (end, due, nudge) if moment is not None]
            yield Pause(
                min(moments, default=None),
                lambda: self.cancelled or bool(path and self.world.inbox.get(path)),
            )

    def await_(self, node: Await, here: Here) -> Task[None]:
        """Wait for a signal, with reminders; rule 16: one that came early is taken at once."""
        self.look()
        place = self.place(node.name, here)
        path = place.path
        self._invite(node, path)
        began = self.now
        end = None if node.within is None else began + node.within
        rounds = [0] * len(node.reminders)

        def moment(n: int) -> int | None:
            reminder = node.reminders[n]
            if rounds[n] and not reminder.repeating:
                return None
            return began + reminder.delay * (rounds[n] + 1)

        def next_reminder() -> int | None:
            moments = [moment(n) for n in range(len(rounds))]
            return min((each for each in moments if each is not None), default=None)

        while True:
            ended = yield from self._rest(end, path, next_reminder)
            if ended != "due" or (end is not None and self.now >= end):
                break
            number = next(
                n for n in range(len(rounds)) if (at := moment(n)) is not None and self.now >= at
            )
            # rule 10: a running reminder settles first
            yield from self._remind(node.reminders[number], rounds[number], here)
            rounds[number] += 1
        here.lane.add(TimerEvent(began, self.now, place, "await", end, ended))
        self.world.settled(path)
        if ended == "signal":
            # rule 16: a signal is consumed once
            value = self.world.inbox[path].pop(0)
            here.lane.add(SignalEvent(self.now, path, True, encode(value, node.type)))
            here.names[node.name] = value
            for bound in node.binds:
                here.names.setdefault(bound.name, None)
            return
        if ended != "due":
            self.look()
        if node.on_timeout is None:
            fields = (("name", path),)
            raise Failing(ErrorValue("TimedOut", f"nobody answered {path} in time", fields))
        inner = here.arm()
        yield from self.block(node.on_timeout, inner)
        here.names[node.name] = None
        for bound in node.binds:
            here.names[bound.name] = inner.names.get(bound.name)

    def _remind(self, reminder: Reminder, number: int, here: Here) -> Task[None]:
        inner = here.arm()
        if reminder.repeating:
            inner = inner.replace(rounds=(*here.rounds, number))
        if reminder.index is not None:
            inner.names[reminder.index] = number
        yield from self.block(reminder.body, inner)

    def _invite(self, node: Await, path: str) -> None:
        """Let the script answer this await, if it answers when asked."""
        script = self.world.script
        names = (path, without_rounds(path))
        asked = [sent for sent in script.signals if sent.to in names]
        for sent in asked:
            if sent.when.asked is not None:
                answer = partial(deliver, self.world, node, sent.replace(to=path))
                self.world.clock.alarm(self.now + sent.when.asked, answer)
        if script.answers and not asked and not script.silent.intersection(names):
            value = decode(node.type, invent(node.type, node.name))
            self.world.clock.alarm(self.now + script.pace, lambda: self._put(path, value))

    def _put(self, path: str, value: Any) -> None:
        self.world.inbox.setdefault(path, []).append(value)

    def told_commit(self, here: Here) -> None:
        here.lane.add(LedgerEvent(self.now, self.prefix, "commit"))


def post(world: World, flow: Flow, sent: Sent) -> None:
    """A message arrives. Rule 16: addressed to an await's path, kept if it comes early."""
    node = find_await(world, flow, sent.to)
    if node is None:
        reason = "there is no such await"
        world.outside.append(SignalEvent(world.clock.now, sent.to, False, sent.value, reason))
    else:
        deliver(world, node, sent)


def deliver(world: World, node: Await, sent: Sent) -> None:
    """Rule 16: a payload of the wrong type is refused to its sender."""
    data = invent(node.type, node.name) if sent.invented else sent.value
    try:
        value = decode(node.type, data, "the signal", closed=True)
    except WrongType as wrong:
        world.outside.append(SignalEvent(world.clock.now, sent.to, False, data, str(wrong)))
    else:
        world.inbox.setdefault(sent.to, []).append(value)


def find_await(world: World, flow: Flow, path: str) -> Await | None:
    """The await of an address, through sub-flow steps."""
    *steps, name = without_rounds(path).split("/")
    for step in steps:
        calls = (
            node.call
            for node in flow.nodes
            if isinstance(node, Step) and node.name == step and isinstance(node.call, SubFlow)
        )
        call = next(calls, None)
        found = None if call is None else world.program.find(call.flow)
        if found is None:
            return None
        flow = found
    return next((n for n in flow.nodes if isinstance(n, Await) and n.name == name), None)
