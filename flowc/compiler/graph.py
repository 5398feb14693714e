"""Turns a Flow into its graph: typed nodes and edges that say what may follow what.

Node kinds: start, step, subflow, value, choice, parallel, join, loop, wait, await, try,
handler, commit, fail, return, compensation, unwind, probe, ending. Edge kinds: next, branch,
failure, unknown, timeout, compensation, back. A compensation's edges lead to what is unwound
after it; one whose step took no effect is passed over. Ids follow names and structure.
"""

from __future__ import annotations

from typing import assert_never

from flowc.compiler import duration
from flowc.compiler.flow import (
    Await,
    Block,
    Commit,
    Fail,
    Flow,
    ForEach,
    If,
    Let,
    Match,
    Next,
    Node,
    Parallel,
    Record,
    Repeat,
    Return,
    Step,
    Try,
    WaitFor,
    WaitUntil,
)
from flowc.compiler.graph_leaves import Leaves
from flowc.compiler.graph_net import (
    COMPLETED,
    Caught,
    Exit,
    Place,
    Settle,
)
from flowc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    import networkx as nx


def graph(flow: Flow) -> nx.MultiDiGraph[str]:
    """The graph of one flow at one version. All attributes are JSON values; durations are ms.

    `graph.graph["frames"]` maps the id of each frame (parallel, branch, loop, try) to its
    parent and label; a node's `frame` says in which it stands.
    """
    return _Builder(flow).build()


