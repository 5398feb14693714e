"""Random choices become whole .flow programs: the full grammar, oddly spaced, with comments.

The programs are valid in syntax and mean nothing: names are not declared, types do not fit.
"""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

from tests.support.scatter import DOC, SEPARATOR, scatter

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


class Grammar:
    """Writes the tokens of one random program; the methods are named as what they write."""

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

    # -- declarations

    def module(self, size: int) -> None:
        kinds = "import_ const type_ enum error policy service flow flow flow".split()
        for _ in range(size):
            getattr(self, self.random.choice(kinds))()

    def import_(self) -> None:
        self.add("import", '"common.flow"')

    def const(self) -> None:
        self.add(DOC, "const")
        self.name()
        self.add("=")
        self.expression(0)

    def members_of(self, word: str, count: range, part: str) -> None:
        self.add(DOC, word)
        self.name()
        self.add("{")
        self.series(count, SEPARATOR, part)
        if len(count) and self.maybe(20):
            self.add(",")
        self.add("}")

    def type_(self) -> None:
        self.members_of("type", self.some(0, 4), "field")

    def enum(self) -> None:
        self.members_of("enum", self.some(1, 4), "name")

    def policy(self) -> None:
        self.members_of("policy", self.some(1, 5), "policy_item")

    def policy_item(self) -> None:
        kind = self.random.randrange(6)
        if kind == 0:
            self.add("attempts")
            self.add("unlimited") if self.maybe() else self.whole()
        elif kind == 1:
            self.add("backoff")
            self.duration()
            if self.maybe():
                self.add("..")
                self.duration()
            if self.maybe():
                self.add("factor", self.random.choice(("2", *DECIMALS)))
            if self.maybe():
                self.add("jitter")
        elif kind == 2:
            self.add("exhausted", "page")
            self.text()
        else:
            self.add(("timeout", "within", "heartbeat")[kind - 3])
            self.duration()

    def error(self) -> None:
        self.add(DOC, "error")
        self.name()
        if self.maybe():
            self.parameters("field")
        if self.maybe(30):
            self.add("transient")

    def field(self) -> None:
        self.member()
        self.add(":")
        self.type_ref()

    def parameter(self) -> None:
        self.name()
        self.add(":")
        self.type_ref()

    def parameters(self, part: str) -> None:
        self.listed("(", self.some(0, 3), part, ")")

    def listed(self, opening: str, count: range, part: str, closing: str) -> None:
        self.add(opening)
        self.series(count, ",", part)
        if len(count) and self.maybe(15):
            self.add(",")
        self.add(closing)

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

    def result(self) -> None:
        if self.maybe():
            self.add("->")
            self.type_ref()

    def service(self) -> None:
        self.add(DOC, "service")
        self.name()
        self.add("{")
        for _ in self.some(0, 3):
            self.add(DOC, self.random.choice(("action", "read")))
            self.member()
            self.parameters("field")
            self.result()
            for _ in self.some(0, 4):
                self.trait()
        self.add("}")

    def trait(self) -> None:
        kind = self.random.randrange(6)
        if kind < 2:
            self.add(("writes", "notifies")[kind])
            self.member()
        elif kind == 2:
            self.add("key")
            self.series(self.some(1, 3), ",", "member")
        elif kind == 3:
            self.add("raises")
            self.series(self.some(1, 3), "|", "name")
        elif kind == 4:
            self.add("lease")
            self.duration()
        else:
            self.add("absorbing")

    # -- flows

    def flow(self) -> None:
        self.add(DOC, "flow")
        self.name()
        self.parameters("parameter")
        self.result()
        self.add("{")
        heads = "version owner key deadline default slo".split()
        self.random.shuffle(heads)
        for head in heads[self.random.randint(0, 6) :]:
            self.add(head)
            getattr(self, "head_" + head)()
        self.statements(0)
        self.add("}")

    def head_version(self) -> None:
        self.whole()
        if self.maybe():
            self.add("supports")
            self.whole()

    def head_owner(self) -> None:
        self.text()
        if self.maybe():
            self.add("runbook")
            self.text()

    def head_key(self) -> None:
        self.expression(self.depth - 1)
        self.add("on", "duplicate", self.random.choice(("attach", "reject")))

    def head_deadline(self) -> None:
        self.duration()
        if self.maybe():
            self.add(",", "compensate", "within")
            self.duration()

    def head_default(self) -> None:
        self.governance()
        if self.maybe():
            self.add(",", "compensate")
            self.governance()

    def governance(self) -> None:
        self.add("with")
        self.name()
        if self.maybe():
            self.add("within")
            self.duration()

    def head_slo(self) -> None:
        self.series(self.some(1, 3), ",", "objective")

    def objective(self) -> None:
        kind = self.random.randrange(3)
        if kind == 0:
            self.add("start")
            self.duration()
        elif kind == 1:
            self.add("complete")
            self.duration()
            self.add("for", "99.5%")
        else:
            self.add("failures", "0.5%")

    # -- statements

    def statements(self, depth: int) -> None:
        simple = "step step let record next_ wait commit fail return_".split()
        deep = "if_ match since until_ parallel for_ repeat await_ try_".split()
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


def program(random: Random, size: int = 3, depth: int = 2) -> str:
    """A random program of `size` declarations, its blocks and expressions `depth` deep."""
    grammar = Grammar(random, depth)
    grammar.module(size)
    return scatter(grammar.tokens, random)


def programs(size: int = 2, depth: int = 2) -> st.SearchStrategy[str]:
    """Programs that Hypothesis draws, and shrinks when one fails."""
    return st.builds(program, st.randoms(use_true_random=False), st.just(size), st.just(depth))
