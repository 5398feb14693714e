"""The times of a flow to the story of how they add up: what takes how long, on the longest way."""

from __future__ import annotations

from flowc.compiler.duration import show
from flowc.compiler.flow import (
    Await,
    Block,
    Call,
    Commit,
    ForEach,
    If,
    Match,
    Node,
    Parallel,
    Probe,
    Repeat,
    Step,
    Try,
    WaitFor,
    bodies,
)
from flowc.simulate.attempts import UNBOUNDED, longest
from flowc.simulate.costs import Costs
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc.simulate.times import Times

MOST_LEGS = 7  # a story longer than this is elided


class Leg(Struct):
    """A part of the longest way, as text, and how long it takes at worst, in ms."""

    text: str
    ms: float


def told(legs: Iterable[Leg], *ending: str) -> tuple[str, ...]:
    """The legs that take time, then the ending. Of many legs the longest are told, in order, and
    the rest summed up in the place of the first of them."""
    taken = [leg for leg in legs if leg.ms]
    if len(taken) <= MOST_LEGS:
        return (*(leg.text for leg in taken), *ending)
    longest_first = sorted(range(len(taken)), key=lambda n: (-taken[n].ms, n))
    kept = set(longest_first[: MOST_LEGS - 1])
    rest = sum(leg.ms for n, leg in enumerate(taken) if n not in kept)
    lines: list[str] = []
    elided = False
    for n, leg in enumerate(taken):
        if n in kept:
            lines.append(leg.text)
        elif not elided:
            elided = True
            lines.append(f"... {len(taken) - len(kept)} shorter ones, together {length(rest)}")
    return (*lines, *ending)


def length(ms: float) -> str:
    return "without bound" if ms == UNBOUNDED else show(int(ms))


def way_to(times: Times, node: Node) -> list[Leg]:
    """The longest way from the flow's start to a statement."""
    costs = times.costs
    parts: list[list[Leg]] = []
    for seat in times.ancestors(node):
        before = seat.block.nodes[: seat.index]
        parts.append([leg for passed in before for leg in legs_of(costs, passed)])
        lead = costs.leads.get(id(seat.block))
        if lead is not None and lead.worst:
            parts.append(_lead_legs(costs, lead.owner, seat.block, lead.worst))
    return [leg for part in reversed(parts) for leg in part]


def legs_of(costs: Costs, node: Node) -> list[Leg]:
    """The parts of the longest way through a statement."""
    cost = costs.of(node)
    if not cost.worst:
        return []
    match node:
        case Step():
            return [Leg(_step(costs, node), cost.worst)]
        case WaitFor():
            return [Leg(f"wait {length(cost.worst)}", cost.worst)]
        case Await() if node.on_timeout is not None and costs.of_block(node.on_timeout).goes_on:
            waited = costs.leads[id(node.on_timeout)].worst
            return [_awaited(node, waited), *_block_legs(costs, node.on_timeout)]
        case Await():
            return [_awaited(node, cost.worst)]
        case If() | Match():
            return _longest_of(costs, bodies(node), cost.worst)
        case Parallel():
            return _longest_of(costs, bodies(node), cost.worst)
        case ForEach():
            return [Leg(f"{_rounds(costs, node)}: {length(cost.worst)}", cost.worst)]
        case Repeat():
            last = costs.leads[id(node.body)].worst + costs.of_block(node.body).worst
            loop = Leg(f"{_rounds(costs, node)}: {length(last)}", last)
            if node.exhausted is None or cost.worst == last:
                return [loop]
            return [loop, *_block_legs(costs, node.exhausted)]
        case Try():
            body = costs.of_block(node.body)
            if body.goes_on and cost.worst == body.worst:
                return _block_legs(costs, node.body)
            for handler in node.handlers:
                handled = costs.leads[id(handler.body)].worst
                own = costs.of_block(handler.body)
                if own.goes_on and handled + own.worst == cost.worst:
                    return [*_failed_body(costs, node), *_block_legs(costs, handler.body)]
            return [Leg(f"a `try` up to {length(cost.worst)}", cost.worst)]
        case _:
            return []


def _lead_legs(costs: Costs, owner: Node, block: Block, lead: float) -> list[Leg]:
    """What passes between the start of a statement and that of a block inside it."""
    match owner:
        case Await():
            return [_awaited(owner, lead)]
        case Repeat() if block is not owner.body:
            return [Leg(f"{_rounds(costs, owner)}: {length(lead)}", lead)]
        case Repeat() | ForEach():
            return [Leg(f"earlier rounds: {length(lead)}", lead)]
        case Try():
            return _failed_body(costs, owner)
        case _:
            return []


def _failed_body(costs: Costs, node: Try) -> list[Leg]:
    body = costs.of_block(node.body)
    undone = costs.unwinding(body.failing)
    return [
        Leg(f"a `try` fails after up to {length(body.latest)}", body.latest),
        Leg(f"its unwinding up to {length(undone)}", undone),
    ]


