"""Random choices become the tokens of types and expressions."""

from __future__ import annotations

from random import Random

NAMES = ("a", "order", "x1", "Total_Sum", "on", "key", "with", "start", "version", "timeout")
MEMBERS = (*NAMES, "step", "if", "none", "commit", "match", "until")
TEXTS = (
    '""',
    '"plain"',
    '"{a.b}/{order}"',
    r'"\"quoted\" \{ \t \\"',
    '"// no comment"',
    '"https://example.com/a/b"',
    '"ünïcödé {x1 + 1}"',
    '"a text that is long enough to make its line too wide when it meets another one"',
)
DURATIONS = ("0s", "500ms", "30s", "5m", "1d12h", "90d")
DECIMALS = ("0.5", "12.50", "3.1415")


class Expressions:
    """Collects tokens; the methods are named as what they write."""

    def __init__(self, random: Random, depth: int) -> None:
        self.random = random
        self.depth = depth  # of blocks and of expressions, each
        self.tokens: list[str] = []

    # -- choices

    def maybe(self, percent: int = 50) -> bool:
        return self.random.randrange(100) < percent

    def some(self, least: int, most: int) -> range:
        return range(self.random.randint(least, most))

    def add(self, *tokens: str) -> None:
        self.tokens += tokens

    def name(self) -> None:
        self.add(self.random.choice(NAMES))

    def member(self) -> None:
        self.add(self.random.choice(MEMBERS))

    def whole(self) -> None:
        self.add(str(self.random.randint(1, 120)))

    def text(self) -> None:
        self.add(self.random.choice(TEXTS))

    def duration(self) -> None:
        if self.maybe(80):
            self.add(self.random.choice(DURATIONS))
        else:
            self.name()

    def series(self, count: range, comma: str, part: str) -> None:
        for index in count:
            if index:
                self.add(comma)
            getattr(self, part)()

    def type_ref(self) -> None:
        listed = self.maybe(20)
        if listed:
            self.add("[")
        self.name()
        if self.maybe(20):
            self.add("?")
        if listed:
            self.add("]")
            if self.maybe(20):
                self.add("?")

    # -- expressions: `level` is how tightly the operators around bind

    def arguments(self, depth: int) -> None:
        self.add("(")
        count = self.some(0, 3)
        for index in count:
            if index:
                self.add(",")
            if self.maybe(30):
                self.member()
                self.add(":")
            self.expression(depth)
        if len(count) and self.maybe(15):
            self.add(",")
        self.add(")")

    def expression(self, depth: int) -> None:
        if depth < self.depth and self.maybe(8):
            self.add("if")
            self.expression(depth + 1)
            self.add("then")
            self.expression(depth + 1)
            self.add("else")
            self.expression(depth)
        else:
            self.operation(depth, 0)

    def operation(self, depth: int, level: int) -> None:
        operators = (
            ("or",),
            ("and",),
            (),
            ("==", "!=", "<", "<=", ">", ">="),
            ("+", "-"),
            ("*", "/"),
            (),
            ("??",),
        )
        if level == len(operators):
            self.path(depth)
        elif not operators[level]:
            if depth < self.depth and self.maybe(8):
                self.add("not" if level == 2 else "-")
                self.operation(depth + 1, level)
            else:
                self.operation(depth, level + 1)
        else:
            self.operation(depth, level + 1)
            while depth < self.depth and self.maybe(10):
                self.add(self.random.choice(operators[level]))
                self.operation(depth + 1, level + 1)
                if level == 3:
                    break

    def path(self, depth: int) -> None:
        self.atom(depth)
        while self.maybe(25):
            self.add("?." if self.maybe(25) else ".")
            self.member()

    def atom(self, depth: int) -> None:
        kind = self.random.randrange(8 if depth >= self.depth else 12)
        if kind < 3:
            self.name()
        elif kind == 3:
            self.text()
        elif kind == 4:
            self.whole()
        elif kind == 5:
            self.add(self.random.choice(DECIMALS))
        elif kind == 6:
            self.add(self.random.choice(DURATIONS))
        elif kind == 7:
            self.add(self.random.choice(("none", "true", "false")))
        elif kind == 8:
            self.name()
            self.arguments(depth + 1)
        elif kind == 9:
            self.add("(")
            self.expression(depth + 1)
            self.add(")")
        elif kind == 10:
            self.add("[")
            count = self.some(0, 3)
            for index in count:
                if index:
                    self.add(",")
                self.expression(depth + 1)
            if len(count) and self.maybe(15):
                self.add(",")
            self.add("]")
        else:
            self.add("[")
            self.expression(depth + 1)
            self.add("for")
            self.name()
            self.add("in")
            self.expression(depth + 1)
            if self.maybe():
                self.add("when")
                self.expression(depth + 1)
            self.add("]")
