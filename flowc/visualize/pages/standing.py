"""Turns a flow into the places where an instance can stand, each with what took effect so far and
what would be undone from there, in which order."""

from __future__ import annotations

from functools import partial

from flowc.compiler.flow import (
    Await,
    Block,
    Call,
    Commit,
    Fail,
    Flow,
    ForEach,
    If,
    Match,
    Node,
    Parallel,
    Repeat,
    Return,
    Step,
    Try,
    WaitFor,
    WaitUntil,
)
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Effect(Struct):
    """What a step changed. `undo` is the compensation's operation, None where nothing undoes it;
    `when` tells of which runs this is true, empty for all that come here."""

    step: str
    what: str
    undo: str | None
    when: str

    def only(self, when: str) -> Effect:
        """The same under one more condition."""
        return self.replace(when=f"{self.when}, {when}" if self.when else when)


Levels = tuple[tuple[Effect, ...], ...]
"""Effects, the last first; those of one level came side by side, or instead of each other."""


Standing = Step | Await | WaitFor | WaitUntil | Commit


class Stand(Struct):
    """A statement at which an instance can stand, None at the end. `path` is its address (`check`,
    `ruling[n]` in a loop), `id` that of its node in the graph. `before` is what took effect when
    it is reached, `during` the same with what it may add; nothing of that is undone any more once
    `committed`."""

    node: Standing | None
    path: str
    id: str
    before: Levels
    during: Levels
    committed: bool


def stands(flow: Flow, changes: Callable[[Step], frozenset[str | None]]) -> tuple[Stand, ...]:
    """Every step, wait, await and `commit` in textual order, then the end. `changes` tells which
    resources a step changes for good when it ends well."""
    walk = _Walk(changes)
    done = walk.block(flow.body, "", ())
    if not (flow.body.nodes and isinstance(flow.body.nodes[-1], Fail)):
        walk.found.append(Stand(None, "", "", done, done, walk.committed))
    return tuple(walk.found)


def beside(sides: Sequence[Levels]) -> Levels:
    """Levels that unwind next to each other."""
    longest = max((len(side) for side in sides), default=0)
    return tuple(
        tuple(effect for side in sides if depth < len(side) for effect in side[depth])
        for depth in range(longest)
    )


def only(levels: Levels, when: str) -> Levels:
    return tuple(tuple(effect.only(when) for effect in level) for level in levels)


def _aside(others: Levels, own: Levels) -> Levels:
    return beside((own, others))