def _block_legs(costs: Costs, block: Block) -> list[Leg]:
    return [leg for node in block.nodes for leg in legs_of(costs, node)]


def _longest_of(costs: Costs, blocks: Iterable[Block], worst: float) -> list[Leg]:
    for block in blocks:
        cost = costs.of_block(block)
        if cost.goes_on and cost.worst == worst:
            return _block_legs(costs, block)
    return []


def _step(costs: Costs, node: Step) -> str:
    worst = costs.of(node).worst
    if not isinstance(node.call, Call):
        return f"`{node.name}` ({node.call.flow}) up to {length(worst)}"
    own = longest(node.call)
    parts = [f"`{node.name}` up to {length(own)}"]
    if isinstance(node.unknown, Probe) and worst > own:
        probed = longest(node.unknown.call)
        own += probed
        parts.append(f"its probe {length(probed)}")
    if worst > own:
        parts.append(f"its compensation {length(worst - own)}")
    return ", ".join(parts)


def _awaited(node: Await, ms: float) -> Leg:
    return Leg(f"`{node.name}` awaited up to {length(ms)}", ms)


def _rounds(costs: Costs, node: ForEach | Repeat) -> str:
    each = costs.of_block(node.body).worst
    if isinstance(node, ForEach):
        count = costs.batches(node)
        what = "rounds" if node.width <= 1 else f"batches of {node.width}"
        return f"`for {node.name}`, {count} {what} of up to {length(each)}"
    pause = f" and {show(node.pause)} between" if node.pause else ""
    return f"`repeat`, {node.limit} rounds of up to {length(each)}{pause}"


def longest_unwinding(costs: Costs, block: Block) -> list[Leg]:
    """The longest unwinding of a block that fails somewhere, in the order of unwinding."""
    entered, most, start, failed = 0.0, -1.0, 0, (0, 0)
    for index, node in enumerate(block.nodes):
        cost = costs.of(node)
        if cost.failing is not None and entered + cost.failing > most:
            most = entered + cost.failing
            failed = (start, index)
        if isinstance(node, Commit):
            entered, start = 0, index + 1
        entered += cost.entered
        if not cost.goes_on:
            break
    if most <= 0:
        return []
    first, last = failed
    failing = block.nodes[last]
    legs = _undoing(costs, failing, costs.of(failing).failing or 0)
    for node in reversed(block.nodes[first:last]):
        legs += _undoing(costs, node, costs.of(node).entered)
    return legs


def _undoing(costs: Costs, node: Node, ms: float) -> list[Leg]:
    """What unwinding takes so long of what a statement left in the ledger."""
    if not ms:
        return []
    match node:
        case Step() if node.compensation is not None:
            title = node.compensation.call.operation.title
            return [Leg(f"undo `{node.name}` with {title}: up to {length(ms)}", ms)]
        case ForEach() | Repeat() if not _one_round(costs, node, ms):
            count = costs.batches(node) if isinstance(node, ForEach) else node.limit
            return [Leg(f"undo {count} rounds: up to {length(ms)}", ms)]
        case _:
            pass
    for block in bodies(node):
        cost = costs.of_block(block)
        if cost.entered == ms:
            return [
                leg
                for inner in reversed(block.nodes)
                for leg in _undoing(costs, inner, costs.of(inner).entered)
            ]
        if cost.failing == ms:
            return longest_unwinding(costs, block)
    return [Leg(f"undo what was done inside: up to {length(ms)}", ms)]


def _one_round(costs: Costs, node: ForEach | Repeat, ms: float) -> bool:
    """Whether a single round leaves all that takes so long."""
    body = costs.of_block(node.body)
    return ms in (body.entered, body.failing)


def soonest_to(times: Times, node: Node) -> list[Leg]:
    """The waits that nobody can hurry on the shortest way from the flow's start to a statement."""
    costs = times.costs
    parts: list[list[Leg]] = []
    for seat in times.ancestors(node):
        before = seat.block.nodes[: seat.index]
        parts.append([leg for passed in before for leg in soonest_of(costs, passed)])
        lead = costs.leads.get(id(seat.block))
        if lead is not None and lead.best:
            owner = lead.owner
            text = "earlier rounds take"
            if isinstance(owner, Await):
                text = f"`{owner.name}` is awaited for"
            parts.append([Leg(f"{text} {length(lead.best)}", lead.best)])
    return [leg for part in reversed(parts) for leg in part]


def soonest_of(costs: Costs, node: Node) -> list[Leg]:
    best = costs.of(node).best
    if not best:
        return []
    match node:
        case WaitFor():
            return [Leg(f"wait {length(best)}", best)]
        case Step():
            return [Leg(f"`{node.name}` at least {length(best)}", best)]
        case If() | Match():
            return [Leg(f"either way at least {length(best)}", best)]
        case _:
            return [Leg(f"at least {length(best)} inside", best)]
