"""A flow to the number of events in the history of its execution: at least, and at most."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.targets.asl.bindings import Bindings

EVENTS = 25_000  # an execution's limit
EXECUTION = 2  # started, ended
STATE = 2  # a Pass, Choice, Wait or Succeed: entered, exited
FAIL = 1  # entered
TASK = 5  # entered, scheduled, started, succeeded or failed or timed out, exited
WAITED = 6  # a Task that waits for a token or an execution: submitted too
PARALLEL = 4  # entered, started, succeeded, exited
MAP = 4  # entered, started, succeeded, exited
ITERATION = 2  # of a Map: started, succeeded
LONGEST = 31_536_000_000  # ms: an execution lasts at most a year
MOST_COUNTED = 100_000  # attempts or rounds beyond which nobody counts


class Growth(Struct):
    """So many events; `largest`: what adds most of them; `endless`: what repeats without bound."""

    events: int
    largest: ir.Node | None = None
    endless: ir.Node | None = None
    entries: int = 0  # in the ledger, undone with it
    undoing: int = 0  # events of the compensations of these entries


class _Endless(Exception):  # noqa: N818 - a way out of the walk
    def __init__(self, node: ir.Node) -> None:
        self.node = node


def most(flow: ir.Flow, bindings: Bindings) -> Growth:
    """An upper bound: every call tried as often as its policy allows, every loop run to its limit,
    all of it undone. With `jitter` a wait counts half."""
    try:
        body = _Most(flow, bindings).block(flow.body)
    except _Endless as endless:
        return Growth(0, endless=endless.node)
    undoing = _unwinding(body)
    around = EXECUTION + STATE * 3 + TASK + max(STATE, FAIL)  # start, failed, stuck?, page, ending
    return Growth(body.events + undoing + around, body.largest, None)


def least(flow: ir.Flow) -> int:
    """The events of an execution in which every call answers at once, every `until` holds after
    one round, every list is empty, nothing is waited for, and the shortest arms are taken."""
    body = _least(flow.body)
    undoes = _undoes(flow.body)
    end = 0 if _leaves(flow.body) else STATE
    return EXECUTION + STATE + body + end + (STATE if undoes else 0) + STATE


# -- at most -------------------------------------------------------------------------------


class _Most:
    def __init__(self, flow: ir.Flow, bindings: Bindings) -> None:
        self._flow = flow
        self._heartbeat = bindings.heartbeat

    def block(self, block: ir.Block) -> Growth:
        """Of a block: its statements one after the other."""
        total, undoing, entries, top = 0, 0, 0, 0
        largest: ir.Node | None = None
        for node in block.nodes:
            made = self.node(node)
            total += made.events
            undoing += made.undoing
            entries += made.entries
            if made.events + made.undoing > top:
                top, largest = made.events + made.undoing, made.largest or node
        return Growth(total, largest, None, entries, undoing)

    def node(self, node: ir.Node) -> Growth:
        match node:
            case ir.Step():
                return self.step(node)
            case ir.If():
                arms = [node.yes] if node.no is None else [node.yes, node.no]
                return self.arms(arms)
            case ir.Match():
                arms = [case.body for case in node.cases]
                return self.arms(arms if node.no is None else [*arms, node.no])
            case ir.Parallel():
                return self.parallel(node)
            case ir.ForEach():
                return self.for_each(node)
            case ir.Repeat():
                return self.repeat(node)
            case ir.Await():
                return self.await_(node)
            case ir.Try():
                return self.try_(node)
            case ir.WaitFor() | ir.WaitUntil():
                return Growth(3 * STATE)
            case _:
                return Growth(STATE)

    def arms(self, arms: list[ir.Block]) -> Growth:
        made = [self.block(arm) for arm in arms]
        return Growth(
            STATE + max((m.events for m in made), default=0),
            max(made, key=lambda m: m.events + m.undoing, default=Growth(0)).largest,
            None,
            max((m.entries for m in made), default=0),
            max((m.undoing for m in made), default=0),
        )

    def step(self, step: ir.Step) -> Growth:
        events = STATE + (2 * STATE if step.otherwise is not None else 0)
        if isinstance(step.call, ir.SubFlow):
            events += WAITED + STATE
        else:
            events += self.call(step, step.call, "do")
            if isinstance(step.unknown, ir.Probe):
                events += self.call(step, step.unknown.call, "probe")
        if step.compensation is None:
            return Growth(events, step)
        undo = STATE + self.call(step, step.compensation.call, "undo")
        if step.otherwise is not None:  # undone at once, or with the rest
            return Growth(events + STATE, step, None, 1, undo + 2 * STATE)
        return Growth(events, step, None, 1, undo)

    def call(self, step: ir.Step, call: ir.Call, role: str) -> int:
        """Of a call: each attempt with what is made of its reply, and the waits between."""
        attempts = _attempts(call)
        if attempts is None:
            raise _Endless(step)
        again = TASK + 2 * STATE
        wait = STATE if call.policy.backoff > 0 else 0
        page = TASK + STATE if call.policy.page is not None and role != "undo" else 0
        return attempts * again + (attempts - 1) * wait + page

    def parallel(self, node: ir.Parallel) -> Growth:
        events, entries, undoing = PARALLEL + 3 * STATE, 0, 0
        for branch in node.branches:
            made = self.block(branch.body)
            events += made.events + 3 * STATE + (STATE if branch.condition is not None else 0)
            undoing += _unwinding(made) + 2 * STATE + ITERATION
            entries += made.entries
        if not entries:
            return Growth(events, node)
        return Growth(events, node, None, 1, undoing + STATE + MAP)

    def for_each(self, node: ir.ForEach) -> Growth:
        made = self.block(node.body)
        batches = -(-node.limit // node.width)
        undo = _unwinding(made)
        fails = any(collect.failure for collect in node.collects)
        inside = made.events + ITERATION + 3 * STATE + (undo + STATE if fails else 0)
        events = 2 * STATE + batches * (MAP + 4 * STATE) + node.limit * inside + STATE
        if not made.entries:
            return Growth(events, made.largest or node)
        undoing = batches * (STATE + MAP) + node.limit * (undo + 2 * STATE + ITERATION)
        return Growth(events, made.largest or node, None, batches, undoing)

    def repeat(self, node: ir.Repeat) -> Growth:
        made = self.block(node.body)
        round_ = made.events + 2 * STATE + (3 * STATE if node.pause is not None else 0)
        events = 2 * STATE + node.limit * round_
        if node.exhausted is not None:
            events += self.block(node.exhausted).events
        return Growth(
            events, made.largest or node, None, node.limit * made.entries, node.limit * made.undoing
        )

    def await_(self, node: ir.Await) -> Growth:
        bound = min(ms for ms in (node.within, self._flow.deadline, LONGEST) if ms is not None)
        asked = bound // (self._heartbeat * 1000) + 2
        events = 0
        for reminder in node.reminders:
            times = bound // max(reminder.delay, 1) + 1 if reminder.repeating else 1
            times = min(times, MOST_COUNTED)
            asked += 2 * times  # a running one is followed by one more question
            events += times * (self.block(reminder.body).events + STATE)
        events += 2 * STATE + min(asked, MOST_COUNTED) * (STATE + WAITED + STATE)
        if node.on_timeout is not None:
            events += self.block(node.on_timeout).events
        return Growth(events, node)

    def try_(self, node: ir.Try) -> Growth:
        made = self.block(node.body)
        handlers = self.arms([handler.body for handler in node.handlers])
        undone = made.undoing + STATE  # here, or with the rest
        return Growth(
            made.events + undone + 4 * STATE + handlers.events,
            made.largest or handlers.largest,
            None,
            made.entries + handlers.entries,
            made.undoing + handlers.undoing,
        )


def _unwinding(body: Growth) -> int:
    """The loop over a ledger: what its entries cost, and the look that finds it empty."""
    return body.undoing + 2 * STATE if body.entries else 0


def _attempts(call: ir.Call) -> int | None:
    """The most attempts of a call; None is without bound."""
    policy = call.policy
    if policy.attempts is not None and policy.within is None:
        return policy.attempts
    if policy.within is None or policy.backoff == 0:
        return policy.attempts
    passed, number, wait = 0.0, 0, float(policy.backoff)
    while passed < policy.within and number < (policy.attempts or MOST_COUNTED):
        number += 1
        shown = wait if policy.cap is None else min(wait, policy.cap)
        half = shown / 2 if policy.jitter else shown
        passed += max(1000.0, -(-half // 1000) * 1000)
        wait = min(wait * policy.factor, 1e15)
    return number


# -- at least ------------------------------------------------------------------------------


def _least(block: ir.Block) -> int:
    total = 0
    for node in block.nodes:
        total += _least_of(node)
        if isinstance(node, ir.Return | ir.Fail):
            break
    return total


def _least_of(node: ir.Node) -> int:
    match node:
        case ir.Step():
            return STATE + (WAITED if isinstance(node.call, ir.SubFlow) else TASK) + STATE
        case ir.If():
            return STATE + min(_least(node.yes), 0 if node.no is None else _least(node.no))
        case ir.Match():
            arms = [case.body for case in node.cases] + ([] if node.no is None else [node.no])
            return STATE + min(map(_least, arms))
        case ir.Parallel():
            branches = (
                2 * STATE + (STATE if b.condition is not None else _least(b.body))
                for b in node.branches
            )
            return PARALLEL + STATE + (STATE if node.binds else 0) + sum(branches)
        case ir.ForEach():
            return 2 * STATE
        case ir.Repeat():
            return 2 * STATE + _least(node.body)
        case ir.WaitFor() | ir.WaitUntil():
            return 3 * STATE
        case ir.Await():
            return 2 * STATE + WAITED + STATE
        case ir.Try():
            return STATE + _least(node.body)
        case _:
            return STATE


def _undoes(block: ir.Block) -> bool:
    return any(
        (isinstance(node, ir.Step) and node.compensation is not None)
        or any(map(_undoes, ir.bodies(node)))
        for node in block.nodes
    )


def _leaves(block: ir.Block) -> bool:
    """Whether nothing goes on behind a block."""
    match block.nodes[-1] if block.nodes else None:
        case ir.Return() | ir.Fail():
            return True
        case ir.If() as node:
            return node.no is not None and _leaves(node.yes) and _leaves(node.no)
        case ir.Match() as node:
            arms = [case.body for case in node.cases] + ([] if node.no is None else [node.no])
            return all(map(_leaves, arms))
        case _:
            return False
