"""A flow's statements laid out in a row, each with its block, its owner and its last descendant."""

from __future__ import annotations

from flowc.compiler.flow import Block, Flow, Node, bodies

ROOT = 0  # the block that is the flow's own body


class Places:
    """Statements in textual order, outer before inner, as numbers; blocks likewise.

    A node's descendants are the numbers up to `end[node]`. An owner's number is smaller than
    those of everything inside it, so a loop forwards meets owners first and a loop backwards
    meets them last: no analysis needs to recurse, however deep a file is nested.
    """

    __slots__ = ("at", "block", "blocks", "end", "inner", "nodes", "owner", "pos")

    def __init__(self, flow: Flow) -> None:
        self.nodes: list[Node] = []
        self.block: list[int] = []  # of a node: the block that it stands in
        self.pos: list[int] = []  # of a node: its place in that block
        self.end: list[int] = []  # of a node: one past its last descendant
        self.inner: list[tuple[int, ...]] = []  # of a node: its blocks, as `bodies` orders them
        self.blocks: list[list[int]] = [[]]  # of a block: its nodes
        self.owner: list[int] = [-1]  # of a block: the node that it belongs to
        self.at: dict[int, int] = {}  # id(node) -> its number
        self._lay_out(flow.body)
        self._close()

    def _lay_out(self, body: Block) -> None:
        stack = [(node, ROOT) for node in reversed(body.nodes)]
        while stack:
            node, block = stack.pop()
            number = len(self.nodes)
            self.nodes.append(node)
            self.at[id(node)] = number
            self.block.append(block)
            self.pos.append(len(self.blocks[block]))
            self.blocks[block].append(number)
            inside = bodies(node)
            if not inside:
                self.inner.append(())
                continue
            first = len(self.blocks)
            self.inner.append(tuple(range(first, first + len(inside))))
            for _ in inside:
                self.blocks.append([])
                self.owner.append(number)
            for place in range(len(inside) - 1, -1, -1):
                stack.extend((child, first + place) for child in reversed(inside[place].nodes))

    def _close(self) -> None:
        self.end = [number + 1 for number in range(len(self.nodes))]
        for number in range(len(self.nodes) - 1, -1, -1):
            for block in self.inner[number]:
                if self.blocks[block]:
                    self.end[number] = max(self.end[number], self.end[self.blocks[block][-1]])

    def number(self, node: Node) -> int:
        """The number of a statement of this flow."""
        return self.at[id(node)]

    def holds(self, outer: int, inner: int) -> bool:
        """Whether `inner` is `outer` or stands somewhere inside it."""
        return outer <= inner < self.end[outer]

    def within(self, block: int, number: int) -> bool:
        """Whether a statement stands in a block, directly or deeper."""
        inside = self.blocks[block]
        return bool(inside) and inside[0] <= number < self.end[inside[-1]]

    def above(self, number: int) -> int:
        """The statement that a statement stands directly in, or -1 at the top level."""
        return self.owner[self.block[number]]

    def chain(self, number: int) -> list[int]:
        """A statement, the one it stands in, and so on up to the top level."""
        found = []
        while number >= 0:
            found.append(number)
            number = self.above(number)
        return found

    def meet(self, a: int, b: int) -> tuple[int, int, int]:
        """Where the ways down to two statements part: the block that both stand in, directly or
        deeper (-1 if one statement holds both, in different blocks), and the statements of it, or
        the one that holds both, through which each is reached."""
        above_a = {self.block[number]: number for number in self.chain(a)}
        while self.block[b] not in above_a:
            b = self.above(b)
        a = above_a[self.block[b]]
        return (-1, a, b) if a == b else (self.block[b], a, b)

    def before(self, a: int, b: int) -> bool:
        """Whether `a` stands earlier than `b` in one sequence, itself or what it stands in."""
        block, first, second = self.meet(a, b)
        return block >= 0 and self.pos[first] < self.pos[second]
