"""The statements of a flow to which of their name in the text they are: a name may stand in two
arms, and waits have none."""

from __future__ import annotations

from flowc.compiler import flow as ir


def numbers(flow: ir.Flow) -> dict[int, int]:
    """For each step, await, wait and pause of a loop, by identity, its number from 1."""
    counts: dict[str, int] = {}
    found = {}
    for node in flow.nodes:
        name = _name(node)
        if name is not None:
            found[id(node)] = counts[name] = counts.get(name, 0) + 1
    return found


def _name(node: ir.Node) -> str | None:
    match node:
        case ir.Step() | ir.Await():
            return node.name
        case ir.WaitFor() | ir.WaitUntil():
            return "wait"
        case ir.Repeat() if node.pause is not None:
            return "every"
        case _:
            return None