class _Builder(Leaves):
    """Walks the body once, statement by statement."""

    def build(self) -> nx.MultiDiGraph[str]:
        flow = self.flow
        self.graph.graph.update(self.facts.of_flow())
        self.graph.graph["frames"] = self.frames
        self.add("start", "start", flow.name, flow.name_span, None)
        exits = self._block(flow.body, Place("", None, ()), (Exit("start", "next"),))
        self.join(exits, COMPLETED)
        self.number()
        return self.graph

    # -- blocks ----------------------------------------------------------------------------

    def _block(self, block: Block, place: Place, entries: tuple[Exit, ...]) -> tuple[Exit, ...]:
        for node in block.nodes:
            entries = self._node(node, place, entries)
        return entries

    def _arms(
        self,
        of: str,
        arms: Iterable[tuple[Block, Place, tuple[Exit, ...]]],
        start: tuple[str, ...],
    ) -> tuple[Exit, ...]:
        """Blocks side by side, each from the ledger `start`; several that entered it unwind
        from one node."""
        exits: list[Exit] = []
        entered: list[str] = []
        for block, place, entries in arms:
            self.ledger = start
            left = self._block(block, place, entries)
            exits.extend(left)
            if left and self.ledger != start:  # an arm that ends there leaves nothing behind
                entered.extend(name for name in self.ledger if name not in entered)
        self.ledger = self._unwind(of, entered) or start
        return tuple(exits)

    def _unwind(self, of: str, entered: list[str]) -> tuple[str, ...]:
        if len(entered) < 2:
            return tuple(entered)
        data = self.graph.nodes[of]
        label = "undo the branches" if data["kind"] == "parallel" else "undo what was taken"
        span = Span(data["span"][1] - 1, data["span"][1])
        frame = data["frame"]
        here = self.add(f"{of}:unwind", "unwind", label, span, frame, of=of)
        for undo in entered:
            self.edge(here, undo, "compensation", "then")
        return (here,)

    def _node(self, node: Node, place: Place, entries: tuple[Exit, ...]) -> tuple[Exit, ...]:
        match node:
            case Step():
                return self.step(node, place, entries)
            case Let() | Record() | Next():
                return self.value(node, place, entries)
            case If():
                return self._if(node, place, entries)
            case Match():
                return self._match(node, place, entries)
            case Parallel():
                return self._parallel(node, place, entries)
            case ForEach():
                return self._for(node, place, entries)
            case Repeat():
                return self._repeat(node, place, entries)
            case WaitFor() | WaitUntil():
                return self.wait(node, place, entries)
            case Await():
                return self._await(node, place, entries)
            case Try():
                return self._try(node, place, entries)
            case Commit():
                here = self.structure(place, "commit", "commit", node.span, label="commit")
                self.join(entries, here)
                self.ledger = ()
                self.committed = True
                return (Exit(here, "next"),)
            case Fail():
                return self.fail(node, place, entries)
            case Return():
                label = "return" if node.value is None else f"return {self.text(node.value)}"
                here = self.structure(place, "return", "return", node.span, label=label)
                self.join(entries, here)
                self.edge(here, COMPLETED, "next")
                return ()
            case _:
                assert_never(node)

    # -- statements ------------------------------------------------------------------------

    def _if(self, node: If, place: Place, entries: tuple[Exit, ...]) -> tuple[Exit, ...]:
        label = self.text(node.condition)
        here = self.structure(place, "choice", "if", node.span, label=label, asks="if")
        self.join(entries, here)
        yes = (node.yes, place.inside(f"{_tail(here)}/yes"), (Exit(here, "branch", "yes"),))
        nothing = Block(Span(node.span.end, node.span.end), ())
        no = (node.no or nothing, place.inside(f"{_tail(here)}/no"), (Exit(here, "branch", "no"),))
        return self._arms(here, (yes, no), self.ledger)

    def _match(self, node: Match, place: Place, entries: tuple[Exit, ...]) -> tuple[Exit, ...]:
        label = self.text(node.value)
        here = self.structure(place, "choice", "match", node.span, label=label, asks="match")
        self.join(entries, here)
        arms = [
            (" | ".join(case.members), "+".join(case.members), case.body) for case in node.cases
        ]
        if node.no is not None:
            arms.append(("else", "else", node.no))
        return self._arms(
            here,
            [
                (body, place.inside(f"{_tail(here)}/{part}"), (Exit(here, "branch", shown),))
                for shown, part, body in arms
            ],
            self.ledger,
        )

    def _parallel(
        self, node: Parallel, place: Place, entries: tuple[Exit, ...]
    ) -> tuple[Exit, ...]:
        here = self.structure(place, "parallel", "parallel", node.span, label="parallel")
        self.join(entries, here)
        frame = self.open_frame(here, "parallel", "parallel", node.span, place.frame)
        self.graph.nodes[here]["frame"] = frame
        end = Span(node.span.end - 1, node.span.end)
        join = self.add(f"{here}:join", "join", "all settle", end, frame, of=here)
        self.settled[join] = set()
        start = self.ledger
        arms = []
        for branch in node.branches:
            own = self.open_frame(
                f"{here}/{branch.label}", "branch", branch.label, branch.span, here
            )
            inner = place.inside(f"{_tail(here)}/{branch.label}", own).taken_by(Settle(join))
            shown = branch.label
            if branch.condition is not None:
                shown += f" when {self.text(branch.condition)}"
            arms.append((branch.body, inner, (Exit(here, "branch", shown),)))
        self.join(self._arms(here, arms, start), join)
        self._leave_settled(join, place)
        return (Exit(join, "next"),)

    def _leave_settled(self, join: str, place: Place) -> None:
        errors = self.settled[join]
        if errors:
            taken = None if "*" in errors else frozenset(errors)
            self.fails(join, taken, place, label="a branch failed")

    def _for(self, node: ForEach, place: Place, entries: tuple[Exit, ...]) -> tuple[Exit, ...]:
        label = f"for {node.name} in {self.text(node.items)}"
        here = self.structure(
            place,
            "loop",
            "for",
            node.span,
            label=label,
            loop="for",
            limit=node.limit,
            width=node.width,
            index=node.index,
            collects=[
                {"name": one.name, "out": one.out, "failure": one.failure} for one in node.collects
            ],
        )
        self.join(entries, here)
        frame = self.open_frame(here, "loop", "loop", node.span, place.frame)
        self.graph.nodes[here]["frame"] = frame
        self.fails(here, frozenset(("LimitReached",)), place, label=f"more than {node.limit}")
        end = Span(node.span.end - 1, node.span.end)
        join = self.add(f"{here}:join", "join", "round ends", end, frame, of=here)
        self.settled[join] = set()
        start = self.ledger
        inner = place.inside(_tail(here), frame).taken_by(Settle(join))
        exits = self._block(node.body, inner, (Exit(here, "branch", "each"),))
        self.join(exits, join)
        self.edge(here, join, "branch", "no items")
        self.edge(join, here, "back", "next batch" if node.width > 1 else "next item")
        if any(one.failure for one in node.collects):
            self.ledger = self.ledger or start
        else:
            self._leave_settled(join, place)
        return (Exit(join, "next", "done"),)

    def _repeat(self, node: Repeat, place: Place, entries: tuple[Exit, ...]) -> tuple[Exit, ...]:
        label = f"repeat max {node.limit}"
        if node.pause is not None:
            label += f", every {duration.show(node.pause)}"
        here = self.structure(
            place,
            "loop",
            "repeat",
            node.span,
            label=label,
            loop="repeat",
            limit=node.limit,
            pause_ms=node.pause,
            index=node.index,
        )
        self.join(entries, here)
        frame = self.open_frame(here, "loop", "loop", node.span, place.frame)
        self.graph.nodes[here]["frame"] = frame
        inner = place.inside(_tail(here), frame)
        exits = self._block(node.body, inner, (Exit(here, "next"),))
        until = self.text(node.until)
        ask = self.add(
            f"{here}:until", "choice", until, node.until.span, frame, asks="until", of=here
        )
        self.join(exits, ask)
        again = "no" if node.pause is None else f"no, wait {duration.show(node.pause)}"
        self.edge(ask, here, "back", again)
        left = f"still no after {node.limit}"
        done = Exit(ask, "branch", "yes")
        if node.exhausted is None:
            self.fails(ask, frozenset(("LimitReached",)), place, label=left)
            return (done,)
        start = self.ledger
        after = place.inside(f"{_tail(here)}/exhausted")
        exits = self._arms(ask, [(node.exhausted, after, (Exit(ask, "failure", left),))], start)
        return (done, *exits)

    def _await(self, node: Await, place: Place, entries: tuple[Exit, ...]) -> tuple[Exit, ...]:
        here = self.add(
            f"{place.prefix}{node.name}",
            "await",
            node.name,
            node.span,
            place.frame,
            **self.facts.of_await(node),
        )
        self.join(entries, here)
        for n, reminder in enumerate(node.reminders, 1):
            when = f"{'every' if reminder.repeating else 'after'} {duration.show(reminder.delay)}"
            inner = place.inside(f"{node.name}/reminder#{n}")
            exits = self._block(reminder.body, inner, (Exit(here, "timeout", when),))
            self.join([leave.replace(back=True) for leave in exits if leave.node != here], here)
        exits = (Exit(here, "next"),)
        if node.within is None:
            return exits
        late = f"after {duration.show(node.within)}"
        if node.on_timeout is None:
            self.fails(here, frozenset(("TimedOut",)), place, kind="timeout", label=late)
            return exits
        inner = place.inside(f"{node.name}/timeout")
        arm = (node.on_timeout, inner, (Exit(here, "timeout", late),))
        return (*exits, *self._arms(here, [arm], self.ledger))

    def _try(self, node: Try, place: Place, entries: tuple[Exit, ...]) -> tuple[Exit, ...]:
        here = self.structure(place, "try", "try", node.span, label="try")
        self.join(entries, here)
        frame = self.open_frame(here, "try", "try", node.body.span, place.frame)
        self.graph.nodes[here]["frame"] = frame
        start = self.ledger
        handlers = []
        for n, handler in enumerate(node.handlers, 1):
            names = " | ".join(error.name for error in handler.errors) or "Error"
            handler_id = self.add(
                f"{here}:handler#{n}",
                "handler",
                f"on {names}",
                handler.span,
                place.frame,
                errors=[error.name for error in handler.errors],
                of=here,
            )
            handlers.append((handler_id, handler))
        taker = Caught(tuple(handlers), start)
        inside = place.inside(_tail(here), frame).taken_by(taker)
        exits = self._block(node.body, inside, (Exit(here, "next"),))
        kept = self.ledger
        arms = [
            (
                handler.body,
                place.inside(f"{_tail(here)}/handler#{n}"),
                (Exit(handler_id, "next"),),
            )
            for n, (handler_id, handler) in enumerate(handlers, 1)
        ]
        handled = self._arms(here, arms, start)
        handled_ledger = self.ledger if self.ledger != start else ()
        body_ledger = kept if exits and kept != start else ()
        self.ledger = self._unwind(here, [*body_ledger, *handled_ledger]) or start
        return (*exits, *handled)


def _tail(node: str) -> str:
    return node.rsplit("/", 1)[-1]
