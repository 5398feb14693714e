"""Random choices become the tokens of statements and their blocks."""

from __future__ import annotations

from tests.support.expressions import Expressions
from tests.support.scatter import DOC


class Statements(Expressions):
    """Writes statements, `depth` blocks deep at most."""

    def statements(self, depth: int) -> None:
        simple = ["step", "step", "let", "record", "next_", "wait", "commit", "fail", "return_"]
        deep = ["if_", "match", "since", "until_", "parallel", "for_", "repeat", "await_", "try_"]
        kinds = simple if depth >= self.depth else simple + deep
        for _ in self.some(0, 3):
            getattr(self, self.random.choice(kinds))(depth + 1)

    def block(self, depth: int) -> None:
        self.add("{")
        if self.maybe(40):
            lone = self.random.choice(("wait", "fail", "return_", "next_"))
            getattr(self, lone)(depth)
        else:
            self.statements(depth)
        self.add("}")

    def call(self) -> None:
        self.name()
        if self.maybe(70):
            self.add(".")
            self.member()
        self.arguments(1)

    def governed(self) -> None:
        self.call()
        if self.maybe(30):
            self.add("with")
            self.name()
        if self.maybe(30):
            self.add("within")
            self.duration()

    def step(self, _depth: int) -> None:
        self.add(DOC, "step")
        self.name()
        self.add("=")
        self.governed()
        clauses = ["on", "compensate", "otherwise"]
        self.random.shuffle(clauses)
        for clause in clauses[self.random.randint(0, 3) :]:
            self.add(clause)
            if clause == "otherwise":
                self.expression(1)
            elif clause == "compensate":
                self.governed()
            else:
                self.add("unknown", self.random.choice(("probe", "compensate", "halt")))
                if self.tokens[-1] == "probe":
                    self.governed()

    def bound(self, word: str) -> None:
        self.add(word)
        self.name()
        self.add("=")
        self.expression(0)

    def let(self, _depth: int) -> None:
        self.bound("let")

    def record(self, _depth: int) -> None:
        self.bound("record")

    def next_(self, _depth: int) -> None:
        self.bound("next")

    def wait(self, _depth: int) -> None:
        self.add("wait")
        if self.maybe():
            self.add("until")
        self.expression(1)

    def commit(self, _depth: int) -> None:
        self.add("commit")

    def fail(self, _depth: int) -> None:
        self.add("fail")
        self.name()
        if self.maybe():
            self.arguments(1)

    def return_(self, _depth: int) -> None:
        self.add("return")
        self.expression(0)

    def if_(self, depth: int) -> None:
        self.add("if")
        self.expression(0)
        self.block(depth)
        while self.maybe(25):
            self.add("else", "if")
            self.expression(1)
            self.block(depth)
        if self.maybe():
            self.add("else")
            self.block(depth)

    def match(self, depth: int) -> None:
        self.add("match")
        self.expression(1)
        self.add("{")
        for _ in self.some(1, 3):
            self.add("case")
            self.series(self.some(1, 3), "|", "name")
            self.block(depth)
        if self.maybe():
            self.add("else")
            self.block(depth)
        self.add("}")

    def since(self, depth: int) -> None:
        self.add("since")
        self.whole()
        self.block(depth)

    def until_(self, depth: int) -> None:
        self.add("until")
        self.whole()
        self.block(depth)

    def parallel(self, depth: int) -> None:
        self.add("parallel", "{")
        for _ in self.some(1, 3):
            self.add("branch")
            self.name()
            if self.maybe():
                self.add("when")
                self.expression(1)
            self.block(depth)
        self.add("}")

    def index(self) -> None:
        if self.maybe(40):
            self.add("as")
            self.name()

    def carry(self) -> None:
        if self.maybe(40):
            self.add("carry")
            self.series(self.some(1, 2), ",", "carried")

    def carried(self) -> None:
        self.name()
        if self.maybe():
            self.add(":")
            self.type_ref()
        self.add("=")
        self.expression(1)

    def for_(self, depth: int) -> None:
        self.add("for")
        self.name()
        self.add("in")
        self.expression(1)
        self.add("max")
        self.whole()
        self.index()
        if self.maybe(40):
            self.add(",")
            self.whole()
            self.add("at", "once")
        self.carry()
        self.block(depth)
        if self.maybe():
            self.add("collect")
            self.series(self.some(1, 2), ",", "gather")

    def gather(self) -> None:
        self.name()
        self.add("as")
        self.name()

    def repeat(self, depth: int) -> None:
        self.add("repeat", "max")
        self.whole()
        self.index()
        if self.maybe(40):
            self.add(",", "every")
            self.duration()
        self.carry()
        self.block(depth)
        self.add("until")
        self.expression(1)
        if self.maybe():
            self.add("on", "exhausted")
            self.outcome(depth)

    def outcome(self, depth: int) -> None:
        if self.maybe():
            self.fail(depth)
        else:
            self.block(depth)

    def await_(self, depth: int) -> None:
        self.add(DOC, "await")
        self.name()
        self.add(":")
        self.type_ref()
        if self.maybe():
            self.add("from")
            self.expression(1)
        if self.maybe():
            self.add("within")
            self.duration()
        for kind in ("after", "every", "timeout"):
            if self.maybe(40):
                if kind == "timeout":
                    self.add("on", "timeout")
                    self.outcome(depth)
                    continue
                self.add(kind)
                self.duration()
                if kind == "every":
                    self.index()
                self.block(depth)

    def try_(self, depth: int) -> None:
        self.add("try")
        self.block(depth)
        for _ in self.some(1, 2):
            self.add("on")
            self.series(self.some(1, 3), "|", "name")
            self.index()
            self.block(depth)