class _Walk:
    """Blocks from the outside in; `before` is what took effect around one."""

    def __init__(self, changes: Callable[[Step], frozenset[str | None]]) -> None:
        self.changes = changes
        self.found: list[Stand] = []
        self.committed = False
        self.counts: dict[str, int] = {}
        self.rounds = 0

    def block(self, block: Block, prefix: str, before: Levels) -> Levels:
        """The effects of the block itself once it has ended; none where it never goes on."""
        done: Levels = ()
        for node in block.nodes:
            done = (*self._node(node, prefix, (*done, *before)), *done)
        leaves = bool(block.nodes) and isinstance(block.nodes[-1], Fail | Return)
        return () if leaves and prefix else done

    def _stand(self, node: Standing, prefix: str, before: Levels) -> Effect | None:
        if isinstance(node, Step | Await):
            name, drawn = node.name, f"{prefix}{node.name}"
        else:
            name = "commit" if isinstance(node, Commit) else "wait"
            drawn = self._counted(f"{prefix}{name}")
        path = name + "[n]" * self.rounds
        own = self._effect(node, path) if isinstance(node, Step) else None
        during = before if own is None else ((own.only("if it took effect"),), *before)
        self.found.append(Stand(node, path, drawn, before, during, self.committed))
        return own

    def _effect(self, step: Step, path: str) -> Effect | None:
        changed = self.changes(step)
        undo = step.compensation
        if not changed and undo is None:
            return None
        names = sorted(name for name in changed if name is not None)
        what = ", ".join(names)
        if isinstance(step.call, Call):
            what = what or step.call.operation.title
        else:
            what = f"flow {step.call.flow}" + (f": {what}" if what else "")
        return Effect(path, what, None if undo is None else undo.call.operation.title, "")

    def _node(self, node: Node, prefix: str, before: Levels) -> Levels:
        match node:
            case Step():
                own = self._stand(node, prefix, before)
                if own is None:
                    return ()
                return ((own.only("if it succeeded") if node.otherwise is not None else own,),)
            case WaitFor() | WaitUntil():
                self._stand(node, prefix, before)
                return ()
            case Await():
                self._stand(node, prefix, before)
                return self._await(node, prefix, before)
            case If():
                arms = [("yes", node.yes), *([] if node.no is None else [("no", node.no)])]
                return self._arms(self._counted(f"{prefix}if"), arms, before)
            case Match():
                arms = [("+".join(case.members), case.body) for case in node.cases]
                arms += [] if node.no is None else [("else", node.no)]
                return self._arms(self._counted(f"{prefix}match"), arms, before)
            case Parallel():
                return self._parallel(node, self._counted(f"{prefix}parallel"), before)
            case ForEach() | Repeat():
                return self._loop(node, prefix, before)
            case Try():
                return self._try(node, self._counted(f"{prefix}try"), before)
            case Commit():
                self._stand(node, prefix, before)
                self.committed = True
                return ()
            case _:
                return ()

    def _counted(self, stem: str) -> str:
        n = self.counts[stem] = self.counts.get(stem, 0) + 1
        return f"{stem}#{n}"

    def _arms(self, here: str, arms: list[tuple[str, Block]], before: Levels) -> Levels:
        sides = [
            only(self.block(body, f"{here}/{name}/", before), "if that arm was taken")
            for name, body in arms
        ]
        return beside(sides)

    def _parallel(self, node: Parallel, here: str, before: Levels) -> Levels:
        start, committed = len(self.found), self.committed
        sides, bounds = [], [start]
        for branch in node.branches:
            done = self.block(branch.body, f"{here}/{branch.label}/", before)
            sides.append(done if branch.condition is None else only(done, "if the branch ran"))
            bounds.append(len(self.found))
        depth = len(before)
        for n in range(len(sides)):
            beside_it = beside([side for m, side in enumerate(sides) if m != n])
            maybe = only(beside_it, "as far as it had happened")
            for at in range(bounds[n], bounds[n + 1]):
                self._insert(at, depth, partial(_aside, maybe))
        self.committed = committed
        return beside(sides)

    def _insert(self, at: int, depth: int, more: Callable[[Levels], Levels]) -> None:
        """Change the levels of a stand that are not among the `depth` around its statement."""
        stand = self.found[at]

        def changed(levels: Levels) -> Levels:
            inner = len(levels) - depth
            return (*more(levels[:inner]), *levels[inner:])

        self.found[at] = stand.replace(before=changed(stand.before), during=changed(stand.during))

    def _loop(self, node: ForEach | Repeat, prefix: str, before: Levels) -> Levels:
        what = "for" if isinstance(node, ForEach) else "repeat"
        here = self._counted(f"{prefix}{what}")
        start, depth = len(self.found), len(before)
        self.rounds += 1
        done = self.block(node.body, f"{here}/", before)
        self.rounds -= 1
        rounds = only(done, "every round, the last first")
        alone = isinstance(node, ForEach) and any(one.failure for one in node.collects)
        if done and node.limit > 1:
            side = isinstance(node, ForEach) and node.width > 1
            earlier = only(done, "of the other rounds" if side else "of earlier rounds, last first")
            for at in range(start, len(self.found)):
                self._insert(at, depth, lambda own: (*own, *earlier))
        if isinstance(node, Repeat) and node.exhausted is not None:
            after = (*rounds, *before)
            left = self.block(node.exhausted, f"{here}/exhausted/", after)
            return (*only(left, "if the rounds ran out"), *rounds)
        return only(rounds, "if it did not fail") if alone else rounds

    def _await(self, node: Await, prefix: str, before: Levels) -> Levels:
        effects: list[Levels] = []
        for n, reminder in enumerate(node.reminders, 1):
            inside = f"{prefix}{node.name}/reminder#{n}/"
            effects.append(only(self.block(reminder.body, inside, before), "each reminder"))
        if node.on_timeout is not None:
            inside = f"{prefix}{node.name}/timeout/"
            late = self.block(node.on_timeout, inside, (*beside(effects), *before))
            effects.append(only(late, "if it timed out"))
        return beside(effects)

    def _try(self, node: Try, here: str, before: Levels) -> Levels:
        done = only(self.block(node.body, f"{here}/", before), "if the `try` went well")
        sides = [done]
        for n, handler in enumerate(node.handlers, 1):
            inside = f"{here}/handler#{n}/"
            handled = self.block(handler.body, inside, before)
            sides.append(only(handled, "if the error was handled"))
        return beside(sides)
