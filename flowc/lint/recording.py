"""A value drawn in the middle of an expression to the edits that draw it once and remember it."""

from __future__ import annotations

from flowc.compiler.flow import Await, ForEach, Let, Node, Repeat, bodies
from flowc.diagnostic import Edit, Fix
from flowc.lint.calls import ambient, evaluated
from flowc.source import Span
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.expr import Ambient
    from flowc.compiler.flow import Flow

_NAMES = {"now": "moment", "uuid": "token", "random": "chance"}


class Drawn(Struct):
    """A call of `now()` or its like, the statement that evaluates it, and the statement before
    which a `record` keeps its meaning (None where there is no such place)."""

    what: Ambient
    node: Node
    anchor: Node | None


def drawn(flow: Flow) -> Iterator[Drawn]:
    """Every value that is drawn outside a `record`, in textual order but for nested blocks."""
    stack: list[tuple[Node, Node | None, bool]] = [
        (node, None, True) for node in reversed(flow.body.nodes)
    ]
    while stack:
        node, around, free = stack.pop()
        anchor = node if free and _opens_line(flow, node) else around
        for expr in evaluated(node):
            for what in ambient(expr):
                inside = isinstance(node, Repeat) and expr is node.until
                yield Drawn(what, node, node if inside and free else anchor)
        loop = isinstance(node, ForEach | Repeat)
        reminders = len(node.reminders) if isinstance(node, Await) else 0
        for place, block in reversed(list(enumerate(bodies(node)))):
            allowed = free and place >= reminders
            outer = anchor if allowed and not loop else None
            stack.extend((inner, outer, allowed) for inner in reversed(block.nodes))


def record_instead(flow: Flow, found: Drawn) -> Fix | None:
    """Draw the value in a `record` and use its name; None where that would change when."""
    what, node, anchor = found.what, found.node, found.anchor
    if what.what not in _NAMES:
        return None
    text = flow.source.text
    title = f"record what `{what.what}()` gives"
    if isinstance(node, Let) and node.value is what and text.startswith("let", node.span.start):
        word = Span(node.span.start, node.span.start + len("let"))
        return Fix(title, (Edit(word, "record"),))
    if anchor is None:
        return None
    name = _free_name(text, _NAMES[what.what])
    line = f"record {name} = {what.what}()\n"
    if isinstance(node, Repeat) and anchor is node and _in_until(node, what):
        at = _line_start(text, node.body.span.end - 1)
        indent = text[at : node.body.span.end - 1]
        if indent.strip():
            return None
        put = Edit(Span(at, at), f"{indent}  {line}")
    else:
        at = _above_comments(text, _line_start(text, anchor.span.start))
        start = _line_start(text, anchor.span.start)
        put = Edit(Span(at, at), f"{text[start : anchor.span.start]}{line}")
    return Fix(title, (put, Edit(what.span, name)))


def _in_until(node: Repeat, what: Ambient) -> bool:
    return any(part is what for part in ambient(node.until))


def _opens_line(flow: Flow, node: Node) -> bool:
    text = flow.source.text
    return not text[_line_start(text, node.span.start) : node.span.start].strip()


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _above_comments(text: str, start: int) -> int:
    """The start of the first of the comment lines directly above a line."""
    while start > 0:
        above = _line_start(text, start - 1)
        if not text[above:start].lstrip().startswith("//"):
            break
        start = above
    return start


def _free_name(text: str, wanted: str) -> str:
    import re

    words = set(re.findall(r"\w+", text))
    name, count = wanted, 1
    while name in words:
        count += 1
        name = f"{wanted}{count}"
    return name
